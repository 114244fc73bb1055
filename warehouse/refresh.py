"""Refresh: what a build over an earlier one computes again, and what it leaves as it is.

A model whose sidecar says `partition = "pair_id"` has rows that each follow from the events of one pair, and
from tables that are the same for all. After new events only the rows of the pairs they are about are computed
again: beside the models, out of the rows of these pairs alone, by the model's own SQL. Every other model is
built whole. Where it cannot be told what a change reaches, everything is built whole.

So a model is built whole, though it has a partition, when the run's clock moved and it reads the clock, when
a table it shares with other pairs has changed, or when one of its inputs was built whole.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from warehouse import models
from warehouse.database import first_row
from warehouse.errors import ModelError
from warehouse.log_tables import catalogue_fingerprint
from warehouse.models import AnyModel, Model
from warehouse.run import WRITTEN_WITH_RUN

OnModel = Callable[[str], None]

UNNOTED = models.FACTS - {"ref.run"}
"""Tables that no model makes: unless somebody noted that they are the same, they count as changed."""

SEEN = "staging.event"
RETRACTED = "staging.retraction"
PARKED = "staging.parked"
WHOLE_FROM = 0.2
"""Share of the pairs from which building everything whole is the shorter way."""

_TOUCHED = f"""
create or replace temp table touched as
select distinct pair_id
from log.typed_event
left join (
    (from temp.retracted_before except from {RETRACTED})
    union
    (from {RETRACTED} except from temp.retracted_before)
) as turned using (position)
where
    turned.position is not null
    or (position <= $position and occurred_at <= $as_of_before and recorded_at <= $known_at_before)
    <> (occurred_at <= $as_of and recorded_at <= $known_at)
union
(select pair_id from temp.parked_before except select pair_id from {PARKED})
union
(select pair_id from {PARKED} except select pair_id from temp.parked_before)
"""
"""The pairs of all events that count in one of two runs alone; NULL where an event is of no pair."""


_TOUCHED_BETWEEN = """
create or replace temp table touched as
select distinct pair_id
from log.typed_event
where recorded_at <= $known_at and occurred_at > $before and occurred_at <= $at
"""


@dataclass(frozen=True, slots=True)
class Built:
    """What the models of a database were last built of.

    A run with what is written beside it (`beside`, calendars above all), a stretch of the log, and rules
    (`mark`).
    """

    as_of: dt.datetime
    known_at: dt.datetime
    position: int
    chain_head: str
    mark: str
    beside: str


def build(
    con: duckdb.DuckDBPyConnection, found: Mapping[str, AnyModel], *, on_model: OnModel = lambda _name: None
) -> dict[str, int]:
    """Build all models over what is there, and return the number of rows of each table.

    Needs the log attached and `ref.run` written. Equal, row for row, to building them all whole.
    """
    before, now = _last(con), _present(con, found)
    con.execute(f"delete from {models.BUILT}")
    if before is None or not _can_follow(con, before, now):
        rows = models.build(con, found, on_model=on_model)
    else:
        rows = _build_upon(con, found, before, now, on_model)
    _remember(con, now)
    return rows


def _build_upon(
    con: duckdb.DuckDBPyConnection,
    found: Mapping[str, AnyModel],
    before: Built,
    now: Built,
    on_model: OnModel,
) -> dict[str, int]:
    con.execute(f"create or replace temp table retracted_before as from {RETRACTED}")
    con.execute(f"create or replace temp table parked_before as from {PARKED}")
    models.build_one(con, found[RETRACTED])
    models.build_one(con, found[PARKED])
    con.execute(
        _TOUCHED,
        {
            "position": before.position,
            "as_of_before": before.as_of,
            "known_at_before": before.known_at,
            "as_of": now.as_of,
            "known_at": now.known_at,
        },
    )
    if _share_touched(con) >= WHOLE_FROM:
        return models.build(con, found, on_model=on_model)
    moved = "" if before.as_of == now.as_of else "instant"
    if before.as_of.date() != now.as_of.date():
        moved = "day"
    unnoted = UNNOTED - WRITTEN_WITH_RUN if before.beside == now.beside else UNNOTED
    return rebuild(con, found, moved, changed=unnoted, on_model=on_model)


def touch(
    con: duckdb.DuckDBPyConnection, before: dt.datetime, at: dt.datetime, known_at: dt.datetime
) -> None:
    """Note the pairs to which something happened between two instants (UTC, no offset), as known then."""
    known = known_at.astimezone(dt.UTC).replace(tzinfo=None)
    con.execute(_TOUCHED_BETWEEN, {"known_at": known, "before": before, "at": at})


def rebuild(
    con: duckdb.DuckDBPyConnection,
    found: Mapping[str, AnyModel],
    moved: str = "",
    *,
    changed: frozenset[str] = UNNOTED,
    on_model: OnModel = lambda _name: None,
) -> dict[str, int]:
    """Bring all models up to date with `temp.touched`: the pairs whose events have changed.

    `moved` says how far the clock of the run has moved: to another "day", to another "instant" of the same
    day, or not at all. `changed` are the tables no model makes whose rows may be others.
    """
    shared = {
        name
        for model in found.values()
        if isinstance(model, Model) and model.partition
        for name in model.depends_on
    }
    whole = set(changed)
    rows: dict[str, int] = {}
    with _beside(con) as home:
        for model in models.order(found):
            if model.name in {RETRACTED, PARKED} or not model.depends_on:
                continue  # up to date: what is taken back or waits came first, words never change
            on_model(model.name)
            if isinstance(model, Model) and model.partition and _is_still(model, whole, moved):
                _replace_touched(con, home, model, found)
            else:
                _build_whole(con, model, whole, is_shared=model.name in shared)
            if not (isinstance(model, Model) and model.materialized == "view"):
                rows[model.name] = models.count(con, model.name)
    return rows


def _is_still(model: Model, whole: set[str], moved: str) -> bool:
    """Whether the rows of pairs without changed events are what they were."""
    if model.name == SEEN:
        return True
    reads_moved_clock = model.reads_clock == "instant" if moved == "instant" else bool(model.reads_clock)
    return whole.isdisjoint(model.depends_on) and not (moved and reads_moved_clock)


def _build_whole(
    con: duckdb.DuckDBPyConnection, model: AnyModel, whole: set[str], *, is_shared: bool
) -> None:
    """Build a model, and note that it has changed unless it is found to hold what it held.

    A view already shows what its tables hold now, so it counts as changed.
    """
    is_view_or_split = isinstance(model, Model) and (model.materialized == "view" or bool(model.partition))
    before = _contents(con, model.name) if is_shared and not is_view_or_split else None
    models.build_one(con, model)
    if before is None or before != _contents(con, model.name):
        whole.add(model.name)


def _replace_touched(
    con: duckdb.DuckDBPyConnection, home: str, model: Model, found: Mapping[str, AnyModel]
) -> None:
    """Compute the rows of the touched pairs beside the models, out of such rows, and put them in place."""
    name = models.quoted(model.name)
    con.execute(f"create schema if not exists refreshed.{model.layer}")
    if model.name == SEEN:
        models.build_one(con, model)
        con.execute(
            f"create table refreshed.{name} as "
            f"from {name} where pair_id in (select pair_id from temp.touched)"
        )
        return
    _show_shared(con, home, model, found)
    con.execute("use refreshed")
    try:
        con.execute(f"create {model.materialized} {name} as\n{model.sql}")
    except duckdb.Error as error:
        raise ModelError(f"{model.path}: {error}") from None
    finally:
        con.execute(f'use "{home}"')
    if model.materialized == "table":
        con.execute(f"delete from {name} where pair_id in (select pair_id from temp.touched)")
        con.execute(f"insert into {name} from refreshed.{name}")


def _show_shared(
    con: duckdb.DuckDBPyConnection, home: str, model: Model, found: Mapping[str, AnyModel]
) -> None:
    """Let the database beside see the tables that a model reads whole: those without a partition."""
    for table in model.depends_on:
        source = found.get(table)
        if isinstance(source, Model) and source.partition:
            continue
        con.execute(f"create schema if not exists refreshed.{table.partition('.')[0]}")
        name = models.quoted(table)
        con.execute(f'create view if not exists refreshed.{name} as from "{home}".{name}')


@contextmanager
def _beside(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """A database in memory for the rows of touched pairs; gives the name of the models' own."""
    (home,) = first_row(con, "select current_database()")
    con.execute("attach ':memory:' as refreshed")
    try:
        yield home
    finally:
        con.execute("detach refreshed")


def _contents(con: duckdb.DuckDBPyConnection, table: str) -> tuple[int, ...] | None:
    """What a table holds, as numbers that change with it; None where there is none."""
    try:
        return tuple(first_row(con, f"select count(*), sum(hash(t)) from {models.quoted(table)} as t"))
    except duckdb.CatalogException:
        return None


def _share_touched(con: duckdb.DuckDBPyConnection) -> float:
    n_touched, n_pairs = first_row(
        con, "select (select count(*) from temp.touched), (select count(*) from core.pair)"
    )
    return float(n_touched / max(1, n_pairs))


def _present(con: duckdb.DuckDBPyConnection, found: Mapping[str, AnyModel]) -> Built:
    as_of, known_at, fingerprint = first_row(con, "select as_of, known_at, policy_fingerprint from ref.run")
    position, head = first_row(
        con,
        "select coalesce(max(last_position), 0), coalesce(max_by(chain_head, last_position), '') "
        "from log.ledger",
    )
    rules = hashlib.sha256(f"{fingerprint}\n{catalogue_fingerprint()}\n".encode())
    for model in found.values():
        if isinstance(model, Model):
            rules.update(f"{model.name} {model.materialized} {model.partition}\n{model.sql}\n".encode())
    beside = " ".join(f"{name} {_contents(con, name)}" for name in sorted(WRITTEN_WITH_RUN))
    return Built(as_of, known_at, position, head, rules.hexdigest(), beside)


def _can_follow(con: duckdb.DuckDBPyConnection, before: Built, now: Built) -> bool:
    """Whether rules are the same and the log has only grown since."""
    held = first_row(
        con,
        "select count(*) from log.ledger where last_position = ? and chain_head = ?",
        [before.position, before.chain_head],
    )
    return before.mark == now.mark and held != (0,)


def _last(con: duckdb.DuckDBPyConnection) -> Built | None:
    """What the models were last built of; None where nobody knows, which holds until a build is complete."""
    con.execute("create schema if not exists kept")
    con.execute(
        f"create table if not exists {models.BUILT} "
        "(as_of TIMESTAMP, known_at TIMESTAMP, position BIGINT, chain_head VARCHAR, mark VARCHAR, "
        "beside VARCHAR)"
    )
    row = first_row(con, f"from {models.BUILT}")
    return None if row is None else Built(*row)


def _remember(con: duckdb.DuckDBPyConnection, now: Built) -> None:
    con.execute(
        f"insert into {models.BUILT} values (?, ?, ?, ?, ?, ?)",
        [now.as_of, now.known_at, now.position, now.chain_head, now.mark, now.beside],
    )
