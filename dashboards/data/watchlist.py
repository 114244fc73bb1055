"""The list of pairs: which are on it, in what order, and what was decided about their alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from dashboards.data.publication import ROW_LIMIT, Publication, Row, once
from dashboards.filters import CHOICES, FilterState, View

ACTIVITY_WEEKS = 12

_SHOWN = """
    p.pair_id, p.program_id, p.cohort_id, p.direction, p.mentee_id, p.mentor_id, p.stage, p.state, p.band,
    p.waiting_on, p.ended_at, p.is_success, p.silence_days, p.silence_ratio, p.expected_days, p.health,
    p.coverage, p.risk_tier, p.risk_30d, p.risk_own, p.is_risk_calibrated, p.reason, p.reason_message,
    p.next_step, p.next_step_message
"""
"""What lists say of a pair."""

_PLACED = "pair_id, cohort_id, stage, state, band, mentee_id, mentor_id, silence_ratio"
"""What lists are ordered and filtered by."""

_FOREMOST = "priority desc nulls last, silence_ratio desc nulls last, pair_id"
"""The order of `mart.watchlist`; a pair that is not on it has no priority and comes after all that are."""

_ON_LIST = f"select {_PLACED}, priority from mart.listed"

_WOKEN = f"select {_PLACED}, null as priority from mart.pair where list_contains($woken::varchar[], pair_id)"

_EVERY = f"""
    select {", ".join(f"p.{name}" for name in _PLACED.split(", "))}, listed.priority
    from mart.pair as p
    left join mart.listed as listed on listed.pair_id = p.pair_id
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


_FOLLOWED = """
    select
        pair_id,
        outcome,
        over_at > as_of - interval 84 day and over_at <= as_of as is_now,
        over_at > as_of - interval 112 day and over_at <= as_of - interval 28 day as is_before
    from (
        select
            a.pair_id,
            a.outcome,
            a.raised_at + r.risk_horizon_min_days * interval 1 day as over_at,
            r.as_of
        from mart.alert as a
        cross join ref.run as r
        where a.status not in ('held_back', 'withdrawn') and a.outcome is not null
    )
"""
"""Alerts with what followed; their days were over in these twelve weeks, or in those four weeks before."""

_IS_OF_OWNER = """
    list_contains($owners::varchar[], case
        when list_contains($mine::varchar[], pair_id) then 'me'
        when list_contains($taken::varchar[], pair_id) then 'other'
        else 'nobody'
    end)
"""


_IS_BEHIND = {
    "began": """
        pair_id in (
            select pair_id
            from mart.pair_life
            where month = $what
              and (
                  $days::int is null
                  or date_diff('day', accepted_on, coalesce(closed_on, date '9999-12-31')) > $days::int
              )
        )
    """,
    "ended": """
        pair_id in (
            with curve as (
                select program_id, cohort_id, bool_and(is_whole) as is_whole, min(day) as first_day
                from mart.ending_curve
                where case
                    when len($cohorts::varchar[]) = 0 then cohort_id is null
                    else list_contains($cohorts::varchar[], cohort_id)
                end
                group by program_id, cohort_id
            ),
            told as (
                select distinct program_id, cohort_id from mart.ending_comparison where verdict <> 'hidden'
            )
            select life.pair_id
            from mart.pair_life as life
            inner join mart.pair as pair on pair.pair_id = life.pair_id
            inner join curve
                on curve.program_id = pair.program_id
                and (curve.cohort_id is null or curve.cohort_id = pair.cohort_id)
            left join told on told.program_id = pair.program_id and told.cohort_id = pair.cohort_id
            where life.cause is not null
              and ($what = 'still_active' or life.cause = $what)
              and life.left_day between curve.first_day and $days::int
              and life.left_day > coalesce(life.entered_day, -1)
              and (curve.is_whole or told.cohort_id is not null)
        )
    """,
    "in_touch": f"pair_id in (select pair_id from ({_FOLLOWED}) where is_now and outcome = 'in_touch')",
}
"""The pairs behind a number, as `mart.match_month`, `mart.ending_curve` and `after_alerts` count them.

An end is counted from the first day of its curve on; a program's curve may leave out cohorts that are hidden.
"""


@dataclass(frozen=True)
class Beside:
    """What a list rests on beside the tables.

    `people` are the persons whose names hold what is searched for: the tables know no names. `quiet` pairs
    are off the list, `woken` ones back on it, `taken` ones looked after by somebody, `mine` by whoever asks.
    """

    people: Sequence[str] = ()
    quiet: Sequence[str] = ()
    woken: Sequence[str] = ()
    taken: Sequence[str] = ()
    mine: Sequence[str] = ()


NOTHING_BESIDE = Beside()


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
        _IS_OF_OWNER: filters.owners,
        f"({text})": filters.search,
    }
    if filters.behind:
        asked[_IS_BEHIND[filters.behind.kind]] = True
    return [condition for condition, is_asked in asked.items() if is_asked]


def pairs(
    publication: Publication,
    filters: FilterState,
    limit: int = ROW_LIMIT,
    beside: Beside = NOTHING_BESIDE,
) -> list[Row]:
    """The pairs a list shows, most urgent first, with `n_listed` = how many there are without limit.

    `week` are the pairs of the watchlist that need a check-in, `new` those that were not on it a week ago,
    `watchlist` all of it, `snoozed` the quiet ones, `all` every pair. A declined proposal never became one
    and is listed only where that state is asked for. `weekly_activity` reads a row.
    """
    conditions = " and ".join(_conditions(filters, is_any_quiet=bool(beside.quiet))) or "true"
    given = {
        **{name: list(getattr(filters, name)) for name in CHOICES.values()},
        "search": filters.search,
        "what": filters.behind.what if filters.behind else "",
        "days": filters.behind.days if filters.behind else None,
        **{field.name: list(getattr(beside, field.name)) for field in fields(beside)},
    }
    # The many are counted narrow; only the few that are shown are read whole, and only what stands ahead of
    # one of these on the whole list is ranked.
    sql = f"""
        with candidate as ({_candidates(filters.view, is_any_woken=bool(beside.woken))}),
        listed as (select pair_id, priority, silence_ratio from candidate where {conditions}),
        foremost as materialized (
            select *, (select count(*) from listed) as n_listed
            from listed
            order by {_FOREMOST}
            limit $limit
        ),
        ranked as (
            select pair_id, row_number() over (order by {_FOREMOST}) as rank
            from mart.listed
            where priority >= (select min(priority) from foremost)
        )
        select ranked.rank, f.priority, {_SHOWN}, f.n_listed, activity.* exclude (pair_id)
        from foremost as f
        inner join mart.pair as p on p.pair_id = f.pair_id
        left join ranked on ranked.pair_id = f.pair_id
        left join mart.pair_activity as activity on activity.pair_id = f.pair_id
        order by f.priority desc nulls last, f.silence_ratio desc nulls last, f.pair_id
    """
    asked = {name: value for name, value in given.items() if f"${name}" in sql}
    return publication.rows(sql, limit=limit, **asked)


def weekly_activity(row: Row) -> list[int]:
    """Of a listed pair the number of events of the two in each of the last 12 weeks, oldest first."""
    return [row[f"n_{ago}_weeks_ago"] or 0 for ago in reversed(range(ACTIVITY_WEEKS))]


@once
def after_alerts(publication: Publication) -> Row:
    """Of the alerts whose days were over in twelve weeks, how many pairs were in touch again, and before.

    Columns: n, n_back, n_before, n_back_before.
    """
    return publication.rows(
        f"""
        select
            count(*) filter (where is_now) as n,
            count(*) filter (where is_now and outcome = 'in_touch') as n_back,
            count(*) filter (where is_before) as n_before,
            count(*) filter (where is_before and outcome = 'in_touch') as n_back_before
        from ({_FOLLOWED})
        """
    )[0]


@once
def in_need(publication: Publication) -> frozenset[str]:
    """The pairs of the watchlist that need a check-in."""
    rows = publication.rows("select pair_id from mart.listed where band = 'needs_check_in'")
    return frozenset(row["pair_id"] for row in rows)


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


_DECIDED = """
    select pair_id, event_id::varchar as event_id, handling, until_on, is_current, is_quiet from mart.handling
"""


def handlings(publication: Publication, pair_ids: Sequence[str]) -> list[Row]:
    """What was decided about the alerts of these pairs, as far as the log knew it."""
    return publication.rows(
        f"{_DECIDED} where pair_id in (select unnest($ids::varchar[]))", ids=list(pair_ids)
    )


@once
def quiet_handlings(publication: Publication) -> list[Row]:
    """Those decisions that keep a pair off the list."""
    return publication.rows(f"{_DECIDED} where is_quiet")


@once
def taken_on(publication: Publication) -> list[Row]:
    """Those decisions by which somebody looks after a pair."""
    return publication.rows(f"{_DECIDED} where handling = 'acknowledged' and is_current")
