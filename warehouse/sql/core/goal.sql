-- one row per pair and goal
with event as (
    select * from staging.event where pair_id is not null and goal_id is not null
),

told as (
    select
        pair_id,
        goal_id,
        max_by(horizon, order_key) filter (where horizon is not null) as horizon,
        min(occurred_on) as set_on,
        max_by(due_on, order_key) filter (where due_on is not null) as due_on,
        max_by(progress, order_key) filter (where progress is not null) as progress,
        min(occurred_on) filter (where event_type = 'goal.achieved') as achieved_on,
        max_by(event_type, order_key) filter (where event_type <> 'goal.revised') as last_step
    from event
    group by pair_id, goal_id
)

select
    pair_id,
    goal_id,
    coalesce(horizon, 'short') as horizon,
    set_on,
    due_on,
    progress,
    coalesce(last_step = 'goal.achieved', false) as is_done,
    case when last_step = 'goal.achieved' then achieved_on end as done_on,
    coalesce(last_step = 'goal.dropped', false) as is_dropped
from told
