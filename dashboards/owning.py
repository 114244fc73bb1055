"""Whose an item of the list is, on the screen and in a file that is taken along."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dashboards.access import access, caller
from dashboards.data.publication import Row
from dashboards.handling import Handling
from dashboards.speech import AsIs, say, translated
from warehouse.owning import owner_of


def owners(rows: Sequence[Row], decided: Mapping[str, Handling]) -> dict[str, str]:
    """Of each listed pair whose item it is, in a few words to whoever looks.

    Needs pair_id, program_id and priority: a pair that is not on the watchlist has none and is no item.
    """
    return _owners(rows, decided, _called)


def owners_by_login(rows: Sequence[Row], decided: Mapping[str, Handling]) -> dict[str, str]:
    """The same for a file, which others read too: by login, whoever made it."""
    return _owners(rows, decided, _filed)


def _owners(
    rows: Sequence[Row],
    decided: Mapping[str, Handling],
    called: Callable[[str | None, Mapping[str, str]], str],
) -> dict[str, str]:
    accounts = access().accounts.all()
    logins = {account.account_id: account.login for account in accounts}
    items = {row["pair_id"]: row["program_id"] for row in rows if row["priority"] is not None}
    whose = {
        pair_id: owner_of(program_id, _taker(decided.get(pair_id)), accounts)
        for pair_id, program_id in items.items()
    }
    return {pair_id: called(account_id, logins) for pair_id, account_id in whose.items()}


def _taker(handling: Handling | None) -> str | None:
    return handling.by if handling is not None and handling.is_taken else None


def _called(account_id: str | None, logins: Mapping[str, str]) -> str:
    if account_id is None:
        return translated("No owner yet")
    if account_id == caller().account_id:
        return translated("Owner: you")
    if account_id not in logins:
        return translated("Owner: somebody else")
    return say("Owner: {login}", login=AsIs(logins[account_id]))


def _filed(account_id: str | None, logins: Mapping[str, str]) -> str:
    if account_id is None:
        return translated("No owner yet")
    return logins.get(account_id) or translated("Somebody without an account")
