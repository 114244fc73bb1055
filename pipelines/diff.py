"""What was learnt later: the same day, judged with what was known at one instant and at a later one.

Late records, corrections and retractions change what a past day looked like. This lists, pair by pair,
what they changed, and how many events made the difference.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.build import fold, open_build
from warehouse import database
from warehouse.errors import KinkeeperError
from warehouse.run import Run
from warehouse.settings import Settings

COMPARED = {
    "stage": "stage",
    "state": "state",
    "band": "band",
    "waiting_on": "waiting_on",
    "accepted_at": "accepted_at",
    "last_contact_at": "last_contact_at",
    "silence_days": "silence_days",
    "n_contacts": "n_contacts",
    "n_sessions_held": "n_sessions_held",
    "health": "round(health, 1)",
    "ended_at": "ended_at",
    "end_reason": "end_reason",
    "reason": "reason",
}
"""What of `mart.pair` is compared, in the order in which a person would ask for it: column -> SQL."""

_CHANGES = """
with before as (
    select pair_id, unnest([{columns}]) as change from earlier
),

after as (
    select pair_id, unnest([{columns}]) as change from later
),

learnt as (
    select pair_id, count(*) as n_events
    from log.typed_event
    where recorded_at > $earlier and recorded_at <= $later and occurred_at <= $as_of
    group by pair_id
)

select
    coalesce(before.pair_id, after.pair_id) as pair_id,
    coalesce(before.change.column_name, after.change.column_name) as column_name,
    before.change.value as value_before,
    after.change.value as value_after,
    coalesce(learnt.n_events, 0) as n_events_learnt
from before
full join after
    on before.pair_id = after.pair_id and before.change.column_name = after.change.column_name
left join learnt on learnt.pair_id = coalesce(before.pair_id, after.pair_id)
where before.change.value is distinct from after.change.value
order by pair_id, list_position({names}, column_name)
"""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing about one pair that was seen otherwise before; values as text, None where unknown."""

    pair_id: str
    column: str
    before: str | None
    after: str | None
    n_events_learnt: int


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes between two states of knowledge about the same instant, and the events learnt."""

    run: Run
    known_before: dt.datetime
    n_events_learnt: int
    changes: tuple[Change, ...]


def learnt_between(
    settings: Settings, known_before: dt.datetime, known_after: dt.datetime, as_of: dt.datetime | None = None
) -> Difference:
    """What is seen otherwise at `as_of` once everything recorded up to `known_after` counts.

    `as_of` is the earlier instant unless said otherwise: what did we not know then. Both states are folded
    in temporary files; the publication stays as it is.
    """
    if known_after <= known_before:
        raise KinkeeperError("the second --known-at must be later than the first")
    run = Run(as_of=as_of or known_before, known_at=known_after, policy=settings.policy)
    with database.writer_lock(settings.home), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _fold_into(settings, folder / "earlier.duckdb", Run(run.as_of, known_before, run.policy))
        _fold_into(settings, folder / "later.duckdb", run)
        with database.open_scratch() as con:
            return _compare(con, settings, folder, run, known_before)


def _fold_into(settings: Settings, path: Path, run: Run) -> None:
    with open_build(settings, path) as con:
        fold(con, run)


def _compare(
    con: duckdb.DuckDBPyConnection, settings: Settings, folder: Path, run: Run, known_before: dt.datetime
) -> Difference:
    database.attach_log(con, settings.log_file)
    for name in ("earlier", "later"):
        con.execute(f"attach {database.quoted(folder / f'{name}.duckdb')} as {name}_build (read_only)")
        con.execute(f"create view {name} as select * from {name}_build.mart.pair")
    columns = ", ".join(
        f"{{column_name: '{name}', value: ({sql})::varchar}}" for name, sql in COMPARED.items()
    )
    instants = {"earlier": known_before, "later": run.known_at, "as_of": run.as_of}
    rows = con.execute(_CHANGES.format(columns=columns, names=list(COMPARED)), instants).fetchall()
    ((n_learnt,),) = con.execute(
        "select count(*) from log.typed_event "
        "where recorded_at > $earlier and recorded_at <= $later and occurred_at <= $as_of",
        instants,
    ).fetchall()
    return Difference(run, known_before, n_learnt, tuple(Change(*row) for row in rows))


def as_dict(change: Change) -> dict[str, Any]:
    """A change as a JSON-ready row."""
    return {
        "pair_id": change.pair_id,
        "column": change.column,
        "before": change.before,
        "after": change.after,
        "n_events_learnt": change.n_events_learnt,
    }
