-- one row per pair: its age, its contacts, its silence and its last six gaps, in active days
with contact_day as (
    select * from feature.contact_day
),

contact as (
    select * from core.contact
),

lifecycle as (
    select * from core.lifecycle
),

day as (
    select * from core.day
),

run as (
    select * from ref.run
),

counted as (
    select
        pair_id,
        count(*)::integer as n_contacts,
        max(pair_day) as last_day,
        max(case when recency = 1 then gap_days end) as gap_1,
        max(case when recency = 2 then gap_days end) as gap_2,
        max(case when recency = 3 then gap_days end) as gap_3,
        max(case when recency = 4 then gap_days end) as gap_4,
        max(case when recency = 5 then gap_days end) as gap_5,
        max(case when recency = 6 then gap_days end) as gap_6
    from contact_day
    group by pair_id
),

instant as (
    select
        pair_id,
        min(contacted_at) as first_contact_at,
        max(contacted_at) as last_contact_at,
        max_by(evidence, (contacted_at, evidence)) as last_contact_evidence
    from contact
    group by pair_id
),

begun as (
    select
        lifecycle.pair_id,
        day.pair_day as accepted_day
    from lifecycle
    inner join day on lifecycle.pair_id = day.pair_id and lifecycle.accepted_at::date = day.on_date
)

select
    today.pair_id,
    (today.pair_day - begun.accepted_day)::integer as age_days,
    coalesce(counted.n_contacts, 0) as n_contacts,
    instant.first_contact_at,
    instant.last_contact_at,
    instant.last_contact_evidence,
    -- Contact before the acceptance does not start the relationship's clock.
    case
        when begun.accepted_day is not null
            then (today.pair_day - greatest(counted.last_day, begun.accepted_day))::integer
    end as silence_days,
    counted.gap_1,
    counted.gap_2,
    counted.gap_3,
    counted.gap_4,
    counted.gap_5,
    counted.gap_6
from day as today
inner join run on today.on_date = run.as_of::date
left join begun on today.pair_id = begun.pair_id
left join counted on today.pair_id = counted.pair_id
left join instant on today.pair_id = instant.pair_id
