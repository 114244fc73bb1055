-- one row per number about goals and growth and thing that counts in it: a session, a goal, an act, an answer
with event as (
    select * from staging.event where pair_id is not null
),

accepted as (
    select
        pair_id,
        accepted_at::date as accepted_on,
        network_at::date as network_on
    from core.lifecycle
    where accepted_at is not null
),

pair as (
    select * from core.pair
),

party as (
    select * from core.pair_party
),

community as (
    select * from feature.community
),

ending as (
    select * from core.ending
),

ask as (
    select * from core.ask where n_asks > 0
),

goal as (
    select * from core.goal
),

session as (
    select * from core.session where held_at is not null
),

run as (
    select * from ref.run
),

attested as (
    select * from core.attested
),

held as (
    select
        session.pair_id,
        session.session_id,
        session.held_at::date as held_on,
        attested.evidence,
        row_number() over (
            partition by session.pair_id
            order by session.held_at asc nulls last, session.session_id asc nulls last
        )::bigint as nth
    from session
    inner join accepted on session.pair_id = accepted.pair_id
    left join attested
        on session.pair_id = attested.pair_id and session.session_id = attested.session_id
),

ready as (
    select * from core.prepared
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
        pair_id,
        goal_id,
        max(
            case evidence
                when 'observed' then 1
                when 'attested2' then 2
                when 'attested1' then 3
                when 'inferred' then 4
                when 'assumed' then 5
            end
        )::integer as grade
    from event
    where goal_id is not null
    group by pair_id, goal_id
),

aimed as (
    select
        goal.pair_id,
        goal.horizon,
        goal.set_on,
        goal.done_on,
        coalesce(skill.goal_kind = 'skill', false) as is_skill,
        case worded.grade
            when 1 then 'observed'
            when 2 then 'attested2'
            when 3 then 'attested1'
            when 4 then 'inferred'
            when 5 then 'assumed'
        end as evidence
    from goal
    left join skill on goal.pair_id = skill.pair_id and goal.goal_id = skill.goal_id
    left join worded on goal.pair_id = worded.pair_id and goal.goal_id = worded.goal_id
),

agreed as (
    select pair_id, max_by(channels, order_key) filter (where channels is not null) as channels
    from event
    where event_type = 'relationship.expectations_agreed'
    group by pair_id
),

preferred as (
    select pair_id, unnest(channels) as channel
    from agreed
),

listed as (
    select distinct pair_id
    from preferred
),

-- Acts that are done well or not, each on its own day.
act as (
    select
        case event.event_type
            when 'prep.questions_prepared' then 'questions'
            when 'prep.agenda_shared' then 'agenda_by_mentee'
            when 'session.proposed' then 'drive'
            when 'followup.thanks_sent' then 'specific_thanks'
            when 'growth.feedback_given' then 'full_feedback'
        end as practice,
        event.pair_id,
        event.occurred_on,
        event.evidence,
        case event.event_type
            when 'prep.questions_prepared' then event.n_questions >= run.prepared_questions
            when 'prep.agenda_shared'
                then
                    coalesce(
                        event.by_party,
                        party.side,
                        case when event.actor_role in ('mentor', 'mentee') then event.actor_role end
                    ) = 'mentee'
            when 'session.proposed'
                then
                    coalesce(
                        party.side,
                        case when event.actor_role in ('mentor', 'mentee') then event.actor_role end
                    ) = 'mentee'
            when 'followup.thanks_sent' then event.is_specific
            when 'growth.feedback_given' then event.n_sbi_parts >= 3
        end as is_so
    from event
    cross join run
    inner join accepted on event.pair_id = accepted.pair_id
    inner join pair on event.pair_id = pair.pair_id
    left join party
        on
            event.pair_id = party.pair_id
            and event.actor_id = party.person_id
            and event.event_type in ('prep.agenda_shared', 'session.proposed')
    where
        event.event_type in (
            'prep.questions_prepared', 'prep.agenda_shared', 'session.proposed', 'followup.thanks_sent',
            'growth.feedback_given'
        )
        -- Of two peers neither is meant to drive.
        and (
            event.event_type not in ('prep.agenda_shared', 'session.proposed')
            or pair.direction is distinct from 'peer'
        )
    union all
    select
        'elsewhere' as practice,
        event.pair_id,
        event.occurred_on,
        event.evidence,
        preferred.channel is null as is_so
    from event
    inner join accepted on event.pair_id = accepted.pair_id
    inner join listed on event.pair_id = listed.pair_id
    left join preferred on event.pair_id = preferred.pair_id and event.channel = preferred.channel
    where
        event.event_type in (
            'exchange.message_sent', 'exchange.message_replied', 'exchange.async_update_sent',
            'exchange.checkin_sent'
        )
        and event.channel is not null
),

-- What answers to something, one for one: the nth note to the nth session held, the nth task done to the nth
-- one set, the nth introduction that led to something to the nth one made.
followed as (
    select
        case event_type
            when 'prep.notes_kept' then 'notes'
            when 'followup.takeaway_recorded' then 'takeaways'
            when 'growth.stretch_done' then 'stretch_done'
        end as practice,
        pair_id,
        occurred_on
    from event
    where event_type in ('prep.notes_kept', 'followup.takeaway_recorded', 'growth.stretch_done')
    union all
    select
        'led_to' as practice,
        pair_id,
        min(occurred_on) as occurred_on
    from event
    where event_type = 'growth.introduction_led_to' and introduction_id is not null
    group by pair_id, introduction_id
),

answering as (
    select
        practice,
        pair_id,
        occurred_on,
        row_number() over (partition by practice, pair_id order by occurred_on asc nulls last)::bigint as nth
    from followed
),

begun as (
    select
        kind.practice,
        held.pair_id,
        held.held_on as begun_on,
        held.evidence,
        held.nth
    from held
    cross join (values ('notes'), ('takeaways')) as kind (practice)
    union all
    select
        case event.event_type when 'growth.stretch_assigned' then 'stretch_done' else 'led_to' end
            as practice,
        event.pair_id,
        event.occurred_on as begun_on,
        event.evidence,
        row_number() over (
            partition by event.pair_id, event.event_type
            order by event.occurred_at asc nulls last, event.event_id asc nulls last
        )::bigint as nth
    from event
    inner join accepted on event.pair_id = accepted.pair_id
    where event.event_type in ('growth.stretch_assigned', 'growth.introduction_made')
),

-- What a pair has come to at all, by the day it first did.
reaching as (
    select
        case
            when event_type = 'relationship.expectations_agreed' then 'confidentiality'
            when event_type = 'growth.failure_shared' then 'failure_shared'
            else 'advocated'
        end as practice,
        pair_id,
        occurred_on,
        evidence
    from event
    where
        (event_type = 'relationship.expectations_agreed' and is_confidentiality_stated)
        or event_type in (
            'growth.failure_shared', 'growth.advocated', 'growth.endorsed', 'growth.award_nominated'
        )
    union all
    select
        'goals_long' as practice,
        pair_id,
        set_on as occurred_on,
        evidence
    from aimed
    where horizon = 'long'
),

numbered as (
    select
        practice,
        pair_id,
        occurred_on,
        evidence,
        row_number() over (
            partition by practice, pair_id
            order by occurred_on asc nulls last, evidence asc nulls last
        )::bigint as nth
    from reaching
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
        occurred_on,
        evidence,
        1.0 * (score - 1) / (score_max - 1) as amount
    from event
    where event_type = 'survey.answered' and score_max > 1
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
        'prepared' as practice,
        held.pair_id,
        held.held_on as counts_on,
        case when ready.ready_on is not null then greatest(held.held_on, ready.ready_on) end as reached_on,
        null as amount,
        held.evidence
    from held
    left join ready on held.pair_id = ready.pair_id and held.session_id = ready.session_id
    union all
    select
        practice,
        pair_id,
        occurred_on as counts_on,
        case when is_so then occurred_on end as reached_on,
        null as amount,
        evidence
    from act
    union all
    select
        begun.practice,
        begun.pair_id,
        begun.begun_on as counts_on,
        case when answering.nth is not null then greatest(begun.begun_on, answering.occurred_on) end
            as reached_on,
        null as amount,
        begun.evidence
    from begun
    left join answering
        on
            begun.practice = answering.practice
            and begun.pair_id = answering.pair_id
            and begun.nth = answering.nth
    union all
    select
        kind.practice,
        accepted.pair_id,
        accepted.accepted_on as counts_on,
        numbered.occurred_on as reached_on,
        null as amount,
        numbered.evidence
    from accepted
    cross join (
        values
        ('goals_long'),
        ('confidentiality'),
        ('advocated'),
        ('failure_shared')
    ) as kind (practice)
    left join numbered
        on accepted.pair_id = numbered.pair_id and kind.practice = numbered.practice and numbered.nth = 1
    union all
    select
        'days_to_advocacy' as practice,
        accepted.pair_id,
        numbered.occurred_on as counts_on,
        null as reached_on,
        greatest(0, date_diff('day', accepted.accepted_on::date, numbered.occurred_on::date)) as amount,
        numbered.evidence
    from accepted
    inner join numbered
        on accepted.pair_id = numbered.pair_id and numbered.practice = 'advocated' and numbered.nth = 1
    union all
    select
        'checkin_answered' as practice,
        ask.pair_id,
        ask.asked_at::date as counts_on,
        case
            when date_diff('day', ask.asked_at::date, ask.answered_at::date) <= run.presumed_checkin_days
                then ask.answered_at::date
        end as reached_on,
        null as amount,
        event.evidence
    from ask
    cross join run
    inner join event
        on
            ask.pair_id = event.pair_id
            and ask.asked_at = event.occurred_at
            and event.event_type = 'exchange.checkin_sent'
    union all
    select
        'pays_forward' as practice,
        pair.pair_id,
        accepted.accepted_on as counts_on,
        community.became_mentor_on as reached_on,
        null as amount,
        null::text as evidence
    from pair
    inner join accepted on pair.pair_id = accepted.pair_id
    inner join community on pair.mentee_id = community.person_id
    where pair.direction is distinct from 'peer'
    union all
    select
        'linked' as practice,
        pair.pair_id,
        accepted.accepted_on as counts_on,
        community.linked_on as reached_on,
        null as amount,
        null::text as evidence
    from pair
    inner join accepted on pair.pair_id = accepted.pair_id
    inner join community on pair.mentor_id = community.person_id
    union all
    select
        'stays_in_touch' as practice,
        ending.pair_id,
        ending.ended_at::date as counts_on,
        accepted.network_on as reached_on,
        null as amount,
        null::text as evidence
    from ending
    inner join accepted on ending.pair_id = accepted.pair_id
    where
        ending.end_reason in ('goals_met', 'term_completed', 'needs_evolved', 'moved_to_network')
        and not ending.is_auto_closed
        and not ending.is_end_disputed
    union all
    select
        practice,
        pair_id,
        occurred_on as counts_on,
        null as reached_on,
        amount,
        evidence
    from item
    where practice is not null
    union all
    select
        'feedback_helpful' as practice,
        pair_id,
        occurred_on as counts_on,
        null as reached_on,
        (score - 1) / 4.0 as amount,
        evidence
    from event
    where event_type = 'growth.feedback_received_ok'
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
