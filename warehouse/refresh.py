"""Refresh: what a build over an earlier one computes again, and what it leaves as it is.

A model whose sidecar says `partition = "pair_id"` has rows that each follow from the events of one pair, and
from tables that are the same for all. After new events only the rows of the pairs they are about are computed
again: beside the models, out of the rows of these pairs alone, by the model's own SQL, or by a function that
writes rows of touched pairs. Every other model is built whole. Where it cannot be told what a change reaches,
everything is built whole.

So a model is built whole, though it has a partition, when the run's clock moved and it reads the clock, when
a table it shares with other pairs has changed, or when one of its inputs was built whole.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import duckdb

from warehouse import models
from warehouse.altered import IN_TOUCHED, TOUCHED, Altered, rows_of_touched
from warehouse.database import first_row
from warehouse.errors import ModelError
from warehouse.high_water import head
from warehouse.log_tables import catalogue_fingerprint
from warehouse.models import SEEN, AnyModel, Model, PythonModel
from warehouse.run import WRITTEN_WITH_RUN

OnModel = Callable[[str], None]
OnConnection = Callable[[duckdb.DuckDBPyConnection], None]
Mark = tuple[int, int]

MARKS = "kept.table_mark"
"""Where a refresh keeps what each table without pairs held."""

UNSETTLED = "kept.unsettled"
"""Where the names of tables are kept that have changed since all was last checked and published."""

SETTLED = "kept.settled"
"""Where it is kept as which build all was last published."""

CHECKED = "kept.checked_log"
"""Where it is kept up to which position of the log all was last checked and published."""

UNNOTED = models.FACTS - {"ref.run"}
"""Tables that no model makes: unless somebody noted that they are the same, they count as changed."""

RETRACTED = "staging.retraction"
ANNOUNCED = "staging.announcement"
PARKED = "staging.parked"
BUILT_FIRST = {RETRACTED, ANNOUNCED, PARKED}
"""What is taken back or waits is found out before anything else: it says which pairs are touched."""

WHOLE_FROM = 0.2
"""Share of the pairs from which building everything whole is the shorter way."""

CHANGED = "temp.changed_event"
"""The events that are known in one of two runs alone, or count in one alone, whatever they say."""

_CHANGED = f"""
create or replace temp table changed_event as
with turned as (
    (from temp.retracted_before except from {RETRACTED})
    union
    (from {RETRACTED} except from temp.retracted_before)
),
-- Each of these skips the blocks of the log that hold nothing so late.
late as (
    select position from log.typed_event where position > $position
    union
    select position from log.typed_event where occurred_at > least($as_of, $as_of_before)
    union
    select position from log.typed_event where recorded_at > least($known_at, $known_at_before)
)
select fact.*, fact.occurred_at::date as occurred_on
from log.typed_event as fact
where position in (from turned union from late) and (
    position in (from turned)
    or (position <= $position and recorded_at <= $known_at_before) <> (recorded_at <= $known_at)
    or (position <= $position and occurred_at <= $as_of_before and recorded_at <= $known_at_before)
    <> (occurred_at <= $as_of and recorded_at <= $known_at)
)
"""

# A pair that waited and does no longer, or now does: all that is told of it counts in one of the two runs.
_UNPARKED = f"""
insert into {CHANGED}
with moved as (
    (select pair_id from temp.parked_before except select pair_id from {PARKED})
    union
    (select pair_id from {PARKED} except select pair_id from temp.parked_before)
)
select *, occurred_at::date as occurred_on
from log.typed_event
where pair_id in (from moved) and position not in (select position from {CHANGED})
"""

_CHANGED_BETWEEN = """
create or replace temp table changed_event as
select *, occurred_at::date as occurred_on
from log.typed_event
where recorded_at <= $known_at and occurred_at > $before and occurred_at <= $at
"""

_TOUCHED = f"create or replace temp table touched as select distinct pair_id from {CHANGED}"

LOGGED = "log.typed_event"
SOUGHT_EVENT = "temp.sought_event"
"""All that the log holds of touched pairs."""

_PLACED = "rowid in (select place from temp.placed)"

SHOWN_EVENT = "temp.shown_event"
"""What `staging.event` holds of touched pairs, beside the models."""

_SOUGHT = f"""
create or replace temp table sought as
select position, pair_id from {LOGGED}
where pair_id in (select pair_id from {TOUCHED} except select pair_id from {SOUGHT_EVENT})
"""

# By their positions: numbers skip what is of no touched pair before the many columns are read.
_SEEK_EVENTS = f"""
insert into {SOUGHT_EVENT}
select fact.* replace (sought.pair_id as pair_id)
from {LOGGED} as fact
inner join temp.sought as sought using (position)
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
    con: duckdb.DuckDBPyConnection,
    found: Mapping[str, AnyModel],
    *,
    code: str = "",
    on_model: OnModel = lambda _name: None,
) -> Altered:
    """Build all models over what is there; the tables whose rows may be others since they were `settled`.

    Needs the log attached and `ref.run` written. Equal, row for row, to building them all whole. `code` is a
    mark of what models that are functions do: with another one, everything is built whole.
    """
    before, now = _last(con), _present(con, found, code)
    con.execute(f"delete from {models.BUILT}")
    if before is None or not (_can_follow(con, before, now) and _are_there(con, found)):
        altered = _build_anew(con, found, on_model)
    else:
        altered = _build_upon(con, found, before, now, on_model)
    altered = _with_unsettled(con, altered)
    _remember(con, now)
    return altered


def settle(con: duckdb.DuckDBPyConnection, build_id: str) -> None:
    """Note that all tables, as they are, have been checked and published as a build."""
    con.execute(f"delete from {UNSETTLED}")
    con.execute(f"create or replace table {SETTLED} as select ? as build_id", [build_id])
    con.execute(f"create or replace table {CHECKED} as select position from {models.BUILT}")


def settled(con: duckdb.DuckDBPyConnection) -> str | None:
    """As which build the tables were last published; None where they never were."""
    con.execute(f"create table if not exists {SETTLED} (build_id VARCHAR)")
    row = first_row(con, f"from {SETTLED}")
    return None if row is None else str(row[0])


def _checked(con: duckdb.DuckDBPyConnection) -> int:
    """Up to which position of the log everything was checked; 0 where that is not known."""
    con.execute(f"create table if not exists {CHECKED} (position BIGINT)")
    row = first_row(con, f"from {CHECKED}")
    return 0 if row is None else int(row[0])


def _with_unsettled(con: duckdb.DuckDBPyConnection, altered: Altered) -> Altered:
    """Keep the names of altered tables until they are settled, and add those of a build that broke off."""
    con.execute(f"create table if not exists {UNSETTLED} (table_name VARCHAR)")
    left = {name for (name,) in con.execute(f"from {UNSETTLED}").fetchall()}
    con.execute(f"insert into {UNSETTLED} select unnest(?::varchar[])", [sorted(altered.tables - left)])
    return replace(altered, tables=altered.tables | left, in_touched=altered.in_touched - left)


def _build_anew(con: duckdb.DuckDBPyConnection, found: Mapping[str, AnyModel], on_model: OnModel) -> Altered:
    con.execute(f"drop table if exists {SOUGHT_EVENT}")
    tables = models.build(con, found, on_model=on_model)
    without_pairs = (name for name in tables if not _has_pairs(found[name]))
    _keep_marks(con, {name: _contents(con, models.quoted(name)) for name in without_pairs})
    return Altered(frozenset({*found, *models.FACTS}))


def _build_upon(
    con: duckdb.DuckDBPyConnection,
    found: Mapping[str, AnyModel],
    before: Built,
    now: Built,
    on_model: OnModel,
) -> Altered:
    con.execute(f"create or replace temp table retracted_before as from {RETRACTED}")
    con.execute(f"create or replace temp table parked_before as from {PARKED}")
    models.build_one(con, found[RETRACTED])
    con.execute(
        _CHANGED,
        {
            "position": before.position,
            "as_of_before": before.as_of,
            "known_at_before": before.known_at,
            "as_of": now.as_of,
            "known_at": now.known_at,
        },
    )
    con.execute(_TOUCHED)
    if _share_touched(con) >= WHOLE_FROM:
        return _build_anew(con, found, on_model)
    clock_before, clock = (before.as_of, before.known_at), (now.as_of, now.known_at)
    moved = "" if clock_before == clock else "instant"
    if any(then.date() != at.date() for then, at in zip(clock_before, clock, strict=True)):
        moved = "day"
    followed = _touch_moved(con, found) if moved == "instant" else frozenset()
    _find_waiting(con, found)
    if _share_touched(con) >= WHOLE_FROM:
        return _build_anew(con, found, on_model)
    unnoted = UNNOTED - WRITTEN_WITH_RUN if before.beside == now.beside else UNNOTED
    altered = rebuild(con, found, moved, changed=unnoted, followed=followed, on_model=on_model)
    return replace(altered, tables=altered.tables | {"ref.run"}, log_checked=_checked(con))


def _touch_moved(con: duckdb.DuckDBPyConnection, found: Mapping[str, AnyModel]) -> frozenset[str]:
    """Touch the pairs of which the clock alone alters a row, if few, before any event of one is sought.

    What a model of pairs reads is that of the last build still, so its rows tell which these are. Returns the
    models of which that is done.
    """
    followed = set()
    for name, model in found.items():
        if not isinstance(model, Model) or name in BUILT_FIRST or not _follows_clock(model):
            continue
        before = _pair_marks(models.quoted(name))
        n_more = _find_differing(con, f"({before})", f"(\n{model.sql}\n)") or 0
        if _share_touched(con, n_more) < WHOLE_FROM:
            con.execute(f"insert into {TOUCHED} from temp.differing")
            followed.add(name)
    return frozenset(followed)


def _find_differing(con: duckdb.DuckDBPyConnection, before: str, rows: str) -> int | None:
    """Find the pairs whose marks are others than `before`; how many of them nobody has touched yet.

    None where there are no such pairs at all.
    """
    con.execute(
        f"create or replace temp table differing as select pair_id from {before} as before "
        f"full join ({_pair_marks(rows)}) as after using (pair_id) "
        "where before.mark is distinct from after.mark"
    )
    if first_row(con, "select count(*) from temp.differing") == (0,):
        return None
    con.execute(f"delete from temp.differing where {IN_TOUCHED}")
    (n_more,) = first_row(con, "select count(*) from temp.differing")
    return int(n_more)


def _find_waiting(con: duckdb.DuckDBPyConnection, found: Mapping[str, AnyModel]) -> None:
    """Find anew which pairs wait for a word; all events of those of which that is news count as changed."""
    announced = found[ANNOUNCED]
    assert isinstance(announced, Model)
    con.execute(f"drop table if exists {SOUGHT_EVENT}")
    _seek_events(con)
    con.execute(f"delete from {ANNOUNCED} where {IN_TOUCHED}")
    con.execute(f"insert into {ANNOUNCED} {announced.sql.replace(LOGGED, SOUGHT_EVENT)}")
    models.build_one(con, found[PARKED])
    con.execute(_UNPARKED)
    con.execute(f"insert into {TOUCHED} select pair_id from {CHANGED} except select pair_id from {TOUCHED}")


def _seek_events(con: duckdb.DuckDBPyConnection) -> None:
    """Add the events of those touched pairs whose events are not at hand yet, if there are such pairs."""
    con.execute(f"create temp table if not exists sought_event as from {LOGGED} limit 0")
    wanted = f"select pair_id from {TOUCHED} where pair_id is not null"
    left = f"select count(*) from ({wanted} except select pair_id from {SOUGHT_EVENT})"
    if first_row(con, left) != (0,):
        con.execute(_SOUGHT)
        con.execute(_SEEK_EVENTS)


def touch(
    con: duckdb.DuckDBPyConnection, before: dt.datetime, at: dt.datetime, known_at: dt.datetime
) -> None:
    """Note what happened between two instants (UTC, no offset), as known then, and to which pairs."""
    known = known_at.astimezone(dt.UTC).replace(tzinfo=None)
    con.execute(_CHANGED_BETWEEN, {"known_at": known, "before": before, "at": at})
    con.execute(_TOUCHED)


def rebuild(
    con: duckdb.DuckDBPyConnection,
    found: Mapping[str, AnyModel],
    moved: str = "",
    *,
    changed: frozenset[str] = UNNOTED,
    followed: frozenset[str] = frozenset(),
    on_model: OnModel = lambda _name: None,
) -> Altered:
    """Bring all models up to date with `temp.changed_event`, and `temp.touched`, the pairs these are of.

    `moved` says how far the clock of the run has moved: to another "day", to another "instant" of the same
    day, or not at all. `changed` are the tables no model makes whose rows may be others; of the models that
    are `followed` every pair is touched already of which the clock alters a row. Returns the changed tables
    and those of models whose rows are others. Pairs of which the clock alone has altered a row are touched
    from then on.
    """
    with _beside(con) as beside:
        step = _Step(con, beside, found, moved, changed, followed)
        for model in models.order(found):
            if model.name in BUILT_FIRST:
                step.altered.add(model.name)
            else:
                on_model(model.name)
                step.bring_up_to_date(model)
        _keep_marks(con, step.marks)
    in_touched = (name for name in step.altered - step.whole if _has_pairs(found.get(name)))
    return Altered(frozenset(step.altered), frozenset(in_touched))


class _Step:
    """What is known while models are brought up to date, one after the other.

    `altered` are the tables of which any row is another than before, `whole` those of them of which also rows
    of pairs are that nobody touched.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        beside: str,
        found: Mapping[str, AnyModel],
        moved: str,
        changed: frozenset[str],
        followed: frozenset[str],
    ) -> None:
        self.con, self.beside, self.found, self.moved, self.followed = con, beside, found, moved, followed
        (self.home,) = first_row(con, "select current_database()")
        self.altered, self.whole = set(changed), set(changed)
        self.marks = _kept_marks(con)
        self.shown: set[str] = set()
        self.written: set[str] = set()

    def bring_up_to_date(self, model: AnyModel) -> None:
        """Leave a model as it is where nothing it reads is other than before; else build what must be."""
        is_moved = _reads_moved(model, self.moved)
        if model.name == SEEN:
            self._show_events()
        elif model.name in self.written or (not is_moved and not self._reads_altered(model)):
            return
        elif not _has_pairs(model):
            self._build_whole(model)
        elif self._alters_many(model, is_moved=is_moved):
            self._build_all_pairs(model)
        elif isinstance(model, Model):
            self._replace_touched(model)
        elif model.run_touched is None:
            self._build_all_pairs(model)
        else:
            self._run_touched(model, model.run_touched)

    def _alters_many(self, model: AnyModel, *, is_moved: bool) -> bool:
        """Whether rows of pairs may be others that nobody has touched."""
        return (is_moved and model.name not in self.followed) or not self.whole.isdisjoint(model.depends_on)

    def _reads_altered(self, model: AnyModel) -> bool:
        """Whether anything a model reads has altered; of events, those alone that it reads."""
        read = self.altered.intersection(model.depends_on)
        if read != {SEEN} or not isinstance(model, Model):
            return bool(read)
        conditions = " or ".join(f"({condition})" for condition in model.reads_events)
        return bool(first_row(self.con, f"select count(*) from {CHANGED} where {conditions}") != (0,))

    def _show_events(self) -> None:
        """The view of events shows the new ones already."""
        if first_row(self.con, f"select count(*) from {TOUCHED}") != (0,):
            self.altered.add(SEEN)

    def _build_whole(self, model: AnyModel) -> None:
        """Build a model without pairs; it counts as changed unless it is found to hold what it held.

        A view already shows what its tables hold now, so it counts as changed.
        """
        models.build_one(self.con, model)
        if not _is_view(model):
            before = self.marks.get(model.name)
            self.marks[model.name] = _contents(self.con, models.quoted(model.name))
            if self.marks[model.name] == before:
                return
        self.altered.add(model.name)
        self.whole.add(model.name)

    def _build_all_pairs(self, model: AnyModel) -> None:
        """Build a model of all pairs; those whose rows become others by it are touched as well, if few."""
        if _is_view(model):
            models.build_one(self.con, model)
            self.altered.add(model.name)
            self.whole.add(model.name)
            return
        tables = [table for table in _written(model) if _has_pairs(self.found[table])]
        for number, table in enumerate(tables):
            marks = _pair_marks(models.quoted(table))
            self.con.execute(f"create or replace temp table marked_before_{number} as {marks}")
        models.build_one(self.con, model)
        self.written.update(tables)
        for number, table in enumerate(tables):
            self._follow_differing(table, f"temp.marked_before_{number}")

    def _follow_differing(self, table: str, before: str) -> None:
        """Note who has other rows than before in a table that was built anew, and whether these are few."""
        n_more = _find_differing(self.con, before, models.quoted(table))
        if n_more is None:
            return
        self.altered.add(table)
        if _share_touched(self.con, n_more) >= WHOLE_FROM:
            self.whole.add(table)
        elif n_more:
            self._touch_differing()

    def _run_touched(self, model: PythonModel, run: OnConnection) -> None:
        """Let a function write the rows of touched pairs anew."""
        before = {table: _contents(self.con, rows_of_touched(table)) for table in model.tables}
        run(self.con)
        self.written.update(model.tables)
        self.altered.update(
            table for table, held in before.items() if _contents(self.con, rows_of_touched(table)) != held
        )

    def _touch_differing(self) -> None:
        """Let more pairs be touched: what lies beside the models lacks their rows and is copied again."""
        self.con.execute(f"insert into {TOUCHED} from temp.differing")
        self.con.execute(f"detach {self.beside}")
        self.con.execute(f"attach ':memory:' as {self.beside}")
        self.shown.clear()

    def _replace_touched(self, model: Model) -> None:
        """Compute the rows of the touched pairs beside the models, out of such rows, and put them there."""
        name = models.quoted(model.name)
        for table in model.depends_on:
            self._show(table)
        self.con.execute(f"create schema if not exists {self.beside}.{model.layer}")
        self.con.execute(f"use {self.beside}")
        try:
            self.con.execute(f"create {model.materialized} {name} as\n{model.sql}")
        except duckdb.Error as error:
            raise ModelError(f"{model.path}: {error}") from None
        finally:
            self.con.execute(f'use "{self.home}"')
        self.shown.add(model.name)
        if _is_view(model):
            self.altered.add(model.name)
        elif self._are_others(name):
            self.con.execute(f"delete from {name} where {_PLACED}")
            self.con.execute(f"insert into {name} from {self.beside}.{name}")
            self.altered.add(model.name)

    def _are_others(self, name: str) -> bool:
        """Whether the touched pairs have other rows in a table than beside it; notes the places of theirs.

        Their names are sought once. Counting reads no more, and most news are more rows than before.
        """
        self.con.execute(
            f"create or replace temp table placed as select rowid as place from {name} where {IN_TOUCHED}"
        )
        beside = f"{self.beside}.{name}"
        n_there, n_beside = first_row(
            self.con, f"select (select count(*) from temp.placed), (select count(*) from {beside})"
        )
        there = f"(from {name} where {_PLACED})"
        return n_there != n_beside or _contents(self.con, there) != _contents(self.con, beside)

    def _show(self, table: str) -> None:
        """Let the database beside see what a model reads: the rows of touched pairs, or tables without pairs.

        Tables that were computed beside are there already.
        """
        if table in self.shown:
            return
        self.shown.add(table)
        source, name = self.found.get(table), models.quoted(table)
        there = f'"{self.home}".{name}'
        self.con.execute(f"create schema if not exists {self.beside}.{table.partition('.')[0]}")
        if table == SEEN and isinstance(source, Model):
            self._find_events(source.sql)
            self.con.execute(f"create view {self.beside}.{name} as from {SHOWN_EVENT}")
        elif _has_pairs(source):
            rows = f"(from {there} where {IN_TOUCHED})" if _is_view(source) else rows_of_touched(there)
            self.con.execute(f"create table {self.beside}.{name} as from {rows}")
        else:
            self.con.execute(f"create view {self.beside}.{name} as from {there}")

    def _find_events(self, seen: str) -> None:
        """Find the events of touched pairs; `seen` says which count."""
        _seek_events(self.con)
        found = seen.replace(LOGGED, SOUGHT_EVENT)
        self.con.execute(f"create or replace temp table shown_event as {found}")


def _reads_moved(model: AnyModel, moved: str) -> bool:
    """Whether a model reads what the run's clock has moved; a signal of an instant reads what it likes."""
    if isinstance(model, PythonModel):
        if "ref.run" not in model.depends_on:
            return False
        return model.reads_clock == "instant" or moved == "day"
    if not model.partition and model.reads_clock == "instant":
        return True  # how long the log is, say
    return bool(moved) and (model.reads_clock == "instant" if moved == "instant" else bool(model.reads_clock))


def _follows_clock(model: Model) -> bool:
    """Whether rows of pairs are stored that the clock moves within a day."""
    return bool(model.partition) and model.reads_clock == "instant" and not _is_view(model)


def _has_pairs(model: AnyModel | None) -> bool:
    """Whether each row of a model is of one pair."""
    return model.has_pairs if isinstance(model, PythonModel) else model is not None and bool(model.partition)


def _written(model: AnyModel) -> tuple[str, ...]:
    """The tables that are written with a model."""
    return model.tables if isinstance(model, PythonModel) else (model.name,)


def _is_view(model: AnyModel | None) -> bool:
    return isinstance(model, Model) and model.materialized == "view"


def _pair_marks(table: str) -> str:
    """A select of each pair of a table and a number that changes with its rows."""
    return f"select pair_id, sum(hash(t))::hugeint as mark from {table} as t group by pair_id"


@contextmanager
def _beside(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """The name of a database in memory for the rows of touched pairs."""
    (home,) = first_row(con, "select current_database()")
    beside = f'"beside_{home}"'
    con.execute(f"attach ':memory:' as {beside}")
    try:
        yield beside
    finally:
        con.execute(f"detach {beside}")
        con.execute(f"drop table if exists {SHOWN_EVENT}")
        con.execute(f"drop table if exists {SOUGHT_EVENT}")


def _contents(con: duckdb.DuckDBPyConnection, rows: str) -> Mark:
    """What a table or a select holds: its number of rows, and one that changes with them."""
    n_rows, mark = first_row(con, f"select count(*), coalesce(sum(hash(t)), 0)::hugeint from {rows} as t")
    return n_rows, mark


def _kept_marks(con: duckdb.DuckDBPyConnection) -> dict[str, Mark]:
    """Table -> what it held when it was last built; a table that is not there may hold anything."""
    con.execute("create schema if not exists kept")
    con.execute(f"create table if not exists {MARKS} (table_name VARCHAR, n_rows BIGINT, mark HUGEINT)")
    return {name: (n_rows, mark) for name, n_rows, mark in con.execute(f"from {MARKS}").fetchall()}


def _keep_marks(con: duckdb.DuckDBPyConnection, marks: Mapping[str, Mark]) -> None:
    con.execute("create schema if not exists kept")
    con.execute(
        f"create or replace table {MARKS} as select unnest(?::varchar[]) as table_name, "
        "unnest(?::bigint[]) as n_rows, unnest(?::hugeint[]) as mark",
        [list(marks), [n_rows for n_rows, _ in marks.values()], [mark for _, mark in marks.values()]],
    )


def _share_touched(con: duckdb.DuckDBPyConnection, n_more: int = 0) -> float:
    n_touched, n_pairs = first_row(
        con, f"select (select count(*) from {TOUCHED}), (select count(*) from core.pair)"
    )
    return float((n_touched + n_more) / max(1, n_pairs))


def _present(con: duckdb.DuckDBPyConnection, found: Mapping[str, AnyModel], code: str) -> Built:
    as_of, known_at, fingerprint = first_row(con, "select as_of, known_at, policy_fingerprint from ref.run")
    position, chain_head = head(con)
    rules = hashlib.sha256(f"{fingerprint}\n{catalogue_fingerprint()}\n{code}\n".encode())
    for model in found.values():
        if isinstance(model, Model):
            rules.update(f"{model.name} {model.materialized} {model.partition}\n{model.sql}\n".encode())
    beside = " ".join(f"{name} {_contents(con, models.quoted(name))}" for name in sorted(WRITTEN_WITH_RUN))
    return Built(as_of, known_at, position, chain_head, rules.hexdigest(), beside)


def _can_follow(con: duckdb.DuckDBPyConnection, before: Built, now: Built) -> bool:
    """Whether rules are the same and the log has only grown since."""
    held = first_row(
        con,
        "select count(*) from log.ledger where last_position = ? and chain_head = ?",
        [before.position, before.chain_head],
    )
    return before.mark == now.mark and held != (0,)


def _are_there(con: duckdb.DuckDBPyConnection, found: Mapping[str, AnyModel]) -> bool:
    """Whether nobody has taken a table away, which a refresh might not look at."""
    there = con.execute(
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where database_name = current_database()"
    ).fetchall()
    tables = {name for name, model in found.items() if not _is_view(model)}
    return tables <= {name for (name,) in there}


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
