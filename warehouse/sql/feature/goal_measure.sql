-- one row per number about goals and goal, or accepted pair, that counts in it
with event as (
    select * from staging.event where pair_id is not null
),

accepted as (
    select
        pair_id,
        accepted_at::date as accepted_on
    from core.lifecycle
    where accepted_at is not null
),

goal as (
    select * from core.goal
),

grade as (
    select * from ref.grade
),

skill as (
    select
        pair_id,
        goal_id,
        max_by(goal_kind, order_key) filter (where goal_kind is not null) as goal_kind
    from event
    where event_type = 'goal.set'
    group by pair_id, goal_id
),

-- A goal rests on the weakest word that was said of it.
worded as (
    select
        event.pair_id,
        event.goal_id,
        max(grade.ordinal) as grade
    from event
    left join grade on event.evidence = grade.evidence
    where event.goal_id is not null
    group by event.pair_id, event.goal_id
),

aimed as (
    select
        goal.pair_id,
        goal.horizon,
        goal.set_on,
        goal.done_on,
        coalesce(skill.goal_kind = 'skill', false) as is_skill,
        grade.evidence
    from goal
    left join skill on goal.pair_id = skill.pair_id and goal.goal_id = skill.goal_id
    left join worded on goal.pair_id = worded.pair_id and goal.goal_id = worded.goal_id
    left join grade on worded.grade = grade.ordinal
),

-- The first long-term goal of a pair.
far as (
    select
        pair_id,
        set_on,
        evidence,
        row_number() over (
            partition by pair_id
            order by set_on asc nulls last, evidence asc nulls last
        )::bigint as nth
    from aimed
    where horizon = 'long'
),

measured as (
    select
        'skills_gained' as practice,
        aimed.pair_id,
        aimed.set_on as counts_on,
        aimed.done_on as reached_on,
        null as amount,
        aimed.evidence
    from aimed
    inner join accepted on aimed.pair_id = accepted.pair_id
    where aimed.horizon = 'short' and aimed.is_skill
    union all
    select
        'goals_done' as practice,
        pair_id,
        set_on as counts_on,
        done_on as reached_on,
        null as amount,
        evidence
    from aimed
    where horizon = 'short'
    union all
    select
        'goals_long' as practice,
        accepted.pair_id,
        accepted.accepted_on as counts_on,
        far.set_on as reached_on,
        null as amount,
        far.evidence
    from accepted
    left join far on accepted.pair_id = far.pair_id and far.nth = 1
)

select
    practice,
    pair_id,
    counts_on::date as counts_on,
    reached_on::date as reached_on,
    1 as n_units,
    amount::double as amount,
    evidence
from measured
