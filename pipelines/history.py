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
from dataclasses import dataclass
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
from warehouse.clock import end_of_day, naive_utc
from warehouse.log_tables import catalogue_fingerprint
from warehouse.models import AnyModel
from warehouse.policy import Policy
from warehouse.replay import Replay, needed_for, replay
from warehouse.run import Run

FEATURES = "feature.pair"

# The clocks of all places lie whole quarters of an hour apart, so a day ends where one does.
_SEEN = """
select
    time_bucket(interval '15 minutes', occurred_at) as quarter_hour,
    bit_xor(hash(position, event_id, occurred_at, recorded_at)) as mark
from log.typed_event
where recorded_at <= $known_at and occurred_at <= $as_of
group by all
order by all
"""

_RETRACTED = """
select coalesce(bit_xor(hash(position, event_id)), 0)
from log.typed_event
where recorded_at <= $known_at and retracted_id is not null
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
"""

PAST_DAY_COLUMNS = {"as_of": "TIMESTAMP", "mark": "VARCHAR", "is_shown": "BOOLEAN"}
"""A day before the run: its last moment, a mark of what its verdicts are made of, and whether it is shown
itself or stands for a pause that is older than what is shown. Column -> SQL type."""

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

    quarter_hours: Instants
    events: NDArray[np.uint64]
    rest: str

    def at(self, as_of: dt.datetime) -> str:
        n_seen = int(np.searchsorted(self.quarter_hours, np.datetime64(as_of, "us"), side="right"))
        events = self.events[n_seen - 1] if n_seen else 0
        return hashlib.sha256(f"{as_of}\n{events}\n{self.rest}".encode()).hexdigest()


def fold_past(con: duckdb.DuckDBPyConnection, run: Run, models: Mapping[str, AnyModel]) -> pd.DataFrame:
    """Keep the verdicts of the days before the run, as far back as the policy says: PAST_DAY_COLUMNS.

    Needs the log attached; keeps verdicts in the schema `kept` of the connection's own database.
    """
    marks = _marks(con, run, models)
    zone = ZoneInfo(run.policy.time_zone)
    ends = _ends(run, marks, zone)
    asked = Replay(models, FEATURES, run)
    _make_room(con)
    _fold(con, asked, marks, ends)
    before = sorted(set(_frozen_before(con, ends[0], zone)["as_of"].dt.to_pydatetime())) if ends else []
    _fold(con, asked, marks, before)
    _forget(con, [*ends, *before])
    _fold(con, asked, marks, _without_parts(con, ends, zone), is_anew=True)
    days = [*before, *ends]
    return pd.DataFrame(
        {
            "as_of": pd.Series(days, dtype="datetime64[us]"),
            "mark": [marks.at(end) for end in days],
            "is_shown": [False] * len(before) + [True] * len(ends),
        }
    )


def past_of(con: duckdb.DuckDBPyConnection, policy: Policy, of: str) -> Past:
    """The verdicts on some pairs of the days in `signal.past_day`; `of` is a condition on `pair_id`."""
    ends = con.execute("select as_of from signal.past_day where is_shown order by as_of").fetchall()
    return _past(con, [end for (end,) in ends], ZoneInfo(policy.time_zone), of)


def _past(con: duckdb.DuckDBPyConnection, ends: Sequence[dt.datetime], zone: ZoneInfo, of: str) -> Past:
    """What is kept of some pairs: of the days that end then, and of the days before older pauses."""
    if not ends:
        return NO_PAST
    kept = {
        table: con.execute(f"select * from {table} where {of} order by as_of, pair_id").df()
        for table in ("kept.verdict", "kept.part", "kept.interval")
    }
    verdicts = kept["kept.verdict"]
    is_of_a_day = verdicts["as_of"].isin(pd.Series(ends, dtype="datetime64[us]"))
    frozen = _frozen_before(con, ends[0], zone, of)
    return Past(
        verdicts[is_of_a_day].reset_index(drop=True),
        verdicts.merge(frozen, on=["pair_id", "as_of"]),
        kept["kept.part"].sort_values(list(PART_COLUMNS), ignore_index=True),
        kept["kept.interval"],
    )


def _ends(run: Run, marks: _Marks, zone: ZoneInfo) -> list[dt.datetime]:
    """The last moments of the days before the run, from the first event on."""
    if not len(marks.quarter_hours):
        return []
    today = run.as_of.astimezone(zone).date()
    begun = _aware(marks.quarter_hours[0].item()).astimezone(zone).date()
    n_days = min(run.policy.history_days, (today - begun).days)
    return [naive_utc(end_of_day(today - dt.timedelta(days=n), zone)) for n in range(n_days, 0, -1)]


def _marks(con: duckdb.DuckDBPyConnection, run: Run, models: Mapping[str, AnyModel]) -> _Marks:
    instants = {"known_at": naive_utc(run.known_at), "as_of": naive_utc(run.as_of)}
    seen = con.execute(_SEEN, instants).fetchnumpy()
    ((retracted,),) = con.execute(_RETRACTED, {"known_at": instants["known_at"]}).fetchall()
    ((parked,),) = con.execute(_PARKED).fetchall()
    ((holidays,),) = con.execute(_HOLIDAYS).fetchall()
    rest = f"{retracted}\n{parked}\n{holidays}\n{run.policy.fingerprint()}\n{_rules(models)}"
    events = np.bitwise_xor.accumulate(np.asarray(seen["mark"], dtype=np.uint64))
    return _Marks(np.asarray(seen["quarter_hour"], dtype="datetime64[us]"), events, rest)


def _rules(models: Mapping[str, AnyModel]) -> str:
    """A mark of the events' fields, of the models that features are made of, and of the code that judges."""
    digest = hashlib.sha256(catalogue_fingerprint().encode())
    for model in needed_for(models, FEATURES):
        digest.update(f"{model.name}\n{model.sql}\n".encode())
    for path in sorted(Path(signals.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _fold(
    con: duckdb.DuckDBPyConnection,
    asked: Replay,
    marks: _Marks,
    ends: Sequence[dt.datetime],
    *,
    is_anew: bool = False,
) -> None:
    """Keep the verdicts as of some instants: fold those that are not kept, or all where they are wanted anew.

    Of pairs that are paused or closing now, parts and intervals of scores are kept too: one of them stands.
    """
    wanted = {end: marks.at(end) for end in ends}
    kept = dict(con.execute("select as_of, mark from kept.day").fetchall())
    missing = [end for end, mark in wanted.items() if is_anew or kept.get(end) != mark]
    if not missing:
        return
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


def _without_parts(
    con: duckdb.DuckDBPyConnection, ends: Sequence[dt.datetime], zone: ZoneInfo
) -> list[dt.datetime]:
    """The instants whose scores stand now for a pair, but were folded before it paused or closed."""
    past = _past(con, ends, zone, f"pair_id in ({_STILL})")
    known = past.parts[["pair_id", "as_of"]].drop_duplicates()
    found = standing(past).merge(known, on=["pair_id", "as_of"], how="left", indicator=True)
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


def _frozen_before(
    con: duckdb.DuckDBPyConnection, first: dt.datetime, zone: ZoneInfo, of: str = "true"
) -> pd.DataFrame:
    """The pairs in a pause or closing when the days begin, and the last moment of the day before it."""
    found = con.execute(
        "select pair_id, frozen_since from kept.verdict "
        f"where as_of = ? and frozen_since is not null and {of} order by pair_id",
        [first],
    ).df()
    since = [_aware(at.to_pydatetime()).astimezone(zone).date() for at in found["frozen_since"]]
    ends_before = [naive_utc(end_of_day(day - dt.timedelta(days=1), zone)) for day in since]
    return pd.DataFrame(
        {"pair_id": found["pair_id"], "as_of": pd.Series(ends_before, dtype="datetime64[us]")}
    )


def _forget(con: duckdb.DuckDBPyConnection, wanted: Sequence[dt.datetime]) -> None:
    """Drop verdicts that this run did not ask for, so that they do not pile up."""
    for table in KEPT:
        con.execute(f"delete from {table} where not list_contains(?::timestamp[], as_of)", [list(wanted)])


def _aware(instant: dt.datetime) -> dt.datetime:
    return instant.replace(tzinfo=dt.UTC)
