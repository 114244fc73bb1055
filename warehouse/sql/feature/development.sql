-- one row per accepted pair: its goals by kind, and the feedback, stretch, introductions and advocacy in it
with event as (
    select * from staging.event where pair_id is not null
),

lifecycle as (
    select * from core.lifecycle where accepted_at is not null
),

goal as (
    select * from core.goal
),

kind as (
    select
        pair_id,
        goal_id,
        max_by(goal_kind, order_key) filter (where goal_kind is not null) as goal_kind,
        max_by(guidance, order_key) filter (where guidance is not null) as guidance
    from event
    where event_type = 'goal.set'
    group by pair_id, goal_id
),

aimed as (
    select
        goal.pair_id,
        count(*) filter (where goal.horizon = 'short')::integer as n_short_goals,
        count(*) filter (where goal.horizon = 'long')::integer as n_long_goals,
        count(*) filter (where kind.goal_kind = 'skill' and goal.horizon = 'short')::integer as n_skill_goals,
        count(*) filter (where kind.goal_kind = 'skill' and goal.horizon = 'short' and goal.is_done)::integer
            as n_skills_gained,
        count(*) filter (where goal.is_done)::integer as n_goals_done,
        count(*) filter (where goal.is_dropped)::integer as n_goals_dropped,
        count(distinct kind.guidance)::integer as n_guidance_kinds
    from goal
    left join kind on goal.pair_id = kind.pair_id and goal.goal_id = kind.goal_id
    group by goal.pair_id
),

told as (
    select
        pair_id,
        count(*) filter (where event_type = 'goal.progressed')::integer as n_progress_told,
        count(*) filter (where event_type = 'growth.feedback_given')::integer as n_feedback,
        count(*) filter (where event_type = 'growth.feedback_given' and n_sbi_parts >= 3)::integer
            as n_full_feedback,
        count(*) filter (where event_type = 'growth.feedback_given' and is_situation_told)::integer
            as n_situation_told,
        count(*) filter (where event_type = 'growth.feedback_given' and is_behaviour_told)::integer
            as n_behaviour_told,
        count(*) filter (where event_type = 'growth.feedback_given' and is_impact_told)::integer
            as n_impact_told,
        count(*) filter (where event_type = 'growth.feedback_given' and is_intent_told)::integer
            as n_intent_told,
        count(*) filter (where event_type = 'growth.feedback_given' and tone = 'corrective')::integer
            as n_corrective,
        count(*) filter (where event_type = 'growth.feedback_received_ok')::integer as n_feedback_rated,
        coalesce(sum(score) filter (where event_type = 'growth.feedback_received_ok'), 0)::integer
            as feedback_score,
        count(*) filter (where event_type = 'growth.stretch_assigned')::integer as n_stretch,
        count(*) filter (where event_type = 'growth.stretch_done')::integer as n_stretch_done,
        count(*) filter (where event_type = 'growth.introduction_made')::integer as n_introductions,
        count(distinct case when event_type = 'growth.introduction_led_to' then introduction_id end)::integer
            as n_introductions_led,
        count(*) filter (
            where event_type in ('growth.advocated', 'growth.endorsed', 'growth.award_nominated')
        )::integer as n_advocacy,
        count(*) filter (where event_type = 'growth.endorsed')::integer as n_endorsements,
        min(occurred_on) filter (
            where event_type in ('growth.advocated', 'growth.endorsed', 'growth.award_nominated')
        ) as advocated_on,
        count(*) filter (where event_type = 'growth.failure_shared')::integer as n_failures_shared
    from event
    where event_type like 'growth.%' or event_type = 'goal.progressed'
    group by pair_id
)

select
    lifecycle.pair_id,
    coalesce(aimed.n_short_goals, 0) as n_short_goals,
    coalesce(aimed.n_long_goals, 0) as n_long_goals,
    coalesce(aimed.n_skill_goals, 0) as n_skill_goals,
    coalesce(aimed.n_skills_gained, 0) as n_skills_gained,
    coalesce(aimed.n_goals_done, 0) as n_goals_done,
    coalesce(aimed.n_goals_dropped, 0) as n_goals_dropped,
    coalesce(aimed.n_guidance_kinds, 0) as n_guidance_kinds,
    coalesce(told.n_progress_told, 0) as n_progress_told,
    coalesce(told.n_feedback, 0) as n_feedback,
    coalesce(told.n_full_feedback, 0) as n_full_feedback,
    coalesce(told.n_situation_told, 0) as n_situation_told,
    coalesce(told.n_behaviour_told, 0) as n_behaviour_told,
    coalesce(told.n_impact_told, 0) as n_impact_told,
    coalesce(told.n_intent_told, 0) as n_intent_told,
    coalesce(told.n_corrective, 0) as n_corrective,
    coalesce(told.n_feedback_rated, 0) as n_feedback_rated,
    coalesce(told.feedback_score, 0) as feedback_score,
    coalesce(told.n_stretch, 0) as n_stretch,
    coalesce(told.n_stretch_done, 0) as n_stretch_done,
    coalesce(told.n_introductions, 0) as n_introductions,
    coalesce(told.n_introductions_led, 0) as n_introductions_led,
    coalesce(told.n_advocacy, 0) as n_advocacy,
    coalesce(told.n_endorsements, 0) as n_endorsements,
    case
        when told.advocated_on is not null
            then greatest(0, date_diff('day', lifecycle.accepted_at::date, told.advocated_on::date))
    end::integer as days_to_advocacy,
    coalesce(told.n_failures_shared, 0) as n_failures_shared
from lifecycle
left join aimed on lifecycle.pair_id = aimed.pair_id
left join told on lifecycle.pair_id = told.pair_id
