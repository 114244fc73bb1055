"""Whose an item of the list is: who took it on, else the one program manager of its program, else nobody's.

No event says who looks after which pair. Accounts say who may: where that is one alone, the item is theirs.
"""

from __future__ import annotations

from collections.abc import Iterable

from warehouse.accounts import Account, responsible_for
from warehouse.actions import SOURCE, Actions
from warehouse.events.codec import event_id


def takers(actions: Actions) -> dict[str, str]:
    """The accounts that took alerts on, by the events of it."""
    taken = actions.of_event("ops.alert_acknowledged")
    return {str(event_id(SOURCE, action.action_id)): action.account_id for action in taken}


def owner_of(program_id: str | None, taker: str | None, accounts: Iterable[Account]) -> str | None:
    """The account whose item it is; None where it is nobody's.

    `taker` is the account that took it on: None where nobody did, empty where nobody knows which it was.
    """
    if taker is not None:
        return taker
    found = responsible_for(program_id, accounts)
    return None if found is None else found.account_id
