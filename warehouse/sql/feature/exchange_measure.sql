-- one row per number about what passes between the two and ask, piece of advice, answer or act that counts
with ask as (
    select * from core.ask where n_asks > 0
),

ending as (
    select * from core.ending
),

advice as (
    select * from core.advice where given_at is not null
),

rating as (
    select * from core.rating
),

event as (
    select * from staging.event where pair_id is not null
),

accepted as (
    select * from core.lifecycle where accepted_at is not null
),

session as (
    select
        pair_id,
        min(held_at) as first_held_at
    from core.session
    where held_at is not null
    group by pair_id
),

run as (
    select * from ref.run
),

-- What each side said first once the two had met: before, nobody knows how they fit.
fit as (
    select
        event.pair_id,
        event.fit,
        event.occurred_on,
        event.evidence,
        row_number() over (
            partition by event.pair_id, event.party
            order by event.occurred_at asc nulls last, event.event_id asc nulls last
        )::bigint as nth
    from event
    inner join session on event.pair_id = session.pair_id and event.occurred_at >= session.first_held_at
    where event.event_type = 'match.fit_rated'
),

act as (
    select
        case when event_type = 'growth.introduction_made' then 'introductions' else 'advocacy' end as kpi,
        pair_id,
        occurred_on,
        evidence
    from event
    where
        event_type in (
            'growth.introduction_made', 'growth.advocated', 'growth.endorsed', 'growth.award_nominated'
        )
),

measured as (
    -- An ask counts once its time to be answered is over; what the end overtook is owed by nobody.
    select
        case when ask.party = 'mentor' then 'reply_mentor' else 'reply_mentee' end as kpi,
        ask.pair_id,
        (ask.asked_on + run.waiting_days * interval 1 day)::date as counts_on,
        case
            when ask.answered_at::date <= (ask.asked_on + run.waiting_days * interval 1 day)::date
                then (ask.asked_on + run.waiting_days * interval 1 day)::date
        end as reached_on,
        1 as n_units,
        null as amount,
        null::text as evidence
    from ask
    cross join run
    left join ending on ask.pair_id = ending.pair_id
    where
        ask.answered_at is not null
        or ending.ended_at is null
        or date_diff('day', ask.asked_on::date, ending.ended_at::date) >= run.waiting_days
    union all
    select
        case when party = 'mentor' then 'reply_days_mentor' else 'reply_days_mentee' end as kpi,
        pair_id,
        answered_at::date as counts_on,
        null as reached_on,
        1 as n_units,
        date_diff('day', asked_on::date, answered_at::date) as amount,
        null::text as evidence
    from ask
    where answered_at is not null
    union all
    select
        'advice_reported' as kpi,
        pair_id,
        given_at::date as counts_on,
        reported_at::date as reached_on,
        1 as n_units,
        null as amount,
        null::text as evidence
    from advice
    union all
    select
        'fit_good' as kpi,
        pair_id,
        occurred_on as counts_on,
        case when fit = 'good' then occurred_on end as reached_on,
        1 as n_units,
        null as amount,
        evidence
    from fit
    where nth = 1
    union all
    select
        case when side = 'mentor' then 'pulse_mentor' else 'pulse_mentee' end as kpi,
        pair_id,
        rated_on as counts_on,
        null as reached_on,
        1 as n_units,
        rating_ppm / 1000000.0 as amount,
        null::text as evidence
    from rating
    union all
    select
        'introductions' as kpi,
        pair_id,
        accepted_at::date as counts_on,
        null as reached_on,
        1 as n_units,
        0 as amount,
        null::text as evidence
    from accepted
    union all
    select
        'advocacy' as kpi,
        pair_id,
        accepted_at::date as counts_on,
        null as reached_on,
        1 as n_units,
        0 as amount,
        null::text as evidence
    from accepted
    union all
    select
        act.kpi,
        act.pair_id,
        act.occurred_on as counts_on,
        act.occurred_on as reached_on,
        0 as n_units,
        1 as amount,
        act.evidence
    from act
    inner join accepted on act.pair_id = accepted.pair_id and act.occurred_on >= accepted.accepted_at::date
)

select
    kpi,
    pair_id,
    counts_on::date as counts_on,
    reached_on::date as reached_on,
    n_units,
    amount::double as amount,
    evidence
from measured
