-- one row per number about goals and growth and pair that counts in it
with development as (
    select * from feature.development
),

preparation as (
    select * from feature.preparation
),

community as (
    select * from feature.community
),

pair as (
    select * from core.pair
),

lifecycle as (
    select * from core.lifecycle where accepted_at is not null
),

ending as (
    select * from core.ending
),

ask as (
    select * from core.ask where n_asks > 0
),

event as (
    select * from staging.event where pair_id is not null
),

goal as (
    select * from core.goal where horizon = 'short'
),

run as (
    select * from ref.run
),

-- Of two peers neither is meant to drive.
guided as (
    select preparation.*
    from preparation
    inner join pair on preparation.pair_id = pair.pair_id
    where pair.direction is distinct from 'peer'
),

-- Counts of a pair: of so many, so many.
counted as (
    select 'skills_gained' as practice, pair_id, n_skill_goals as n_all, n_skills_gained as n_reached
    from development
    union all
    select 'prepared' as practice, pair_id, n_held as n_all, n_prepared as n_reached
    from preparation
    union all
    select
        'questions' as practice,
        pair_id,
        n_question_lists as n_all,
        n_full_question_lists as n_reached
    from preparation
    union all
    select 'notes' as practice, pair_id, n_held as n_all, least(n_held, n_notes) as n_reached
    from preparation
    union all
    select 'takeaways' as practice, pair_id, n_held as n_all, least(n_held, n_takeaways) as n_reached
    from preparation
    union all
    select 'agenda_by_mentee' as practice, pair_id, n_agendas as n_all, n_mentee_agendas as n_reached
    from guided
    union all
    select 'drive' as practice, pair_id, n_proposed as n_all, n_mentee_proposed as n_reached
    from guided
    union all
    select 'specific_thanks' as practice, pair_id, n_thanks as n_all, n_specific_thanks as n_reached
    from preparation
    union all
    select 'elsewhere' as practice, pair_id, n_messages as n_all, n_messages_elsewhere as n_reached
    from preparation
    union all
    select 'full_feedback' as practice, pair_id, n_feedback as n_all, n_full_feedback as n_reached
    from development
    union all
    select
        'stretch_done' as practice,
        pair_id,
        n_stretch as n_all,
        least(n_stretch, n_stretch_done) as n_reached
    from development
    union all
    select
        'led_to' as practice,
        pair_id,
        n_introductions as n_all,
        least(n_introductions, n_introductions_led) as n_reached
    from development
),

-- Yes or no of a pair, a goal, a check-in or an end.
held as (
    select 'goals_long' as practice, pair_id, n_long_goals > 0 as is_reached
    from development
    union all
    select 'goals_done' as practice, pair_id, is_done as is_reached
    from goal
    union all
    select 'confidentiality' as practice, pair_id, is_confidentiality_stated as is_reached
    from preparation
    union all
    select 'advocated' as practice, pair_id, n_advocacy > 0 as is_reached
    from development
    union all
    select 'failure_shared' as practice, pair_id, n_failures_shared > 0 as is_reached
    from development
    union all
    select
        'checkin_answered' as practice,
        ask.pair_id,
        coalesce(
            date_diff('day', ask.asked_at::date, ask.answered_at::date) <= run.presumed_checkin_days, false
        ) as is_reached
    from ask
    cross join run
    inner join event
        on
            ask.pair_id = event.pair_id
            and ask.asked_at = event.occurred_at
            and event.event_type = 'exchange.checkin_sent'
    union all
    select 'pays_forward' as practice, pair.pair_id, community.has_become_mentor as is_reached
    from pair
    inner join lifecycle on pair.pair_id = lifecycle.pair_id
    inner join community on pair.mentee_id = community.person_id
    where pair.direction is distinct from 'peer'
    union all
    select 'linked' as practice, pair.pair_id, community.n_partners > 1 as is_reached
    from pair
    inner join lifecycle on pair.pair_id = lifecycle.pair_id
    inner join community on pair.mentor_id = community.person_id
    union all
    select 'stays_in_touch' as practice, ending.pair_id, lifecycle.network_at is not null as is_reached
    from ending
    inner join lifecycle on ending.pair_id = lifecycle.pair_id
    where
        ending.end_reason in ('goals_met', 'term_completed', 'needs_evolved', 'moved_to_network')
        and not ending.is_auto_closed
        and not ending.is_end_disputed
),

-- What people said, from 0 to 1.
item as (
    select
        case
            when item = 'useful' and party = 'mentor' then 'mentor_gain'
            when item = 'confidence' and party <> 'mentee' then null
            when item in ('heard', 'guides', 'present', 'safe', 'culture', 'confidence') then item
        end as practice,
        pair_id,
        1.0 * (score - 1) / (score_max - 1) as amount
    from event
    where event_type = 'survey.answered' and score_max > 1
),

said as (
    select practice, pair_id, amount
    from item
    where practice is not null
    union all
    select 'feedback_helpful' as practice, pair_id, (score - 1) / 4.0 as amount
    from event
    where event_type = 'growth.feedback_received_ok'
    union all
    select 'days_to_advocacy' as practice, pair_id, days_to_advocacy as amount
    from development
    where days_to_advocacy is not null
),

measured as (
    select practice, pair_id, true as is_reached, n_reached as n_units, null as amount
    from counted
    union all
    select practice, pair_id, false as is_reached, n_all - n_reached as n_units, null as amount
    from counted
    union all
    select practice, pair_id, is_reached, 1 as n_units, null as amount
    from held
    union all
    select practice, pair_id, false as is_reached, 1 as n_units, amount
    from said
)

select
    practice,
    pair_id,
    is_reached,
    n_units,
    amount::double as amount
from measured
where n_units > 0
