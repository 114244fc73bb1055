"""History: the verdict of every day before a run, folded from the log and kept beside the models.

A day is judged as of its last moment in the program's time zone, with what the run knows. The verdict of a
day is kept with a mark of all it was made of (the events seen, the policy, the models and rules), so a later
build folds only days whose mark is another: usually one new day, and those that late records changed. A
build without anything kept finds the very same.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines import signals
from pipelines.signals.days import (
    INTERVAL_COLUMNS,
    NO_PAST,
    PART_COLUMNS,
    VERDICT_COLUMNS,
    Past,
    judged_with_parts,
    standing,
)
from pipelines.signals.frames import Instants
from warehouse import database
from warehouse.log_tables import catalogue_fingerprint
from warehouse.models import AnyModel
from warehouse.replay import Replay, needed_for, replay
from warehouse.run import Run

FEATURES = "feature.pair"

_SEEN = """
select
    date_trunc('minute', occurred_at) as minute,
    bit_xor(hash(position, event_id, occurred_at, recorded_at)) as mark
from log.typed_event
where recorded_at <= $known_at and occurred_at <= $as_of
group by all
order by all
"""

_RETRACTED = """
select coalesce(bit_xor(hash(position, event_id)), 0)
from log.typed_event
where recorded_at <= $known_at and event_type in ('ops.event_retracted', 'ops.event_corrected')
"""

_PARKED = """
select coalesce(bit_xor(hash(pair_id)), 0)
from (select distinct pair_id from staging.parked)
"""

_HOLIDAYS = """
select coalesce(bit_xor(hash(country, subdivision, on_date)), 0)
from ref.calendar_day
where holiday is not null
"""


_STILL = """
select pair_id
from feature.pair
where paused_since is not null or closing_since is not null
order by pair_id
"""

KEPT = {
    "kept.verdict": VERDICT_COLUMNS,
    "kept.part": PART_COLUMNS,
    "kept.interval": INTERVAL_COLUMNS,
    "kept.day": {"as_of": "TIMESTAMP", "mark": "VARCHAR"},
}
"""What is kept of days, table -> columns."""


@dataclass(frozen=True)
class _Marks:
    """What a run sees at an instant, as a mark: while the mark is the same, so are the verdicts."""

    minutes: Instants
    events: NDArray[np.uint64]
    rest: str

    def at(self, as_of: dt.datetime) -> str:
        n_minutes = int(np.searchsorted(self.minutes, np.datetime64(as_of, "us"), side="right"))
        events = self.events[n_minutes - 1] if n_minutes else 0
        return hashlib.sha256(f"{as_of}\n{events}\n{self.rest}".encode()).hexdigest()


def past_of(con: duckdb.DuckDBPyConnection, run: Run, models: Mapping[str, AnyModel]) -> Past:
    """The verdicts of the days before the run, as far back as the policy says.

    Needs the log attached; keeps verdicts in the schema `kept` of the connection's own database.
    """
    marks = _marks(con, run, models)
    if not len(marks.minutes):
        return NO_PAST
    zone = ZoneInfo(run.policy.time_zone)
    today = run.as_of.astimezone(zone).date()
    begun = _aware(marks.minutes[0].item()).astimezone(zone).date()
    n_days = min(run.policy.history_days, (today - begun).days)
    ends = [_end_of(today - dt.timedelta(days=n), zone) for n in range(n_days, 0, -1)]
    asked = Replay(models, FEATURES, run)
    days = _verdicts(con, asked, marks, ends)
    frozen = _frozen_before(days, ends, zone)
    before = _verdicts(con, asked, marks, sorted(set(frozen["as_of"].dt.to_pydatetime())))
    _forget(con, [*ends, *frozen["as_of"]])
    past = Past(days, before.merge(frozen, on=["pair_id", "as_of"]), *_scores(con))
    lacking = _without_parts(con, past)
    if not lacking:
        return past
    _verdicts(con, asked, marks, lacking, is_anew=True)
    parts, intervals = _scores(con)
    return replace(past, parts=parts, intervals=intervals)


def _marks(con: duckdb.DuckDBPyConnection, run: Run, models: Mapping[str, AnyModel]) -> _Marks:
    instants = {"known_at": _naive(run.known_at), "as_of": _naive(run.as_of)}
    seen = con.execute(_SEEN, instants).fetchnumpy()
    ((retracted,),) = con.execute(_RETRACTED, {"known_at": instants["known_at"]}).fetchall()
    ((parked,),) = con.execute(_PARKED).fetchall()
    ((holidays,),) = con.execute(_HOLIDAYS).fetchall()
    rest = f"{retracted}\n{parked}\n{holidays}\n{run.policy.fingerprint()}\n{_rules(models)}"
    events = np.bitwise_xor.accumulate(np.asarray(seen["mark"], dtype=np.uint64))
    return _Marks(np.asarray(seen["minute"], dtype="datetime64[us]"), events, rest)


def _rules(models: Mapping[str, AnyModel]) -> str:
    """A mark of the events' fields, of the models that features are made of, and of the code that judges."""
    digest = hashlib.sha256(catalogue_fingerprint().encode())
    for model in needed_for(models, FEATURES):
        digest.update(f"{model.name}\n{model.sql}\n".encode())
    for path in sorted(Path(signals.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _verdicts(
    con: duckdb.DuckDBPyConnection,
    asked: Replay,
    marks: _Marks,
    ends: Sequence[dt.datetime],
    *,
    is_anew: bool = False,
) -> pd.DataFrame:
    """The verdicts as of some instants: those kept, unless they are wanted anew, the others folded and kept.

    Of pairs that are paused or closing now, parts and intervals of scores are kept too: one of them stands.
    """
    _make_room(con)
    wanted = {end: marks.at(end) for end in ends}
    kept = dict(con.execute("select as_of, mark from kept.day").fetchall())
    missing = [end for end, mark in wanted.items() if is_anew or kept.get(end) != mark]
    for table in KEPT:
        con.execute(f"delete from {table} where list_contains(?::timestamp[], as_of)", [missing])
    still = [pair_id for (pair_id,) in con.execute(_STILL).fetchall()]
    for features in replay(con, asked, missing):
        verdicts, parts, intervals = judged_with_parts(features, asked.run.policy, still)
        _keep(con, "kept.verdict", verdicts)
        _keep(con, "kept.part", parts)
        _keep(con, "kept.interval", intervals)
    con.execute(
        "insert into kept.day select unnest(?::timestamp[]), unnest(?::varchar[])",
        [missing, [wanted[end] for end in missing]],
    )
    return con.execute(
        "select * from kept.verdict where list_contains(?::timestamp[], as_of) order by as_of, pair_id",
        [list(ends)],
    ).df()


def bring_kept(con: duckdb.DuckDBPyConnection, models_file: Path) -> None:
    """Bring the verdicts that the last build of a home kept into a build of its own, which then folds less.

    Marks decide which of them still hold, so it finds the very same with and without them.
    """
    if not models_file.is_file():
        return
    con.execute(f"attach {database.quoted(models_file)} as home_models (read_only)")
    try:
        found = con.execute(
            "select 'kept.' || table_name from duckdb_tables() "
            "where database_name = 'home_models' and schema_name = 'kept'"
        ).fetchall()
        if set(KEPT) <= {table for (table,) in found}:
            con.execute("create schema if not exists kept")
            for table in KEPT:
                con.execute(f"create or replace table {table} as from home_models.{table}")
    finally:
        con.execute("detach home_models")


def _keep(con: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame) -> None:
    casts = ", ".join(f"{name}::{sql_type} as {name}" for name, sql_type in KEPT[table].items())
    con.register("judged", frame)
    con.execute(f"insert into {table} select {casts} from judged")
    con.unregister("judged")


def _scores(con: duckdb.DuckDBPyConnection) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The parts and the intervals that are kept."""
    parts, intervals = (
        con.execute(f"select * from {table} order by all").df() for table in ("kept.part", "kept.interval")
    )
    return parts, intervals


def _without_parts(con: duckdb.DuckDBPyConnection, past: Past) -> list[dt.datetime]:
    """The instants whose scores stand now for a pair, but were folded before it paused or closed."""
    still = [pair_id for (pair_id,) in con.execute(_STILL).fetchall()]
    stand = standing(past)
    stand = stand[stand["pair_id"].isin(still)]
    known = past.parts[["pair_id", "as_of"]].drop_duplicates()
    found = stand.merge(known, on=["pair_id", "as_of"], how="left", indicator=True)
    lacking = found.loc[found["_merge"] == "left_only", "as_of"]
    return sorted(set(lacking.dt.to_pydatetime()))


def _make_room(con: duckdb.DuckDBPyConnection) -> None:
    """Create the kept tables; those of a version that kept other columns are thrown away."""
    con.execute("create schema if not exists kept")
    found = con.execute(
        "select 'kept.' || table_name, list(column_name order by ordinal_position) "
        "from information_schema.columns "
        "where table_catalog = current_database() and table_schema = 'kept' group by table_name"
    ).fetchall()
    if any(dict(found).get(table) != list(columns) for table, columns in KEPT.items()):
        for table, columns in KEPT.items():
            listed = ", ".join(f"{name} {sql_type}" for name, sql_type in columns.items())
            con.execute(f"create or replace table {table} ({listed})")


def _frozen_before(days: pd.DataFrame, ends: Sequence[dt.datetime], zone: ZoneInfo) -> pd.DataFrame:
    """The pairs in a pause or closing when the days begin, and the last moment of the day before it."""
    first = days[(days["as_of"] == ends[0]) & days["frozen_since"].notna()] if ends else days.iloc[:0]
    since = [_aware(at.to_pydatetime()).astimezone(zone).date() for at in first["frozen_since"]]
    ends_before = pd.Series(
        [_end_of(day - dt.timedelta(days=1), zone) for day in since], dtype="datetime64[us]"
    )
    return pd.DataFrame({"pair_id": first["pair_id"].to_numpy(), "as_of": ends_before})


def _forget(con: duckdb.DuckDBPyConnection, wanted: Sequence[dt.datetime]) -> None:
    """Drop verdicts that this run did not ask for, so that they do not pile up."""
    for table in KEPT:
        con.execute(f"delete from {table} where not list_contains(?::timestamp[], as_of)", [list(wanted)])


def _end_of(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The last moment of a local date, as `--as-of DATE` means it: UTC without an offset."""
    midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone)
    return _naive(midnight) - dt.timedelta(microseconds=1)


def _aware(instant: dt.datetime) -> dt.datetime:
    return instant.replace(tzinfo=dt.UTC)


def _naive(instant: dt.datetime) -> dt.datetime:
    return instant.astimezone(dt.UTC).replace(tzinfo=None)
