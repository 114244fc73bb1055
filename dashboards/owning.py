"""Whose an item of the list is: who took it on, else the one program manager of its program, else nobody's.

No event says who looks after which pair. Accounts say who may: where that is one alone, the item is theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboards.access import access, caller
from dashboards.data.publication import Row
from dashboards.handling import Handling
from dashboards.speech import AsIs, say, translated
from warehouse.accounts import Account, responsible_for


def owners(rows: Sequence[Row], decided: Mapping[str, Handling]) -> dict[str, str]:
    """Of each listed pair whose item it is, in a few words.

    Needs pair_id, program_id and rank: a pair that is not on the watchlist is no item.
    """
    accounts = access().accounts.all()
    logins = {account.account_id: account.login for account in accounts}
    items = (row for row in rows if row["rank"] is not None)
    whose = {row["pair_id"]: _account(row, decided.get(row["pair_id"]), accounts) for row in items}
    return {pair_id: _called(account_id, logins) for pair_id, account_id in whose.items()}


def _account(row: Row, handling: Handling | None, accounts: Sequence[Account]) -> str | None:
    if handling is not None and handling.is_taken:
        return handling.by
    found = responsible_for(row["program_id"], accounts)
    return None if found is None else found.account_id


def _called(account_id: str | None, logins: Mapping[str, str]) -> str:
    if account_id is None:
        return translated("No owner yet")
    if account_id == caller().account_id:
        return translated("Owner: you")
    if account_id not in logins:
        return translated("Owner: somebody else")
    return say("Owner: {login}", login=AsIs(logins[account_id]))
