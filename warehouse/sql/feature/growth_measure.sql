-- one row per number about growth and act, or accepted pair, that counts in it
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

-- What came of what was set or made, one for one: the nth task done of the nth one set, the nth introduction
-- that led to something of the nth one made.
followed as (
    select
        'stretch_done' as practice,
        pair_id,
        occurred_on
    from event
    where event_type = 'growth.stretch_done'
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
        case event_type when 'growth.failure_shared' then 'failure_shared' else 'advocated' end as practice,
        pair_id,
        occurred_on,
        evidence,
        row_number() over (
            partition by
                pair_id,
                case event_type when 'growth.failure_shared' then 'failure_shared' else 'advocated' end
            order by occurred_on asc nulls last, evidence asc nulls last
        )::bigint as nth
    from event
    where
        event_type in (
            'growth.failure_shared', 'growth.advocated', 'growth.endorsed', 'growth.award_nominated'
        )
),

measured as (
    select
        'full_feedback' as practice,
        event.pair_id,
        event.occurred_on as counts_on,
        case when event.n_sbi_parts >= 3 then event.occurred_on end as reached_on,
        null as amount,
        event.evidence
    from event
    inner join accepted on event.pair_id = accepted.pair_id
    where event.event_type = 'growth.feedback_given'
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
        reaching.occurred_on as reached_on,
        null as amount,
        reaching.evidence
    from accepted
    cross join (values ('advocated'), ('failure_shared')) as kind (practice)
    left join reaching
        on accepted.pair_id = reaching.pair_id and kind.practice = reaching.practice and reaching.nth = 1
    union all
    select
        'days_to_advocacy' as practice,
        accepted.pair_id,
        reaching.occurred_on as counts_on,
        null as reached_on,
        greatest(0, date_diff('day', accepted.accepted_on::date, reaching.occurred_on::date)) as amount,
        reaching.evidence
    from accepted
    inner join reaching
        on accepted.pair_id = reaching.pair_id and reaching.practice = 'advocated' and reaching.nth = 1
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
