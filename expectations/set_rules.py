"""Rules of a whole table and between tables, as SQL, beside what Great Expectations checks row by row.

Each returns one row: how many rows it looked at, and how many of them break the rule. They run on the
models database with the log attached as `log`.
"""

from __future__ import annotations

from itertools import chain

import sqlglot
from sqlglot import exp

from expectations.rules import (
    SetRule,
    near_rows,
    near_rows_repeated,
    new_rows_failing,
    rows_failing,
    rows_repeated,
)
from warehouse import words
from warehouse.altered import TOUCHED
from warehouse.events.base import PRIVATE, fields, latest
from warehouse.events.codec import PAIR_FAMILIES

SUCCESS = ("goals_met", "term_completed", "needs_evolved", "moved_to_network")
"""End reasons that are a success; nothing else is one, and no time-out ever is."""

SEND_AGAIN = (
    "Ask who sends it: export from the day after the last event, and see whether the export still runs."
)


def _references(table: str, name: str, target: str) -> SetRule:
    """No row is of a pair that is unknown to `target`."""
    unknown = f"select pair_id from {TOUCHED} where pair_id not in (select pair_id from {target})"
    return SetRule(
        table,
        name,
        rows_failing(f"{table} left join {target} as target using (pair_id)", "target.pair_id is null"),
        of_touched=f"""
        select
            (select count(*) from {table}),
            (select count(*) from {table} where pair_id is null)
            + (select count(*) from {table} where pair_id in ({unknown}))
        """,
    )


def _same_pairs(table: str, name: str, other: str) -> SetRule:
    """No pair stands in one of two tables only."""
    joined = f"{table} as a full join {other} as b using (pair_id)"
    return SetRule(table, name, rows_failing(joined, "a.pair_id is null or b.pair_id is null"))


def _lacking(condition: str = "true") -> str:
    """Events without a field that their type requires, private ones apart; counted type by type.

    Of all events how many they are, and how many lack one of those that the condition names.
    """
    needed = {
        kind.name: [field.name for field in fields(kind) if field.is_required and field.kind != PRIVATE]
        for kind in latest()
    }
    counts = [f"count({column}) as n_{column}" for column in sorted(set(chain(*needed.values())))]
    cases = [
        f"when '{name}' then n - least({', '.join(f'n_{column}' for column in columns)})"
        for name, columns in needed.items()
        if columns
    ]
    return f"""
        select
            (select count(*) from log.typed_event),
            coalesce(sum(case event_type {" ".join(cases)} else 0 end), 0)
        from (
            select event_type, count(*) as n, {", ".join(counts)}
            from log.typed_event
            where {condition}
            group by event_type
        )
    """


UNDATED = "occurred_at is null or recorded_at is null"
AHEAD = "occurred_at > recorded_at + interval 1 day"
NAMELESS = f"pair_id is null and split_part(event_type, '.', 1) in {tuple(sorted(PAIR_FAMILIES))}"

LOG_RULES = (
    SetRule(
        "log.event",
        "one row per event_id",
        rows_repeated("log.event", "event_id"),
        of_new="""
        with fresh as (select event_id from log.event where position > $position)

        select
            (select count(*) from log.event),
            (select count(*) from log.event where event_id in (from fresh))
            - (select count(distinct event_id) from fresh)
        """,
    ),
    SetRule(
        "log.event",
        "positions run from 1 without a gap",
        """
        select count(*), count(*) - count(distinct position) + abs(coalesce(max(position), 0) - count(*))
        from log.event
        """,
        of_new="""
        select
            (select count(*) from log.event),
            count(*) - count(distinct position)
            + abs(coalesce(max(position), $position) - (select count(*) from log.event))
        from log.event
        where position > $position
        """,
    ),
    SetRule(
        "log.event",
        "the ledger accounts for every event",
        "select count(*), abs(count(*) - (select coalesce(sum(n_events), 0) from log.ledger)) from log.event",
    ),
    SetRule(
        "log.event",
        "every event is in the typed projection",
        "select count(*), abs(count(*) - (select count(*) from log.typed_event)) from log.event",
    ),
    SetRule(
        "log.event",
        "every event says when it happened and when it was recorded",
        rows_failing("log.event", UNDATED),
        of_new=new_rows_failing("log.event", UNDATED),
    ),
    SetRule(
        "log.event",
        "nothing happened more than a day after it was recorded",
        rows_failing("log.event", AHEAD),
        is_blocking=False,
        remedy="Look at the clock and time zone of the source: it dates events later than it delivers them.",
        of_new=new_rows_failing("log.event", AHEAD),
    ),
)

DELIVERY_RULES = (
    SetRule(
        "log.typed_event",
        "every event has the fields that its type needs",
        _lacking(),
        of_new=_lacking("position > $position"),
    ),
    SetRule(
        "log.typed_event",
        "every event about a pair names it",
        rows_failing("log.typed_event", NAMELESS),
        of_new=new_rows_failing("log.typed_event", NAMELESS),
    ),
)

CORE_RULES = (
    SetRule(
        "core.pair",
        "every pair the log names is there",
        """
        select count(*), count(*) filter (where known.pair_id is null)
        from (select distinct pair_id from staging.event where pair_id is not null) as named
        left join core.pair as known on known.pair_id = named.pair_id
        """,
        # All pairs that are there were named.
        of_touched=f"""
        with unknown as (
            select pair_id from {TOUCHED} where pair_id not in (select pair_id from core.pair)
        ),
        named as (
            select distinct pair_id from staging.event where pair_id in (select pair_id from unknown)
        )
        select (select count(*) from core.pair) + count(*), count(*) from named
        """,
    ),
    SetRule(
        "core.session",
        "one row per pair and session",
        rows_repeated("core.session", "pair_id", "session_id"),
        of_touched=near_rows_repeated("core.session", "pair_id", "session_id"),
    ),
    _references("core.session", "every pair is in core.pair", "core.pair"),
    SetRule(
        "core.session",
        "a session is held exactly when it has a time at which it was",
        rows_failing("core.session", "(status = 'held') <> (held_at is not null)"),
    ),
    SetRule(
        "core.session",
        "no session was held after the run's as-of",
        rows_failing("core.session cross join ref.run", "held_at > run.as_of"),
    ),
    SetRule(
        "core.contact",
        "one row per pair and instant",
        rows_repeated("core.contact", "pair_id", "contacted_at"),
        of_touched=near_rows_repeated("core.contact", "pair_id", "contacted_at"),
    ),
    _references("core.contact", "every pair is in core.pair", "core.pair"),
    SetRule(
        "core.contact",
        "every contact has its instant, none after the run's as-of",
        rows_failing("core.contact cross join ref.run", "contacted_at is null or contacted_at > run.as_of"),
    ),
)

FEATURE_RULES = (
    _same_pairs("feature.pair", "the same pairs as core.pair", "core.pair"),
    SetRule(
        "feature.pair",
        "no part is larger than its whole: answers, windows, goals, advice",
        rows_failing(
            "feature.pair",
            "mentor_answered > mentor_asked or mentee_answered > mentee_asked"
            " or n_windows_met > n_windows or n_goals_done > n_goals or n_advice_reported > n_advice_due",
        ),
    ),
    SetRule(
        "feature.pair",
        "no contact lies after the run's as-of",
        rows_failing("feature.pair cross join ref.run", "last_contact_at > run.as_of"),
    ),
)

_SCORED = ("signal.pair", "signal.health_part", "signal.frozen_part")
_PARTS_AMISS = """
    count(*) filter (where abs(scored.health - part.points) > 0.01)
from {} as scored
inner join (
    select pair_id, is_frozen, sum(points) as points
    from (
        select pair_id, points, false as is_frozen from {} as part
        union all
        select pair_id, points, true as is_frozen from {} as part
    )
    group by pair_id, is_frozen
) as part
    on part.pair_id = scored.pair_id and part.is_frozen = (scored.health_frozen_on is not null)
where scored.health is not null
"""

SIGNAL_RULES = (
    _same_pairs("signal.pair", "the same pairs as feature.pair", "feature.pair"),
    SetRule(
        "signal.pair",
        "the usual gap lies within the policy's limits",
        rows_failing(
            "signal.pair cross join ref.run",
            "tau_days not between run.cadence_min_days and run.cadence_max_days",
        ),
    ),
    SetRule(
        "signal.pair",
        "whoever is unresponsive is named",
        rows_failing(
            "signal.pair", "state in ('suspected_ghosting', 'presumed_ghosted') and waiting_on is null"
        ),
    ),
    SetRule(
        "signal.pair",
        "no number is NaN or infinite",
        rows_failing(
            "signal.pair",
            " or ".join(
                f"not isfinite({column})"
                for column in (
                    "tau_days",
                    "sigma",
                    "silence_ratio",
                    "surprise",
                    "health",
                    "coverage",
                    "priority",
                )
            ),
        ),
    ),
    SetRule(
        "signal.pair",
        "the parts of a score add up to it",
        f"select count(*), {_PARTS_AMISS.format(*_SCORED)}",
        of_touched=f"""
        select
            (select count(*) from signal.pair where health is not null),
            {_PARTS_AMISS.format(*map(near_rows, _SCORED))}
        """,
    ),
)

_DAYS_AMISS = """
    count(*) filter (where spell.has_hole or spell.last_band is distinct from judged.band)
from (
    select pair_id, count(*) <> date_diff('day', min(day), max(day)) + 1 as has_hole,
        max_by(band, day) as last_band
    from {rows}
    group by pair_id
) as spell
left join signal.pair as judged using (pair_id)
"""

MART_RULES = (
    SetRule(
        "mart.parked",
        "no pair waits longer for somebody to announce it than the program allows",
        rows_failing("mart.parked", "code = 'ref.unknown'"),
        is_blocking=False,
        remedy=(
            "Ask for the list of pairs: it has not brought these, or names them otherwise than the platform "
            "does. Until then their events wait; `kinkeeper quarantine list` names them."
        ),
    ),
    SetRule(
        "mart.pair_day",
        "every day once from the first to the run's, the last one as signal.pair has it",
        f"select count(*), {_DAYS_AMISS.format(rows='mart.pair_day')}",
        of_touched=f"""
        select
            (select count(*) from (select pair_id from mart.pair_day group by pair_id)),
            {_DAYS_AMISS.format(rows=near_rows("mart.pair_day"))}
        """,
    ),
    SetRule(
        "mart.pair",
        "the interval of a score holds the score",
        rows_failing("mart.pair", "health < health_low - 0.01 or health > health_high + 0.01"),
    ),
    _same_pairs("mart.pair", "the same pairs as signal.pair", "signal.pair"),
    SetRule(
        "mart.pair",
        "a success ended for a reason that is one",
        rows_failing(
            "mart.pair",
            f"is_success and (end_reason is null or end_reason not in {SUCCESS} or ended_at is null)",
        ),
    ),
    SetRule(
        "mart.pair",
        "a time-out is never a success",
        rows_failing(
            "mart.pair inner join feature.pair as f using (pair_id)", "is_success and f.is_auto_closed"
        ),
    ),
    _references("mart.listed", "every pair is in mart.pair", "mart.pair"),
    SetRule(
        "mart.listed",
        "every pair that needs a check-in is listed, unless somebody or chance put it off",
        """
        select
            count(*),
            count(*) filter (
                where (listed.pair_id is null)
                    <> (coalesce(decided.is_quiet, false) or held.pair_id is not null)
            )
        from mart.pair as p
        left join mart.listed as listed using (pair_id)
        left join mart.handling as decided using (pair_id)
        left join signal.holdout as held using (pair_id)
        where p.band = 'needs_check_in'
        """,
    ),
    SetRule(
        "mart.cohort",
        "one row per program and cohort",
        rows_repeated("mart.cohort", "program_id", "cohort_id"),
    ),
    SetRule(
        "mart.cohort",
        "the cohorts hold every pair once, without declined proposals",
        "select count(*), abs(coalesce(sum(n_pairs), 0) - "
        "(select count(*) from mart.pair where stage <> 'declined')) from mart.cohort",
    ),
    SetRule(
        "mart.cohort",
        "the bands of a cohort add up to its pairs",
        rows_failing(
            "mart.cohort",
            "n_on_track + n_watch + n_needs_check_in + n_too_early + n_paused + n_closing + n_ended"
            " <> n_pairs or n_ended_success > n_ended",
        ),
    ),
    SetRule(
        "mart.ending_curve",
        "one row per group, curve and day",
        rows_repeated("mart.ending_curve", "program_id", "cohort_id", "curve", "day"),
    ),
    SetRule(
        "mart.ending_curve",
        "the curves of a day add up to all pairs",
        """
        select count(*), count(*) filter (where abs(whole - 1) > 0.0001)
        from (
            select
                program_id,
                cohort_id,
                day,
                sum(rate) as whole
            from mart.ending_curve
            group by program_id, cohort_id, day
        )
        """,
    ),
    SetRule(
        "mart.funnel",
        "one row per group and step",
        rows_repeated("mart.funnel", "program_id", "cohort_id", "step"),
    ),
    SetRule(
        "mart.funnel",
        "what is hidden or not recorded has no number",
        rows_failing(
            "mart.funnel",
            "(is_hidden or not is_recorded) "
            "and coalesce(n_entered, n_reached, rate, median_days) is not null",
        ),
    ),
    SetRule(
        "mart.kpi",
        "one row per group and measure",
        rows_repeated("mart.kpi", "program_id", "cohort_id", "kpi"),
    ),
    SetRule(
        "mart.practice",
        "one row per group and practice",
        rows_repeated("mart.practice", "program_id", "cohort_id", "practice"),
    ),
    SetRule(
        "mart.practice",
        "what is hidden has no number",
        rows_failing(
            "mart.practice",
            "is_hidden and coalesce(n, n_pairs, value, low, high, n_before, value_before) is not null",
        ),
    ),
    SetRule(
        "mart.choice",
        "one row per program, number and kind",
        rows_repeated("mart.choice", "program_id", "choice", "kind"),
    ),
    SetRule(
        "mart.choice",
        "kind is a known code or a platform",
        rows_failing("mart.choice", f"choice <> 'match_by_platform' and kind not in {tuple(words.KIND)}"),
    ),
    SetRule(
        "mart.choice",
        "what is hidden has no number",
        rows_failing("mart.choice", "is_hidden and coalesce(n, n_pairs, n_reached, rate) is not null"),
    ),
    SetRule(
        "mart.choice",
        "no kind is hidden alone beside others",
        """
        select count(*), count(*) filter (where n_hidden = 1 and n_kinds > 1)
        from (
            select
                program_id,
                choice,
                count(*) filter (where is_hidden) as n_hidden,
                count(*) as n_kinds
            from mart.choice
            group by program_id, choice
        )
        """,
    ),
    SetRule(
        "mart.mentor",
        "one row per program and mentor",
        rows_repeated("mart.mentor", "program_id", "mentor_id"),
    ),
    _same_pairs("mart.pair_practice", "the same pairs as mart.pair", "mart.pair"),
    SetRule(
        "mart.kpi",
        "only a difference is below zero, and no share above one",
        rows_failing(
            "mart.kpi",
            "kpi <> 'nudge_effect' and least(value, low) < 0 or unit = 'rate' and greatest(value, high) > 1",
        ),
    ),
    SetRule(
        "mart.equity_value",
        "one row per field, group and measure",
        rows_repeated("mart.equity_value", "program_id", "field", "group_value", "kpi"),
    ),
    SetRule(
        "mart.equity_gap",
        "one row per field and measure",
        rows_repeated("mart.equity_gap", "program_id", "field", "kpi"),
    ),
    SetRule(
        "mart.equity_gap",
        "no gap is told where fewer than two groups may be",
        rows_failing(
            "mart.equity_gap",
            "(verdict = 'too_few') <> (n_groups < 2) or (verdict = 'too_few') <> (gap is null)",
        ),
    ),
    SetRule(
        "mart.survey_response",
        "one row per wave and side",
        rows_repeated("mart.survey_response", "program_id", "instrument", "wave", "side"),
    ),
    SetRule(
        "mart.survey_score",
        "one row per scale, side and wave or group",
        rows_repeated(
            "mart.survey_score", "program_id", "instrument", "subscale", "side", "field", "group_value"
        ),
    ),
    SetRule(
        "mart.survey_score",
        "what is hidden has no number",
        rows_failing("mart.survey_score", "is_hidden <> (value is null)"),
    ),
    SetRule(
        "mart.survey_share",
        "the steps of an item add up to its answers",
        """
        select count(*), count(*) filter (where n_steps <> n_all)
        from (
            select sum(n) as n_steps, max(n_all) as n_all
            from mart.survey_share
            group by program_id, instrument, wave, side, item
        )
        """,
    ),
    SetRule(
        "mart.survey_change",
        "one row per scale, side and group",
        rows_repeated(
            "mart.survey_change", "program_id", "instrument", "subscale", "side", "field", "group_value"
        ),
    ),
    SetRule(
        "mart.survey_change",
        "what is hidden has no number",
        rows_failing("mart.survey_change", "is_hidden <> (value is null)"),
    ),
    SetRule(
        "mart.source",
        "no source is stale by its own usual interval",
        rows_failing("mart.source", "freshness = 'stale'"),
        is_blocking=False,
        remedy=SEND_AGAIN,
    ),
    SetRule(
        "mart.ledger",
        "every line was accepted, seen before or quarantined",
        rows_failing("mart.ledger", "lines_in <> accepted + duplicate + quarantined"),
    ),
    SetRule(
        "mart.ledger",
        "every quarantined line is kept with its reason",
        """
        select count(*), count(*) filter (where l.quarantined <> coalesce(q.n_rows, 0))
        from log.ledger as l
        left join (
            select
                file_id,
                count(*) as n_rows
            from log.quarantine
            where status <> 'redriven'
            group by file_id
        ) as q on q.file_id = l.file_id
        """,
    ),
)

SET_RULES: tuple[SetRule, ...] = (
    *LOG_RULES,
    *DELIVERY_RULES,
    *CORE_RULES,
    *FEATURE_RULES,
    *SIGNAL_RULES,
    *MART_RULES,
)


def tables_beside(table: str) -> set[str]:
    """The other tables that the rules about a table read: a check has to wait for them too."""
    read: set[str] = set()
    for rule in SET_RULES:
        if rule.table_name == table:
            found = sqlglot.parse_one(rule.sql, read="duckdb").find_all(exp.Table)
            read |= {f"{item.db}.{item.name}" for item in found if item.db}
    return read - {table}
