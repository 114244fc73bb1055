"""The only reader of published data: one function for each question a screen asks.

A publication is an immutable DuckDB file. The reader follows `published/current.json`; a screen takes
the current publication once and asks it everything, so no screen ever mixes two builds. Nothing here
judges a pair: the tables carry the signals, these queries select, filter and count.
"""

from __future__ import annotations

import datetime as dt
import functools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, cast
from zoneinfo import ZoneInfo

import duckdb

from dashboards.filters import CHOICES, FilterState, View
from dashboards.told import told
from dashboards.viewer import viewer
from warehouse import publish, queries
from warehouse.clock import end_of_day_or_instant
from warehouse.database import open_programs, open_read_only
from warehouse.queries import Sight

ROW_LIMIT = 2000
"""The most rows a grid is given; the screen says so when there are more."""

ACTIVITY_WEEKS = 12

MAX_PAST_OPEN = 8
"""How many publications of past days a process holds open; those used last stay."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Publication:
    """One published build, open for reading."""

    build_id: str
    connection: duckdb.DuckDBPyConnection
    answers: dict[tuple[str, str], Any] = field(default_factory=dict, compare=False, repr=False)

    def rows(self, sql: str, **parameters: Any) -> list[Row]:
        """The answer to one query, on a cursor of its own."""
        cursor = self.connection.cursor()
        try:
            found = cursor.execute(sql, parameters).fetchall()
            names = [column[0] for column in cursor.description or ()]
        finally:
            cursor.close()
        return told([dict(zip(names, row, strict=True)) for row in found])


Answer = TypeVar("Answer")


def once(ask: Callable[[Publication], Answer]) -> Callable[[Publication], Answer]:
    """Keep the answer to a question without parameters: in one language it never changes."""

    @functools.wraps(ask)
    def answer(publication: Publication) -> Answer:
        kept, question = publication.answers, (ask.__name__, viewer().language)
        if question not in kept:
            kept[question] = ask(publication)
        return cast(Answer, kept[question])

    return answer


@dataclass(frozen=True)
class Dated:
    """A published file and the instants it is of (naive UTC), with their days in the program's zone."""

    file: Path
    build_id: str
    as_of: dt.datetime
    known_at: dt.datetime
    as_of_on: dt.date
    known_on: dt.date
    zone: str
    shape: str

    def end_of(self, day: dt.date) -> dt.datetime:
        """The last moment of a day in the program's zone (naive UTC), as the command line reads a day."""
        end = end_of_day_or_instant(day.isoformat(), self.zone, field="day")
        return end.astimezone(dt.UTC).replace(tzinfo=None)


class Reader:
    """Follows the pointer in a folder of publications, and opens those of past days by their instants."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._open: dict[tuple[str, ...] | None, Publication] = {}
        self._past: dict[tuple[Path, tuple[str, ...] | None], Publication] = {}
        self._dated: dict[Path, Dated] = {}

    @property
    def home(self) -> Path:
        """The home folder whose publications these are."""
        return self._folder.parent

    def publication(self, programs: tuple[str, ...] | None = None) -> Publication:
        """The newest publication, or as much of it as is about these programs; raises NothingPublished.

        The one before stays open for as long as a screen still holds it.
        """
        named = publish.current(self._folder)
        with self._lock:
            found = self._open.get(programs)
            if found is None or found.build_id != named.build_id:
                found = self._open[programs] = _opened(self._folder / named.file, named.build_id, programs)
            return found

    def newest(self) -> Dated:
        """The instants of the newest publication; raises NothingPublished."""
        file = self._folder / publish.current(self._folder).file
        with self._lock:
            found = self._dated[file] = self._dated.get(file) or _dated(file)
            return found

    def kept(self) -> list[Dated]:
        """Every publication screens can draw, the latest day first, and of one day the latest knowledge.

        One that another version made, with other tables or columns, is as good as not built.
        """
        files, shape = publish.kept(self._folder), self.newest().shape
        with self._lock:
            self._dated = {file: self._dated.get(file) or _dated(file) for file in files}
            found = [dated for dated in self._dated.values() if dated.shape == shape]
        return sorted(found, key=lambda dated: (dated.as_of, dated.known_at), reverse=True)

    def past(self, dated: Dated, programs: tuple[str, ...] | None = None) -> Publication:
        """The publication of another day, or as much of it as is about these programs."""
        with self._lock:
            key = (dated.file, programs)
            found = self._past.pop(key, None) or _opened(dated.file, dated.build_id, programs)
            self._past[key] = found  # the one used last stands last
            while len(self._past) > MAX_PAST_OPEN:
                del self._past[next(iter(self._past))]
            return found


def _opened(file: Path, build_id: str, programs: tuple[str, ...] | None) -> Publication:
    connection = open_read_only(file) if programs is None else open_programs(file, programs)
    return Publication(build_id, connection)


_SHAPE = """
select md5(string_agg(table_name || '.' || column_name, ' ' order by table_name, column_name)) as shape
from duckdb_columns()
where schema_name = 'mart'
"""


def _dated(file: Path) -> Dated:
    """What a published file says of itself; it never changes, so it is asked once."""
    with open_read_only(file) as connection:
        opened = Publication("", connection)
        asked, shape = run(opened), opened.rows(_SHAPE)[0]["shape"]
    zone = str(asked.get("time_zone") or "UTC")

    def day(instant: dt.datetime) -> dt.date:
        return instant.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone)).date()

    as_of, known_at = asked["as_of"], asked["known_at"]
    return Dated(file, asked["build_id"], as_of, known_at, day(as_of), day(known_at), zone, shape)


@once
def run(publication: Publication) -> Row:
    """The run behind the publication: as-of, known-at, policy thresholds, program label."""
    return publication.rows("select * from ref.run")[0]


_SHOWN = """
    p.pair_id, p.cohort_id, p.direction, p.mentee_id, p.mentor_id, p.stage, p.state, p.band, p.waiting_on,
    p.ended_at, p.is_success, p.silence_days, p.silence_ratio, p.expected_days, p.health, p.coverage,
    p.risk_tier, p.risk_30d, p.risk_own, p.is_risk_calibrated, p.reason, p.reason_message, p.next_step,
    p.next_step_message
"""
"""What lists say of a pair."""

_PLACED = "pair_id, cohort_id, stage, state, band, mentee_id, mentor_id, silence_ratio"
"""What lists are ordered and filtered by."""

_ON_LIST = f"select {_PLACED}, rank from mart.watchlist"
_WOKEN = f"select {_PLACED}, null as rank from mart.pair where list_contains($woken::varchar[], pair_id)"
_EVERY = f"""
    select {", ".join(f"p.{name}" for name in _PLACED.split(", "))}, w.rank
    from mart.pair as p
    left join mart.watchlist as w on w.pair_id = p.pair_id
"""

_IS_QUIET = "pair_id in (select unnest($quiet::varchar[]))"
_IS_NEW = """
    pair_id not in (
        select d.pair_id
        from mart.pair_day as d
        cross join ref.run as r
        where d.day = (r.as_of - interval 7 day)::date
          and d.band in ('needs_check_in', 'watch')
    )
"""
_HAS_TEXT = """
    list_contains($people::varchar[], mentee_id)
    or list_contains($people::varchar[], mentor_id)
    or contains(lower(pair_id), lower($search))
    or contains(lower(mentee_id), lower($search))
    or contains(lower(mentor_id), lower($search))
"""
_IS_CALLED = """
    contains(lower('mentee ' || right(mentee_id, 4)), lower($search))
    or contains(lower('mentor ' || right(mentor_id, 4)), lower($search))
    or contains(lower('peer ' || right(mentee_id, 4)), lower($search))
    or contains(lower('peer ' || right(mentor_id, 4)), lower($search))
"""
"""What screens call somebody without a name: two words, so looked for only where two were said."""

_IS_OF_PROGRAM = """
    pair_id in (select pair_id from mart.pair where list_contains($programs::varchar[], program_id))
"""
_IS_OF_KIND = """
    pair_id in (
        select pair_id from mart.pair where list_has_any($kinds::varchar[], [form, direction, modality])
    )
"""
"""A pair has a form, a direction and a medium; the five types of mentoring each name one of these."""


def _candidates(view: View, *, is_any_woken: bool) -> str:
    """The pairs that a view chooses from: the watchlist, or all pairs where it is about more."""
    if view in ("all", "snoozed"):
        return _EVERY
    return f"{_ON_LIST} union all {_WOKEN}" if is_any_woken else _ON_LIST


def _conditions(filters: FilterState, *, is_any_quiet: bool) -> list[str]:
    """What a pair must meet to be listed; what nobody asked for costs nothing."""
    text = f"{_HAS_TEXT} or {_IS_CALLED}" if " " in filters.search else _HAS_TEXT
    asked = {
        "stage <> 'declined'": "declined" not in (*filters.states, *filters.stages),
        "band = 'needs_check_in'": filters.view == "week",
        _IS_NEW: filters.view == "new",
        _IS_QUIET: filters.view == "snoozed",
        f"not {_IS_QUIET}": filters.view not in ("all", "snoozed") and is_any_quiet,
        _IS_OF_PROGRAM: filters.programs,
        "list_contains($cohorts::varchar[], cohort_id)": filters.cohorts,
        _IS_OF_KIND: filters.kinds,
        "list_contains($stages::varchar[], stage)": filters.stages,
        "list_contains($bands::varchar[], band)": filters.bands,
        "list_contains($states::varchar[], state)": filters.states,
        f"({text})": filters.search,
    }
    return [condition for condition, is_asked in asked.items() if is_asked]


def listed_pairs(
    publication: Publication,
    filters: FilterState,
    limit: int = ROW_LIMIT,
    people: Sequence[str] = (),
    quiet: Sequence[str] = (),
    woken: Sequence[str] = (),
) -> list[Row]:
    """The pairs a list shows, most urgent first, with `n_listed` = how many there are without limit.

    `week` are the pairs of the watchlist that need a check-in, `new` those that were not on it a week ago,
    `watchlist` all of it, `snoozed` the `quiet` ones, `all` every pair; `woken` are back on it. A
    declined proposal never became one and is listed only where that state is asked for. `people` are the
    persons whose names hold what is searched for: the tables know no names. `weekly_activity` reads a row.
    """
    conditions = " and ".join(_conditions(filters, is_any_quiet=bool(quiet))) or "true"
    given = {
        **{name: list(getattr(filters, name)) for name in CHOICES.values()},
        "search": filters.search,
        "people": list(people),
        "quiet": list(quiet),
        "woken": list(woken),
    }
    # The many are counted and ranked narrow; only the few that are shown are read whole.
    sql = f"""
        with candidate as ({_candidates(filters.view, is_any_woken=bool(woken))}),
        listed as (select pair_id, rank, silence_ratio from candidate where {conditions}),
        foremost as (
            select *, (select count(*) from listed) as n_listed
            from listed
            order by rank nulls last, silence_ratio desc nulls last, pair_id
            limit $limit
        )
        select f.rank, {_SHOWN}, f.n_listed, activity.* exclude (pair_id)
        from foremost as f
        inner join mart.pair as p on p.pair_id = f.pair_id
        left join mart.pair_activity as activity on activity.pair_id = f.pair_id
        order by f.rank nulls last, f.silence_ratio desc nulls last, f.pair_id
    """
    asked = {name: value for name, value in given.items() if f"${name}" in sql}
    return publication.rows(sql, limit=limit, **asked)


@once
def in_need(publication: Publication) -> frozenset[str]:
    """The pairs of the watchlist that need a check-in."""
    rows = publication.rows("select pair_id from mart.watchlist where band = 'needs_check_in'")
    return frozenset(row["pair_id"] for row in rows)


def people(publication: Publication) -> list[str]:
    """Everybody who is one of a pair."""
    rows = publication.rows(
        """
        select mentee_id as person_id from mart.pair where mentee_id is not null
        union
        select mentor_id as person_id from mart.pair where mentor_id is not null
        order by person_id
        """
    )
    return [row["person_id"] for row in rows]


@once
def sight(publication: Publication) -> Sight:
    """How many pairs could be judged, and what kept the others from it."""
    with publication.connection.cursor() as cursor:
        return queries.sight(cursor)


def n_declined(publication: Publication) -> int:
    """How many proposals were declined."""
    return int(publication.rows("select count(*) as n from mart.pair where stage = 'declined'")[0]["n"])


def weekly_activity(row: Row) -> list[int]:
    """Of a listed pair the number of events of the two in each of the last 12 weeks, oldest first."""
    return [row[f"n_{ago}_weeks_ago"] or 0 for ago in reversed(range(ACTIVITY_WEEKS))]


@once
def standing(publication: Publication) -> list[Row]:
    """How many pairs stand where: band, state, is_success, n_pairs.

    A proposal that was declined never became a pair, so it is neither current nor ended: left out.
    """
    return publication.rows(
        """
        select band, state, is_success, count(*) as n_pairs
        from mart.pair
        where stage <> 'declined'
        group by band, state, is_success
        """
    )


def count_where(rows: Sequence[Row], column: str = "n_pairs", **wanted: Any) -> int:
    """The sum of a column over the rows that have these values."""
    chosen = (row for row in rows if all(row[name] == value for name, value in wanted.items()))
    return int(sum(row[column] or 0 for row in chosen))


_CHOSEN = {"program": "program_id", "cohort": "cohort_id", "stage": "stage", "band": "band", "state": "state"}


@once
def filter_choices(publication: Publication) -> dict[str, list[str]]:
    """What there is to choose from, by the keys of an address."""
    found = publication.rows(
        f"""
        select {", ".join(f"list(distinct {expression}) as {key}" for key, expression in _CHOSEN.items())}
        from mart.pair
        """
    )[0]
    return {key: sorted(code for code in found[key] or () if code is not None) for key in _CHOSEN}


def pair(publication: Publication, pair_id: str) -> Row | None:
    """Everything known about one pair, or None where no pair has this id."""
    rows = publication.rows(
        """
            select p.*, w.rank, w.priority
            from mart.pair as p
            left join mart.watchlist as w on w.pair_id = p.pair_id
            where p.pair_id = $pair_id
            """,
        pair_id=pair_id,
    )
    return rows[0] if rows else None


def pair_reasons(publication: Publication, pair_id: str) -> list[Row]:
    """Why the pair is where it is, weightiest first."""
    sql = (
        "select ordinal, code, reason, reason_message, value, expected, since_on from mart.pair_reason "
        "where pair_id = $pair_id order by ordinal"
    )
    return publication.rows(sql, pair_id=pair_id)


def risk_reasons(publication: Publication, pair_id: str) -> list[Row]:
    """What makes the silence of a pair likely, weightiest first."""
    sql = "select * from mart.pair_risk_reason where pair_id = $pair_id order by ordinal"
    return publication.rows(sql, pair_id=pair_id)


def gaps(publication: Publication, pair_ids: Sequence[str]) -> dict[str, list[Row]]:
    """What of these pairs' contact may be missing, by pair."""
    sql = (
        "select * from mart.pair_gap where list_contains($ids::varchar[], pair_id) "
        "order by pair_id, newest_at, source, family"
    )
    found: dict[str, list[Row]] = {}
    for row in publication.rows(sql, ids=list(pair_ids)):
        found.setdefault(row["pair_id"], []).append(row)
    return found


def foremost_reasons(publication: Publication, pair_ids: Sequence[str]) -> dict[str, Row]:
    """The reason each of these pairs is listed for, by pair."""
    if not pair_ids:
        return {}
    sql = "select * from mart.pair_reason where ordinal = 1 and pair_id in (select unnest($ids::varchar[]))"
    return {row["pair_id"]: row for row in publication.rows(sql, ids=list(pair_ids))}


_DECIDED = "select pair_id, event_id::varchar as event_id, handling, until_on, is_quiet from mart.handling"


def handlings(publication: Publication, pair_ids: Sequence[str]) -> list[Row]:
    """What was decided about the alerts of these pairs, as far as the log knew it."""
    return publication.rows(
        f"{_DECIDED} where pair_id in (select unnest($ids::varchar[]))", ids=list(pair_ids)
    )


@once
def quiet_handlings(publication: Publication) -> list[Row]:
    """Those decisions that keep a pair off the list."""
    return publication.rows(f"{_DECIDED} where is_quiet")


def health_parts(publication: Publication, pair_id: str) -> list[Row]:
    """The parts of the pair's health score, heaviest first."""
    sql = "select * from mart.health_part where pair_id = $pair_id order by weight desc, component"
    return publication.rows(sql, pair_id=pair_id)


def pair_days(publication: Publication, pair_id: str) -> list[Row]:
    """What was shown of the pair on each day of its history, oldest first."""
    sql = "select * from mart.pair_day where pair_id = $pair_id order by day"
    return publication.rows(sql, pair_id=pair_id)


def pair_day(publication: Publication, pair_id: str, day: dt.date) -> Row | None:
    """What is said today of a pair at the end of a past day; None outside its history."""
    sql = "select * from mart.pair_day where pair_id = $pair_id and day = $day"
    return next(iter(publication.rows(sql, pair_id=pair_id, day=day)), None)


@once
def moves(publication: Publication) -> dict[str, int]:
    """By how many pairs each band grew or shrank within four weeks; nothing where the history is shorter."""
    rows = publication.rows(
        """
        with newest as (select max(day) as today from mart.band_day)
        select
            d.band,
            coalesce(sum(d.n_pairs) filter (where d.day = n.today), 0)::bigint as n_now,
            coalesce(sum(d.n_pairs) filter (where d.day = n.today - 28), 0)::bigint as n_then,
        from mart.band_day as d
        cross join newest as n
        group by d.band
        """
    )
    has_both = sum(row["n_then"] for row in rows) > 0
    return {row["band"]: row["n_now"] - row["n_then"] for row in rows} if has_both else {}


def bands_on(publication: Publication, day: dt.date) -> list[Row]:
    """How many pairs are said today to have stood in each band at the end of a past day."""
    sql = "select band, sum(n_pairs)::bigint as n_pairs from mart.band_day where day = $day group by band"
    return publication.rows(sql, day=day)


def pair_thresholds(publication: Publication, pair_id: str) -> list[Row]:
    """The signs a band rests on, each beside its threshold; nothing of pairs that are not running."""
    if not _has(publication, "mart", "pair_threshold"):
        return []
    sql = "select * from mart.pair_threshold where pair_id = $pair_id order by ordinal"
    return publication.rows(sql, pair_id=pair_id)


def pair_pattern(publication: Publication, pair_id: str) -> Row | None:
    """How a pair meets, in numbers; None of a pair without a contact."""
    sql = "select * from mart.pair_pattern where pair_id = $pair_id"
    return next(iter(publication.rows(sql, pair_id=pair_id)), None)


def _has(publication: Publication, schema: str, table: str) -> bool:
    """Whether a publication has a table that older ones lack."""
    found = publication.rows(
        "select view_name as name from duckdb_views() where schema_name = $schema and view_name = $table "
        "union all "
        "select table_name from duckdb_tables() where schema_name = $schema and table_name = $table",
        schema=schema,
        table=table,
    )
    return bool(found)


def verdicts(publication: Publication, only: str | None = None) -> dict[str, Row]:
    """How every pair, or that one, looks: what two builds of the same day may tell otherwise."""
    rows = publication.rows(
        "select pair_id, mentee_id, mentor_id, direction, stage, state, band, waiting_on, is_success "
        "from mart.pair where $only is null or pair_id = $only order by pair_id",
        only=only,
    )
    return {row["pair_id"]: row for row in rows}


def n_recorded_after(publication: Publication, known_at: dt.datetime) -> int:
    """How many events of pairs a publication holds that were recorded later than that."""
    sql = "select count(*) as n from mart.pair_event where recorded_at > $known_at"
    return int(publication.rows(sql, known_at=known_at)[0]["n"])


def events_of(publication: Publication, pair_ids: Sequence[str]) -> list[Row]:
    """The events of some pairs, oldest first."""
    sql = (
        "select pair_id, occurred_at, recorded_at, event_type, side, summary, summary_message, source "
        "from mart.pair_event where list_contains($ids::varchar[], pair_id) order by occurred_at, position"
    )
    return publication.rows(sql, ids=list(pair_ids))


def absences_of(publication: Publication, pair_ids: Sequence[str]) -> list[Row]:
    """What was declared of the absence of some pairs' people, oldest first; nothing of older publications."""
    if not _has(publication, "mart", "pair_absence"):
        return []
    sql = (
        "select * from mart.pair_absence where list_contains($ids::varchar[], pair_id) "
        "order by occurred_at, pair_id, side"
    )
    return publication.rows(sql, ids=list(pair_ids))


def pair_events(publication: Publication, pair_id: str, limit: int = ROW_LIMIT) -> list[Row]:
    """The pair's newest events, newest first."""
    sql = (
        "select * from mart.pair_event where pair_id = $pair_id "
        "order by occurred_at desc, position desc limit $limit"
    )
    return publication.rows(sql, pair_id=pair_id, limit=limit)


def cohorts(publication: Publication) -> list[Row]:
    """The cohorts, newest first."""
    sql = "select * from mart.cohort order by first_accepted_on desc nulls last, cohort_id"
    return publication.rows(sql)


def weeks(publication: Publication) -> list[Row]:
    """Sessions and contacts of all cohorts by ISO week."""
    return publication.rows(
        """
        select
            week_on,
            sum(n_sessions_held)::bigint as n_sessions_held,
            sum(n_contacts)::bigint as n_contacts,
            sum(n_pairs_in_contact)::bigint as n_pairs_in_contact,
            sum(n_pairs_alive)::bigint as n_pairs_alive,
        from mart.week
        group by week_on
        order by week_on
        """
    )


def told_weeks(publication: Publication) -> list[Row]:
    """The same of the cohorts that may be told of, taken together."""
    return publication.rows(
        """
        select
            week.week_on,
            sum(week.n_sessions_held)::bigint as n_sessions_held,
            sum(week.n_contacts)::bigint as n_contacts,
            sum(week.n_pairs_in_contact)::bigint as n_pairs_in_contact,
            sum(week.n_pairs_alive)::bigint as n_pairs_alive,
        from mart.week as week
        inner join mart.cohort as cohort on week.cohort_id = cohort.cohort_id and cohort.is_told
        cross join ref.run as run
        group by week.week_on
        having sum(week.n_pairs_alive) >= max(run.small_group)
        order by week.week_on
        """
    )


def endings(publication: Publication) -> list[Row]:
    """How many relationships ended for each reason, with whether it counts as a natural end."""
    return publication.rows(
        """
            select coalesce(end_reason, 'unknown') as end_reason, is_success, count(*) as n_pairs,
            from mart.pair
            where band = 'ended' and stage <> 'declined'
            group by 1, 2
            order by n_pairs desc, end_reason
            """
    )


def programs(publication: Publication) -> list[str]:
    """The programs that have relationships, by name."""
    sql = (
        "select distinct program_id from mart.pair "
        "where program_id is not null and accepted_at is not null order by program_id"
    )
    return [row["program_id"] for row in publication.rows(sql)]


def ending_groups(publication: Publication) -> list[Row]:
    """The programs and cohorts that have curves of endings, each program before its cohorts."""
    sql = (
        "select distinct program_id, cohort_id from mart.ending_curve "
        "order by program_id, cohort_id nulls first"
    )
    return publication.rows(sql)


def ending_curves(publication: Publication, program_id: str, cohort_id: str | None) -> dict[str, list[Row]]:
    """The curves of endings of one cohort, or of a whole program, by name."""
    rows = publication.rows(
        """
        select * from mart.ending_curve
        where program_id = $program_id and cohort_id is not distinct from $cohort_id
        order by curve, day
        """,
        program_id=program_id,
        cohort_id=cohort_id,
    )
    curves: dict[str, list[Row]] = {}
    for row in rows:
        curves.setdefault(row["curve"], []).append(row)
    return curves


def ending_comparisons(publication: Publication) -> list[Row]:
    """Each cohort against the others at the same age, by outcome."""
    sql = "select * from mart.ending_comparison order by program_id, cohort_id, outcome"
    return publication.rows(sql)


def funnel_groups(publication: Publication) -> list[Row]:
    """The programs and cohorts that have a funnel, with whether they are too small to be shown."""
    sql = (
        "select program_id, cohort_id, bool_and(is_hidden) as is_hidden from mart.funnel "
        "group by program_id, cohort_id order by program_id, cohort_id nulls first"
    )
    return publication.rows(sql)


def funnel(publication: Publication, program_id: str, cohort_id: str | None) -> list[Row]:
    """The steps of one cohort, or of a whole program, in their order."""
    return publication.rows(
        """
        select * from mart.funnel
        where program_id = $program_id and cohort_id is not distinct from $cohort_id
        order by ordinal
        """,
        program_id=program_id,
        cohort_id=cohort_id,
    )


def kpis(publication: Publication, program_id: str, cohort_id: str | None) -> list[Row]:
    """The measures of one cohort, or of a whole program, in their order."""
    return publication.rows(
        """
        select * from mart.kpi
        where program_id = $program_id and cohort_id is not distinct from $cohort_id
        order by ordinal
        """,
        program_id=program_id,
        cohort_id=cohort_id,
    )


def program_kpis(publication: Publication) -> dict[str, dict[str, Row]]:
    """All measures of every program as a whole, by program and name."""
    found: dict[str, dict[str, Row]] = {}
    for row in publication.rows(
        "select * from mart.kpi where cohort_id is null order by program_id, ordinal"
    ):
        found.setdefault(row["program_id"], {})[row["kpi"]] = row
    return found


def program_kpi(publication: Publication, kpi: str) -> dict[str, Row]:
    """One measure of every program as a whole, by program."""
    sql = "select * from mart.kpi where kpi = $kpi and cohort_id is null order by program_id"
    return {row["program_id"]: row for row in publication.rows(sql, kpi=kpi)}


def practice_groups(publication: Publication) -> list[Row]:
    """The programs and cohorts that have numbers about practices, and whether all of them are hidden."""
    sql = (
        "select program_id, cohort_id, bool_and(is_hidden) as is_hidden from mart.practice "
        "group by program_id, cohort_id order by program_id, cohort_id nulls first"
    )
    return publication.rows(sql)


def practices(
    publication: Publication, section: str, program_id: str, cohort_id: str | None
) -> dict[str, Row]:
    """The numbers about the practices of one section, by name and in their order."""
    rows = publication.rows(
        """
        select * from mart.practice
        where section = $section and program_id = $program_id and cohort_id is not distinct from $cohort_id
        order by ordinal
        """,
        section=section,
        program_id=program_id,
        cohort_id=cohort_id,
    )
    return {row["practice"]: row for row in rows}


def choices(publication: Publication, section: str, program_id: str) -> dict[str, list[Row]]:
    """The numbers told by kind of one section of a program, by name and in their order."""
    rows = publication.rows(
        "select * from mart.choice where section = $section and program_id = $program_id "
        "order by ordinal, rate desc nulls last, kind",
        section=section,
        program_id=program_id,
    )
    told: dict[str, list[Row]] = {}
    for row in rows:
        told.setdefault(row["choice"], []).append(row)
    return told


def backtest(publication: Publication, target: str) -> list[Row]:
    """Every method and metric of the last backtest of a target; nothing until one ran."""
    sql = "select * from mart.backtest where target = $target order by method, metric"
    return publication.rows(sql, target=target)


def backtest_part(
    publication: Publication, part: Literal["bin", "lead", "week"], target: str, method: str
) -> list[Row]:
    """The reliability, the leads or the weeks of one method of the last backtest, in their order."""
    order = {"bin": "bin", "lead": "lead_days nulls first", "week": "on_date"}[part]
    sql = f"select * from mart.backtest_{part} where target = $target and method = $method order by {order}"
    return publication.rows(sql, target=target, method=method)


def alerts(publication: Publication, limit: int) -> list[Row]:
    """The newest alerts, those that stand first, with the two of the pair; `n_alerts`: how many there are."""
    return publication.rows(
        """
        with told as (
            select alert_id, pair_id, closed_at is not null as is_closed, raised_at
            from mart.alert
            where status <> 'held_back'
        ),
        foremost as (
            select *, (select count(*) from told) as n_alerts
            from told
            order by is_closed, raised_at desc, alert_id
            limit $limit
        )
        select a.*, p.mentee_id, p.mentor_id, p.direction, f.n_alerts
        from foremost as f
        inner join mart.alert as a on a.alert_id = f.alert_id
        inner join mart.pair as p on p.pair_id = f.pair_id
        order by f.is_closed, f.raised_at desc, f.alert_id
        """,
        limit=limit,
    )


def alert_counts(publication: Publication) -> dict[str, int]:
    """How many alerts there are of each status."""
    rows = publication.rows("select status, count(*) as n from mart.alert group by status order by status")
    return {row["status"]: row["n"] for row in rows}


def alert_precision(publication: Publication) -> list[Row]:
    """How often alerts were right, by who looked and by what followed."""
    return publication.rows("select * from mart.alert_precision order by judged_by")


def nudge_effects(publication: Publication) -> list[Row]:
    """Whether pairs are back sooner after an alert, by program and comparison."""
    return publication.rows("select * from mart.nudge_effect order by comparison, program_id")


def risk_model(publication: Publication) -> Row | None:
    """The card of the model that this build judged risk by."""
    return next(iter(publication.rows("select * from mart.risk_model")), None)


def risk_bases(publication: Publication) -> dict[str, int]:
    """How many running pairs are judged on what basis."""
    sql = (
        "select risk_basis, count(*) as n from mart.pair where risk_basis is not null "
        "group by risk_basis order by risk_basis"
    )
    return {row["risk_basis"]: row["n"] for row in publication.rows(sql)}


def mentors(publication: Publication) -> list[Row]:
    """The mentors who carry a pair, the fullest first."""
    sql = (
        "select distinct * exclude (program_id) from mart.mentor where n_pairs > 0 "
        "order by load_rate desc nulls last, n_pairs desc, mentor_id limit $limit"
    )
    return publication.rows(sql, limit=ROW_LIMIT)


def generations(publication: Publication) -> list[Row]:
    """How many mentors there are of each generation, and to how many people they are linked on average."""
    return publication.rows(
        """
        select generation, count(*) as n_mentors, avg(n_partners) as mean_partners
        from (select distinct mentor_id, generation, n_partners from mart.mentor where generation > 0)
        group by generation
        order by generation
        """
    )


def equity_gaps(publication: Publication, program_id: str) -> list[Row]:
    """The largest gap of each field and number of a program, in the order of numbers."""
    sql = "select * from mart.equity_gap where program_id = $program_id order by field, ordinal"
    return publication.rows(sql, program_id=program_id)


def equity_values(publication: Publication, program_id: str) -> list[Row]:
    """How each group of people of a program stands, in the order of numbers."""
    sql = (
        "select * from mart.equity_value where program_id = $program_id "
        "order by field, ordinal, value desc, group_value"
    )
    return publication.rows(sql, program_id=program_id)


def equity_programs(publication: Publication) -> list[str]:
    """The programs whose groups of people were compared."""
    rows = publication.rows("select distinct program_id from mart.equity_gap order by program_id")
    return [row["program_id"] for row in rows]


def survey_instruments(publication: Publication) -> list[Row]:
    """The instruments whose scales are told, by program: outcomes after the others, most waves first."""
    return publication.rows(
        "select program_id, instrument, max(instrument_title) as title from mart.survey_score "
        "group by program_id, instrument "
        "order by program_id, bool_or(group_value in ('pre', 'post')), "
        "count(distinct group_value) filter (where field = 'wave') desc, instrument"
    )


def survey_responses(publication: Publication, program_id: str, instrument: str) -> list[Row]:
    """Who answered each wave of an instrument, the newest wave first."""
    sql = (
        "select * from mart.survey_response where program_id = $program and instrument = $instrument "
        "order by sent_on desc, wave desc, side"
    )
    return publication.rows(sql, program=program_id, instrument=instrument)


def survey_scores(publication: Publication, program_id: str, instrument: str) -> list[Row]:
    """How the scales of an instrument stand, by wave (the newest first), cohort and form."""
    sql = (
        "select * from mart.survey_score where program_id = $program and instrument = $instrument "
        "order by field, case when field = 'wave' then from_on end desc, group_value, ordinal, side"
    )
    return publication.rows(sql, program=program_id, instrument=instrument)


def survey_shares(publication: Publication, program_id: str, instrument: str, wave: str) -> list[Row]:
    """How the answers of one wave are spread over each item's scale."""
    sql = (
        "select * from mart.survey_share where program_id = $program and instrument = $instrument "
        "and wave = $wave order by side, ordinal, step"
    )
    return publication.rows(sql, program=program_id, instrument=instrument, wave=wave)


def survey_changes(publication: Publication, program_id: str, instrument: str) -> list[Row]:
    """What changed from before to after, of the program first and then of its cohorts."""
    sql = (
        "select * from mart.survey_change where program_id = $program and instrument = $instrument "
        "order by field desc, group_value, ordinal, side"
    )
    return publication.rows(sql, program=program_id, instrument=instrument)


def match_months(publication: Publication, program_id: str) -> list[Row]:
    """Of the pairs that began in a month, how many were still active at each age."""
    sql = "select * from mart.match_month where program_id = $program_id order by month, n_months"
    return publication.rows(sql, program_id=program_id)


def health_ages(publication: Publication) -> list[Row]:
    """The health of current pairs by their age."""
    return publication.rows("select * from mart.health_age order by program_id, n_quarters")


def band_flows(publication: Publication) -> list[Row]:
    """Where pairs have gone since the start of the quarter or of the history."""
    return publication.rows(
        """
        select from_on, until_on, band_from, band_to, sum(n_pairs)::bigint as n_pairs
        from mart.band_flow
        group by from_on, until_on, band_from, band_to
        order by band_from, band_to
        """
    )


def short_of_time(publication: Publication, limit: int) -> list[Row]:
    """Current pairs short of time, the most often moved first; `n_listed`: how many there are."""
    return publication.rows(
        """
        with short as (select * from mart.pair_practice where is_short_of_time),
        foremost as (
            select pair_id, (select count(*) from short) as n_listed
            from short
            order by push_streak desc nulls last, overlap_hours, pair_id
            limit $limit
        )
        select
            p.pair_id, p.mentee_id, p.mentor_id, p.direction, p.mentee_time_zone, p.mentor_time_zone,
            t.overlap_hours, t.is_overlap_short, t.push_streak, t.session_minutes,
            t.mentee_off_minutes, t.mentor_off_minutes, f.n_listed
        from foremost as f
        inner join mart.pair as p on p.pair_id = f.pair_id
        inner join mart.pair_practice as t on t.pair_id = f.pair_id
        order by t.push_streak desc nulls last, t.overlap_hours, p.pair_id
        """,
        limit=limit,
    )


def pair_practice(publication: Publication, pair_id: str) -> Row | None:
    """How one pair lives the practices of the guide, in numbers."""
    rows = publication.rows("select * from mart.pair_practice where pair_id = $pair_id", pair_id=pair_id)
    return rows[0] if rows else None


def drift(publication: Publication) -> list[Row]:
    """What moved since the publication before, what moved most first; nothing of older publications."""
    if not _has(publication, "ref", "drift"):
        return []
    return publication.rows("select * from ref.drift order by is_ok, n_failed desc, table_name, rule")


def deliveries(publication: Publication) -> list[Row]:
    """Every file that arrived, newest first."""
    sql = "select * from mart.ledger order by landed_at desc, name limit $limit"
    return publication.rows(sql, limit=ROW_LIMIT)


def ledger_by_source(publication: Publication) -> list[Row]:
    """Lines received and what became of them, for each source."""
    return publication.rows(
        """
            select
                source,
                count(*) as n_files,
                coalesce(sum(lines_in), 0)::bigint as lines_in,
                coalesce(sum(accepted), 0)::bigint as accepted,
                coalesce(sum(duplicate), 0)::bigint as duplicate,
                coalesce(sum(quarantined), 0)::bigint as quarantined,
            from mart.ledger
            group by source
            order by lines_in desc, source
            """
    )


def quarantine(publication: Publication) -> list[Row]:
    """Rejected rows by source and reason, open ones first."""
    sql = "select * from mart.quarantine order by n_open desc, n_rows desc, source, code"
    return publication.rows(sql)


def parked(publication: Publication) -> list[Row]:
    """Pairs whose events wait for somebody to announce them, longest first."""
    return publication.rows("select * from mart.parked order by first_recorded_at, pair_id, source")


def quarantine_reason(publication: Publication, source: str, code: str) -> Row | None:
    """One reason for which lines of a source wait, or None where none does any more."""
    sql = "select * from mart.quarantine where source = $source and code = $code and n_open > 0"
    return next(iter(publication.rows(sql, source=source, code=code)), None)


def quarantine_lines(publication: Publication, source: str, code: str) -> list[Row]:
    """The oldest lines of a source that wait for one reason."""
    sql = "select * from mart.quarantine_line where source = $source and code = $code order by ordinal"
    return publication.rows(sql, source=source, code=code)


def quarantine_line(publication: Publication, quarantine_id: str) -> Row | None:
    """One line that waits, by its id."""
    sql = "select * from mart.quarantine_line where quarantine_id = $id and not is_whole_file"
    return next(iter(publication.rows(sql, id=quarantine_id)), None)


def refused_file(publication: Publication, file_id: str) -> Row | None:
    """One file that waits because it was refused as a whole."""
    sql = "select * from mart.quarantine_line where file_id = $id and is_whole_file"
    return next(iter(publication.rows(sql, id=file_id)), None)


def policies(publication: Publication) -> list[Row]:
    """Each policy that was found in force, as far as the run knows, the newest first."""
    return publication.rows("select * from mart.policy order by set_at desc, recorded_at desc")


@once
def sources(publication: Publication) -> list[Row]:
    """How fresh each source is, stalest first."""
    worst_first = "case freshness when 'stale' then 0 when 'late' then 1 else 2 end"
    sql = f"select * from mart.source order by {worst_first}, days_since_last desc nulls first, source"
    return publication.rows(sql)


def check_results(publication: Publication) -> list[Row]:
    """What was expected of the tables, broken rules first."""
    sql = "select * from mart.check_result order by is_ok, is_blocking desc, table_name, rule"
    return publication.rows(sql)
