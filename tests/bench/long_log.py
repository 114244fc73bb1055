"""A long log for benches: pairs that meet, write, plan and rate for a year, a hundred events each.

Rows go straight into the tables of the log, made by DuckDB itself: no file is read, and the hash chain of
the ledger is not computed, which `kinkeeper verify` would say.
"""

from __future__ import annotations

import datetime as dt

import duckdb

from warehouse import database
from warehouse.log_tables import add_typed_columns, create_tables, refresh_typed_events
from warehouse.settings import Settings

EVENTS_OF_A_PAIR = 100
PAIRS_OF_A_COHORT = 200
AS_OF = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)

STORY = """
select * from (values
    (0, 'match.proposed', 'system'),
    (1, 'match.accepted', 'mentor'),
    (2, 'match.accepted', 'mentee'),
    (3, 'relationship.started', 'pm'),
    (4, 'goal.set', 'mentee')
) as step (step_no, event_type, actor_role)
union all
select 5 + cycle_no * 10 + step_no, event_type, actor_role from (values
    (0, 'exchange.message_sent', 'mentee'),
    (1, 'exchange.message_replied', 'mentor'),
    (2, 'session.proposed', 'mentee'),
    (3, 'session.confirmed', 'mentor'),
    (4, 'session.held', 'system'),
    (5, 'followup.thanks_sent', 'mentee'),
    (6, 'survey.answered', 'mentee'),
    (7, 'exchange.message_sent', 'mentor'),
    (8, 'exchange.message_replied', 'mentee'),
    (9, 'followup.advice_given', 'mentor')
) as step (step_no, event_type, actor_role)
cross join range(10) as cycle (cycle_no)
"""
"""What happens to every pair, in this order; the clock that spaces it is the pair's own."""

EVENTS = f"""
with story as ({STORY}),
life as (
    select
        pair_no::integer as pair_no,
        timestamp '2025-10-01' + (hash(pair_no, 1) % 200)::integer * interval 1 day as begun_at,
        30 + (hash(pair_no, 2) % 60)::integer as usual_hours
    from range($from_pair, $to_pair) as pair (pair_no)
),
event as (
    select
        life.pair_no,
        story.*,
        (story.step_no - 5) // 10 as cycle_no,
        life.begun_at + story.step_no * life.usual_hours * interval 1 hour
            + (hash(life.pair_no, story.step_no) % 86400)::integer * interval 1 second as occurred_at
    from life cross join story
    where story.step_no < {EVENTS_OF_A_PAIR}
)
select
    md5(pair_no || '/' || step_no)::uuid as event_id,
    'platform' as source,
    pair_no || '/' || step_no as source_event_id,
    event_type,
    1 as version,
    'pair-' || pair_no as pair_id,
    'program' as program_id,
    'cohort-' || pair_no // {PAIRS_OF_A_COHORT} as cohort_id,
    case when actor_role in ('mentor', 'mentee') then actor_role || '-' || pair_no else actor_role end
        as actor_id,
    actor_role,
    occurred_at,
    occurred_at + (hash(pair_no, step_no, 3) % 3600)::integer * interval 1 second as recorded_at,
    'observed' as evidence,
    'coordinator' as visibility,
    'bench' as file_id,
    case when event_type = 'match.proposed' then 'mentee-' || pair_no end as mentee_id,
    case when event_type = 'match.proposed' then 'mentor-' || pair_no end as mentor_id,
    case when event_type = 'relationship.started' then 14 + pair_no % 3 * 7 end as cadence_days,
    case when event_type = 'goal.set' then 'goal-' || pair_no end as goal_id,
    case when event_type = 'goal.set' then 'short' end as horizon,
    case when event_type like 'session.%' or event_type = 'followup.thanks_sent'
        then 'session-' || pair_no || '-' || cycle_no end as session_id,
    case when event_type = 'session.proposed' then occurred_at + interval 3 day end as starts_at,
    case when event_type = 'session.held' then 45 end as minutes,
    case when event_type = 'followup.thanks_sent' then (hash(pair_no, step_no, 4) % 48)::double end
        as hours_after,
    case when event_type = 'exchange.message_sent' then true end as is_reply_expected,
    case when event_type = 'followup.advice_given' then 'advice-' || pair_no || '-' || cycle_no end
        as advice_id,
    case when event_type = 'survey.answered' then 'week-' || cycle_no end as wave,
    case when event_type = 'survey.answered' then 'pulse' end as instrument,
    case when event_type = 'survey.answered' then 'going_well' end as item,
    case when event_type = 'survey.answered' then 1 + (hash(pair_no, step_no, 5) % 5)::integer end as score,
    case when event_type = 'survey.answered' then 5 end as score_max
from event
where occurred_at < $until - interval 1 hour
"""


def write_long_log(settings: Settings, n_pairs: int) -> int:
    """Fill a new home's log; how many events it holds: nearly a hundred for each pair."""
    with database.open_log(settings.log_file) as con:
        create_tables(con)
        refresh_typed_events(con)
        con.execute(
            "create temp table fresh as from (" + EVENTS + ") order by recorded_at, event_id",
            {"from_pair": 0, "to_pair": n_pairs, "until": AS_OF.replace(tzinfo=None)},
        )
        return append(con, "fresh")


def append(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """Append the rows of a table, in their order, to the log as one accepted file; how many there were."""
    (last,) = database.first_row(con, "select coalesce(max(position), 0) from log.event")
    columns = {name for (name, *_) in con.execute(f"describe {table}").fetchall()}
    add_typed_columns(con, "log.event", columns)
    numbered = f"{last} + row_number() over () as position"
    con.execute(
        f"insert into log.event by name select *, {numbered}, "
        f"'{{}}' as payload, '\\x00'::blob as content_hash from {table}"
    )
    (n_events,) = database.first_row(con, f"select count(*) from {table}")
    con.execute(
        "insert into log.ledger select 'bench-' || ?, 'bench', 'bench', 'platform', '', ?, 'accepted', "
        "$3, $3, 0, 0, $3, ?, '', ''".replace("$3", str(n_events)),
        [last, AS_OF.replace(tzinfo=None), last + n_events],
    )
    con.execute("checkpoint log")
    return int(n_events)


FRESH = f"""
select
    md5('fresh/' || $batch || '/' || number)::uuid as event_id,
    'platform' as source,
    'fresh/' || $batch || '/' || number as source_event_id,
    'exchange.message_sent' as event_type,
    1 as version,
    'pair-' || pair_no as pair_id,
    'program' as program_id,
    'cohort-' || pair_no // {PAIRS_OF_A_COHORT} as cohort_id,
    side || '-' || pair_no as actor_id,
    side as actor_role,
    $at - number * interval 1 second as occurred_at,
    $at as recorded_at,
    'observed' as evidence,
    'coordinator' as visibility,
    'bench' as file_id,
    true as is_reply_expected
from (
    select
        number,
        hash($batch, number) % $n_pairs as pair_no,
        case when number % 2 = 0 then 'mentor' else 'mentee' end as side
    from range($n_events) as event (number)
)
"""


def add_fresh_events(settings: Settings, n_pairs: int, n_events: int, batch: int, at: dt.datetime) -> None:
    """Let some pairs write to each other in the minutes before an instant."""
    asked = {"batch": batch, "at": at.replace(tzinfo=None), "n_pairs": n_pairs, "n_events": n_events}
    with database.open_log(settings.log_file) as con:
        con.execute("create temp table fresh as " + FRESH, asked)
        append(con, "fresh")
