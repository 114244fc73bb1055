"""Who is asking, and whether they may: the one place where screens and callbacks look that up.

Whoever the guard let in stands in `flask.g`; nothing that a browser sends along is ever asked who it is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ParamSpec, TypeVar, cast

import dash
from flask import abort, current_app, g

from dashboards.speech import spoken
from warehouse.accounts import THIS_MACHINE, Accounts, Caller
from warehouse.audit import Audit
from warehouse.settings import Web

EXTENSION = "kinkeeper-access"

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Access:
    """How people get in: nobody has an account where `web.way_in` is None."""

    web: Web
    accounts: Accounts
    audit: Audit

    @property
    def is_open(self) -> bool:
        return self.web.way_in is None


def access() -> Access:
    """The way in of the application that is answering."""
    found: Access = current_app.extensions[EXTENSION]
    return found


def is_let_in() -> bool:
    """Whether the guard let somebody in: Dash also draws the frame for itself, before it answers anybody."""
    return access().is_open or g.get("caller") is not None


def caller() -> Caller:
    """Whoever the guard let in; aborts with 401 where it let nobody in."""
    if not is_let_in():
        abort(401)
    return THIS_MACHINE if access().is_open else g.caller


def note(act: str, target: str = "", outcome: str = "done") -> None:
    """Put what the caller did into the audit trail."""
    who = caller()
    access().audit.note(who.account_id, who.role, act, target, outcome)


def scoped(permission: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a callback answer only callers with this permission; everybody else gets 403 and an audit entry.

    A test refuses callbacks without it.
    """

    def mark(answer: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(answer)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not caller().may(permission):
                note(answer.__name__, outcome="denied")
                abort(403)
            return cast(R, spoken(answer(*args, **kwargs)))

        guarded.permission = permission  # type: ignore[attr-defined]  # read by the registry test
        return guarded

    return mark


def open_screens() -> Mapping[str, bool]:
    """Path -> whether the caller may see its screen."""
    who = caller()
    return {
        page["path"]: who.may(page["layout"].permission)
        for page in dash.page_registry.values()
        if hasattr(page["layout"], "permission")
    }
