-- one row per person and merged period away: declared leave, stepped back until back again, or a holiday
with event as (
    select * from staging.event where person_id is not null and event_type like 'participant.%'
),

run as (
    select * from ref.run
),

-- Holidays of where a person lives stand in only where the policy says that they are inactive days.
home as (
    select
        event.person_id,
        run.as_of::date as until_on,
        max_by(event.country, event.order_key) as country,
        max_by(coalesce(event.subdivision, ''), event.order_key) as subdivision
    from event
    cross join run
    where
        event.event_type = 'participant.registered'
        and event.country is not null
        and run.are_holidays_inactive
    group by event.person_id, run.as_of::date
),

holiday as (
    select * from ref.holiday
),

stepped as (
    select
        person_id,
        event_type,
        occurred_on,
        lead(occurred_on) over (partition by person_id order by order_key asc nulls last) as next_on
    from event
    where event_type in ('participant.paused', 'participant.resumed')
),

period as (
    select person_id, starts_on, ends_on
    from event
    where event_type = 'participant.availability_declared' and kind = 'leave'
    union all
    select
        stepped.person_id,
        stepped.occurred_on as starts_on,
        coalesce((stepped.next_on - interval 1 day)::date, '9999-01-01'::date) as ends_on
    from stepped
    where stepped.event_type = 'participant.paused'
    union all
    select home.person_id, holiday.on_date as starts_on, holiday.on_date as ends_on
    from home
    inner join holiday
        on
            home.country = holiday.country
            and home.subdivision = holiday.subdivision
            and holiday.on_date <= home.until_on
),

-- Gaps and islands: a period that does not touch the furthest end so far begins a new island.
reached as (
    select
        person_id,
        starts_on,
        ends_on,
        max(ends_on) over (
            partition by person_id
            order by starts_on asc nulls last, ends_on asc nulls last
            rows between unbounded preceding and 1 preceding
        ) as reach
    from period
    where starts_on <= ends_on
),

island as (
    select
        person_id,
        starts_on,
        ends_on,
        sum(case when starts_on <= (reach + interval 1 day)::date then 0 else 1 end) over (
            partition by person_id
            order by starts_on asc nulls last, ends_on asc nulls last
            rows between unbounded preceding and current row
        )::integer as ordinal
    from reached
)

select
    person_id,
    min(starts_on) as starts_on,
    max(ends_on) as ends_on
from island
group by person_id, ordinal
