-- one row per number told by kind, kind in it, and first message, pair, ask, session or goal that counts
with outreach as (
    select * from core.outreach where outcome not in ('open', 'bounced')
),

-- Of the pairs there are: a refresh reads those that are touched alone.
match as (
    select told.*
    from feature.match as told
    inner join core.pair as known on told.pair_id = known.pair_id
),

home as (
    select * from core.home
),

session as (
    select * from core.session where held_at is not null
),

lifecycle as (
    select * from core.lifecycle where accepted_at is not null
),

pair as (
    select * from core.pair
),

ask as (
    select * from core.ask where n_asks > 0
),

ending as (
    select * from core.ending
),

event as (
    select * from staging.event where pair_id is not null
),

message as (
    select * from core.message_channel
),

party as (
    select * from core.pair_party
),

training as (
    select pair_id, reached_on is not null as is_trained
    from feature.match_measure
    where practice = 'trained'
),

clock as (
    select * from ref.zone_day
),

run as (
    select * from ref.run
),

sent as (
    select
        pair_id,
        outcome in ('replied', 'declined') as is_replied,
        is_relationship,
        ask_kind,
        channel_source,
        platform,
        case
            when minutes_asked is null then 'not_said'
            when minutes_asked <= 15 then 'up_to_15'
            when minutes_asked <= 20 then 'up_to_20'
            else 'longer'
        end as minutes_kind,
        -- Of what nobody told nothing is assumed.
        case when is_personalised then 'specific' when not is_personalised then 'generic' end as letter_kind,
        case
            when n_checklist <= 2 then 'few_parts'
            when n_checklist <= 4 then 'most_parts'
            when n_checklist > 4 then 'all_parts'
        end as checklist_kind
    from outreach
),

held as (
    select pair_id, count(*)::integer as n_held
    from session
    group by pair_id
),

lasting as (
    select
        lifecycle.pair_id,
        coalesce(held.n_held, 0) >= run.sustained_sessions as is_sustained,
        pair.form,
        pair.direction,
        pair.modality,
        match.channel_source,
        case
            when match.is_mentor_voluntary then 'volunteered'
            when not match.is_mentor_voluntary then 'appointed'
        end as will_kind
    from lifecycle
    cross join run
    inner join pair on lifecycle.pair_id = pair.pair_id
    inner join match on lifecycle.pair_id = match.pair_id
    left join held on lifecycle.pair_id = held.pair_id
),

-- The two sides' clocks on the day of the run.
apart as (
    select
        mentee.pair_id,
        mentee.country = mentor.country as is_same_country,
        greatest(
            mentee_clock.offset_hours - mentor_clock.offset_hours,
            mentor_clock.offset_hours - mentee_clock.offset_hours
        ) as hours_apart
    from home as mentee
    cross join run
    inner join home as mentor on mentee.pair_id = mentor.pair_id and mentor.side = 'mentor'
    inner join clock as mentee_clock
        on mentee.time_zone = mentee_clock.time_zone and run.as_of::date = mentee_clock.on_date
    inner join clock as mentor_clock
        on mentor.time_zone = mentor_clock.time_zone and run.as_of::date = mentor_clock.on_date
    where mentee.side = 'mentee'
),

-- Fit as the mentee's side told it first, the mentor's where the mentee's has not.
fit as (
    select
        match.pair_id,
        coalesce(match.mentee_first_fit, match.mentor_first_fit) = 'good' as is_good,
        match.match_mode,
        match.guidance,
        case
            when match.need_distance <= 0.5 then 'covered'
            when match.need_distance > 0.5 then 'hardly_covered'
        end as need_kind,
        case
            when apart.is_same_country then 'same_country'
            when not apart.is_same_country then 'other_country'
        end as place_kind,
        case when training.is_trained then 'both_trained' else 'not_both_trained' end as training_kind
    from match
    left join apart on match.pair_id = apart.pair_id
    left join training on match.pair_id = training.pair_id
    where coalesce(match.mentee_first_fit, match.mentor_first_fit) is not null
),

-- An ask counts once its time to be answered is over; what the end overtook is owed by nobody.
asked as (
    select
        ask.pair_id,
        ask.asked_at,
        coalesce(
            date_diff('day', ask.asked_on::date, ask.answered_at::date) <= run.waiting_days, false
        ) as is_answered
    from ask
    cross join run
    left join ending on ask.pair_id = ending.pair_id
    where
        date_diff('day', ask.asked_on::date, run.as_of::date) > run.waiting_days
        and (
            ask.answered_at is not null
            or ending.ended_at is null
            or date_diff('day', ask.asked_on::date, ending.ended_at::date) >= run.waiting_days
        )
),

written as (
    select
        pair_id,
        occurred_at,
        max(case when is_elsewhere then 'elsewhere' else 'agreed_channel' end) as channel_kind
    from message
    where event_type in ('exchange.message_sent', 'exchange.checkin_sent')
    group by pair_id, occurred_at
),

goal as (
    select
        goal.pair_id,
        goal.is_done,
        max_by(event.goal_kind, event.order_key) filter (where event.goal_kind is not null) as goal_kind,
        max_by(event.guidance, event.order_key) filter (where event.guidance is not null) as guidance
    from core.goal as goal
    inner join event
        on goal.pair_id = event.pair_id and goal.goal_id = event.goal_id and event.event_type = 'goal.set'
    where goal.horizon = 'short'
    group by goal.pair_id, goal.goal_id, goal.is_done
),

-- Whoever gives feedback gives it to the other side.
feedback as (
    select
        pair_id,
        case by_party when 'mentor' then 'to_mentee' when 'mentee' then 'to_mentor' end as to_kind,
        tone,
        n_sbi_parts >= 3 as is_full,
        is_situation_told,
        is_behaviour_told,
        is_impact_told,
        is_intent_told
    from event
    where event_type = 'growth.feedback_given'
),

felt as (
    select
        event.pair_id,
        case coalesce(party.side, event.actor_role)
            when 'mentee' then 'to_mentee'
            when 'mentor' then 'to_mentor'
        end as to_kind,
        event.score >= 4 as is_helpful
    from event
    left join party on event.pair_id = party.pair_id and event.actor_id = party.person_id
    where event.event_type = 'growth.feedback_received_ok'
),

part_told as (
    select
        feedback.pair_id,
        part.part,
        case part.part
            when 'situation' then feedback.is_situation_told
            when 'behaviour' then feedback.is_behaviour_told
            when 'impact' then feedback.is_impact_told
            else feedback.is_intent_told
        end as is_told
    from feedback
    cross join (values ('situation'), ('behaviour'), ('impact'), ('intent')) as part (part)
),

-- Parts of a whole: each thing counts in every kind, and is reached in its own.
part as (
    select 'mismatch_reason' as choice, match.pair_id, kind.kind, match.mismatch = kind.kind as is_reached
    from match
    cross join (
        values
        ('mismatch.chemistry'), ('mismatch.expertise'), ('mismatch.goals'), ('mismatch.logistics'),
        ('mismatch.culture')
    ) as kind (kind)
    where match.mismatch is not null
    union all
    select 'sessions_by_mode' as choice, session.pair_id, kind.kind, session.mode = kind.kind as is_reached
    from session
    cross join (values ('in_person'), ('video'), ('call'), ('async')) as kind (kind)
    where session.mode is not null
    union all
    select 'guidance_kind' as choice, goal.pair_id, kind.kind, goal.guidance = kind.kind as is_reached
    from goal
    cross join (values ('technical'), ('career'), ('political'), ('emotional')) as kind (kind)
    where goal.guidance is not null
    union all
    select 'goal_kind' as choice, goal.pair_id, kind.kind, goal.goal_kind = kind.kind as is_reached
    from goal
    cross join (
        values
        ('skill'), ('career'), ('network'), ('confidence'), ('project'), ('other')
    ) as kind (kind)
    where goal.goal_kind is not null
),

measured as (
    select 'reply_by_ask' as choice, pair_id, ask_kind as kind, is_replied as is_reached
    from sent
    union all
    select 'reply_by_minutes' as choice, pair_id, minutes_kind as kind, is_replied as is_reached
    from sent
    union all
    select 'reply_by_letter' as choice, pair_id, letter_kind as kind, is_replied as is_reached
    from sent
    union all
    select 'reply_by_checklist' as choice, pair_id, checklist_kind as kind, is_replied as is_reached
    from sent
    union all
    select 'reply_by_source' as choice, pair_id, channel_source as kind, is_replied as is_reached
    from sent
    union all
    select 'match_by_source' as choice, pair_id, channel_source as kind, is_relationship as is_reached
    from sent
    union all
    select 'match_by_platform' as choice, pair_id, platform as kind, is_relationship as is_reached
    from sent
    where channel_source = 'platform'
    union all
    select 'sustained_by_source' as choice, pair_id, channel_source as kind, is_sustained as is_reached
    from lasting
    union all
    select 'sustained_by_form' as choice, pair_id, form as kind, is_sustained as is_reached
    from lasting
    union all
    select 'sustained_by_direction' as choice, pair_id, direction as kind, is_sustained as is_reached
    from lasting
    union all
    select 'sustained_by_modality' as choice, pair_id, modality as kind, is_sustained as is_reached
    from lasting
    union all
    select 'sustained_by_voluntary' as choice, pair_id, will_kind as kind, is_sustained as is_reached
    from lasting
    union all
    select 'fit_by_mode' as choice, pair_id, match_mode as kind, is_good as is_reached
    from fit
    union all
    select 'fit_by_need' as choice, pair_id, need_kind as kind, is_good as is_reached
    from fit
    union all
    select 'fit_by_guidance' as choice, pair_id, guidance as kind, is_good as is_reached
    from fit
    union all
    select 'fit_by_place' as choice, pair_id, place_kind as kind, is_good as is_reached
    from fit
    union all
    select 'fit_by_training' as choice, pair_id, training_kind as kind, is_good as is_reached
    from fit
    union all
    select
        'reply_by_distance' as choice,
        asked.pair_id,
        case
            when apart.hours_apart < 3 then 'near'
            when apart.hours_apart < 8 then 'apart'
            else 'far_apart'
        end as kind,
        asked.is_answered as is_reached
    from asked
    inner join apart on asked.pair_id = apart.pair_id
    union all
    select
        'reply_by_channel' as choice,
        asked.pair_id,
        written.channel_kind as kind,
        asked.is_answered as is_reached
    from asked
    inner join written on asked.pair_id = written.pair_id and asked.asked_at = written.occurred_at
    union all
    select 'done_by_kind' as choice, pair_id, goal_kind as kind, is_done as is_reached
    from goal
    union all
    select 'feedback_parts' as choice, pair_id, part as kind, is_told as is_reached
    from part_told
    where is_told is not null
    union all
    select 'full_feedback_by_direction' as choice, pair_id, to_kind as kind, is_full as is_reached
    from feedback
    union all
    select 'full_feedback_by_tone' as choice, pair_id, tone as kind, is_full as is_reached
    from feedback
    union all
    select 'helpful_by_direction' as choice, pair_id, to_kind as kind, is_helpful as is_reached
    from felt
    union all
    select choice, pair_id, kind, is_reached
    from part
)

select
    choice,
    kind,
    pair_id,
    coalesce(is_reached, false) as is_reached
from measured
where kind is not null
