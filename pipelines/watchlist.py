"""The watchlist for the command line: from the publication, or built as of any past instant."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.build import fold_only, open_build, refuse_blind, resolve_run
from warehouse import database, publish, queries
from warehouse.accounts import Accounts
from warehouse.actions import Actions
from warehouse.clock import Clock, system_clock
from warehouse.operations import open_operations
from warehouse.owning import owner_of, takers
from warehouse.queries import Sight

if TYPE_CHECKING:
    import duckdb

    from warehouse.settings import Settings

READ = ("mart.listed", "mart.pair", "mart.source", "mart.watchlist")
"""The marts a watchlist and its sight are read from."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose an item is: the login, empty where no account is known, and whether they took it on."""

    login: str
    is_taken: bool


@dataclass(frozen=True, slots=True)
class Watchlist:
    """The pairs that need a look, most urgent first, how many there are in all, and how far we could see.

    `owners` has whose each item is by pair, None where it is nobody's yet; it is empty for a past instant, as
    accounts know today alone.
    """

    as_of: str
    known_at: str
    rows: list[dict[str, Any]]
    n_all: int
    sight: Sight
    owners: Mapping[str, Owner | None]

    def whose(self, pair_id: str, *, with_login: bool) -> str:
        """Whose an item is, in a few words; nothing where that cannot be told."""
        if pair_id not in self.owners:
            return ""
        owner = self.owners[pair_id]
        if owner is None:
            return "no owner yet"
        if owner.login and with_login:
            return f"owner: {owner.login}"
        return "taken on" if owner.is_taken else "has an owner"


def read_watchlist(
    settings: Settings,
    *,
    as_of: dt.datetime | None = None,
    known_at: dt.datetime | None = None,
    limit: int | None = None,
    clock: Clock = system_clock,
) -> Watchlist:
    """What the current publication says, or what it would have said as of another instant.

    A past instant is folded in a temporary file: the publication the dashboards read stays as it is.
    """
    limit = limit or settings.policy.attention_budget
    if as_of is None and known_at is None:
        with publish.open_current(settings.published) as con:
            found = _read(con, limit)
            return replace(found, owners=_owners(settings, con, [row["pair_id"] for row in found.rows]))
    run = resolve_run(settings, as_of, known_at, clock)
    with (
        database.writer_lock(settings.home),
        tempfile.TemporaryDirectory() as folder,
        open_build(settings, Path(folder) / "models.duckdb") as con,
    ):
        refuse_blind(con, run)
        fold_only(con, run, READ)
        return _read(con, limit)


def _read(con: duckdb.DuckDBPyConnection, limit: int) -> Watchlist:
    as_of, known_at = queries.run_instants(con)
    rows = queries.watchlist(con, limit=limit)
    return Watchlist(as_of, known_at, rows, queries.n_on_watchlist(con), queries.sight(con), {})


def _owners(
    settings: Settings, con: duckdb.DuckDBPyConnection, pair_ids: Sequence[str]
) -> dict[str, Owner | None]:
    """Whose each item is, as the publication knows who took what on."""
    engine = open_operations(settings.operations_url)
    try:
        accounts, taken_by = Accounts(engine).all(), takers(Actions(engine))
    finally:
        engine.dispose()
    logins = {account.account_id: account.login for account in accounts}
    found: dict[str, Owner | None] = {}
    for pair_id, (program_id, taken) in queries.items_of(con, pair_ids).items():
        taker = None if taken is None else taken_by.get(taken, "")
        account_id = owner_of(program_id, taker, accounts)
        found[pair_id] = (
            None if account_id is None else Owner(logins.get(account_id, ""), is_taken=taker is not None)
        )
    return found
