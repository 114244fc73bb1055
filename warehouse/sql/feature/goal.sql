-- one row per pair with a short-term goal: how far its goals are, and how far they ought to be
--
-- Shares are whole millionths until the end, so that the sums are exact in any order.
with goal as (
    select * from core.goal where horizon = 'short' and not is_dropped
),

pair as (
    select * from core.pair
),

run as (
    select * from ref.run
),

-- A goal without a date of its own is due at the planned end, else `goal_days` after it was set.
dated as (
    select
        goal.pair_id,
        goal.is_done,
        goal.progress,
        goal.set_on,
        coalesce(
            goal.due_on, pair.planned_end_on, goal.set_on + run.goal_days * interval 1 day
        )::date as due_on,
        run.as_of::date as today_on
    from goal
    cross join run
    inner join pair on goal.pair_id = pair.pair_id
),

timed as (
    select
        pair_id,
        is_done,
        round(1000000.0 * case when is_done then 1.0 else coalesce(progress, 0.0) end)::bigint as done_ppm,
        date_diff('day', set_on::date, today_on::date) as elapsed_days,
        greatest(1, date_diff('day', set_on::date, due_on::date)) as planned_days
    from dated
)

select
    pair_id,
    count(*)::integer as n_goals,
    count(*) filter (where is_done)::integer as n_goals_done,
    round(sum(done_ppm)::double / count(*)::double / 1000000.0, 6) as progress,
    round(
        sum(round(1000000.0 * least(1.0, elapsed_days / planned_days))::bigint)::double
        / count(*)::double / 1000000.0,
        6
    ) as expected_progress
from timed
group by pair_id
