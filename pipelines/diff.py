"""The same day told twice: with what was known at two instants, or by two policies.

Late records, corrections and retractions change what a past day looked like, another threshold whom a list
names. This shows, pair by pair, what they change, and how many events made the difference.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from pipelines.build import fold_only, open_build, refuse_blind, resolve_run
from warehouse import database
from warehouse.clock import Clock, system_clock
from warehouse.errors import KinkeeperError
from warehouse.policy import Policy
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
    """All changes between two runs as of the same instant, and the events that only the later one knows."""

    before: Run
    after: Run
    n_events_learnt: int
    changes: tuple[Change, ...]

    def n_new(self, band: str) -> int:
        """How many pairs only the later run puts into a band."""
        return sum(change.column == "band" and change.after == band for change in self.changes)

    def n_gone(self, band: str) -> int:
        """How many pairs only the earlier run puts into a band."""
        return sum(change.column == "band" and change.before == band for change in self.changes)


def learnt_between(
    settings: Settings,
    known_before: dt.datetime,
    known_after: dt.datetime,
    as_of: dt.datetime | None = None,
) -> Difference:
    """What is seen otherwise at `as_of` once everything recorded up to `known_after` counts.

    `as_of` is the earlier instant unless said otherwise: what did we not know then.
    """
    if known_after <= known_before:
        raise KinkeeperError("the second --known-at must be later than the first")
    before = resolve_run(settings, as_of or known_before, known_before, system_clock)
    return _difference(settings, before, replace(before, known_at=known_after))


def judged_by(
    settings: Settings, policy: Policy, as_of: dt.datetime | None = None, clock: Clock = system_clock
) -> Difference:
    """What another policy would show of the same day, from the same events.

    It judges all days of the history too, so bands are those that would have been held by it.
    """
    before = resolve_run(settings, as_of, None, clock)
    return _difference(settings, before, replace(before, policy=policy))


def _difference(settings: Settings, before: Run, after: Run) -> Difference:
    """Both runs are folded in temporary files; the publication stays as it is."""
    with database.writer_lock(settings.home), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, run in (("earlier", before), ("later", after)):
            with open_build(settings, folder / f"{file}.duckdb") as con:
                refuse_blind(con, run)
                fold_only(con, run, ["mart.pair"])
        with database.open_scratch() as con:
            return _compare(con, settings, folder, before, after)


def _compare(
    con: duckdb.DuckDBPyConnection, settings: Settings, folder: Path, before: Run, after: Run
) -> Difference:
    database.attach_log(con, settings.log_file)
    for name in ("earlier", "later"):
        con.execute(f"attach {database.quoted(folder / f'{name}.duckdb')} as {name}_build (read_only)")
        con.execute(f"create view {name} as select * from {name}_build.mart.pair")
    columns = ", ".join(
        f"{{column_name: '{name}', value: ({sql})::varchar}}" for name, sql in COMPARED.items()
    )
    instants = {"earlier": before.known_at, "later": after.known_at, "as_of": after.as_of}
    rows = con.execute(_CHANGES.format(columns=columns, names=list(COMPARED)), instants).fetchall()
    ((n_learnt,),) = con.execute(
        "select count(*) from log.typed_event "
        "where recorded_at > $earlier and recorded_at <= $later and occurred_at <= $as_of",
        instants,
    ).fetchall()
    return Difference(before, after, n_learnt, tuple(Change(*row) for row in rows))


def as_dict(change: Change) -> dict[str, Any]:
    """A change as a JSON-ready row."""
    return {
        "pair_id": change.pair_id,
        "column": change.column,
        "before": change.before,
        "after": change.after,
        "n_events_learnt": change.n_events_learnt,
    }
