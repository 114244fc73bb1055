-- one row per pair: its age, its contacts, its silence and its last six gaps, in active days
with history as (
    select * from core.contact_history
),

begun as (
    select * from core.begun
),

today as (
    select * from core.today
),

-- The latest comes first in both lists.
met as (
    select
        pair_id,
        days,
        array_length(days)::integer as n_contacts,
        list_extract(contacts, array_length(contacts)) as first_contact,
        list_extract(contacts, 1) as last_contact,
        list_extract(days, 1) as last_day
    from history
)

select
    today.pair_id,
    (today.pair_day - begun.pair_day)::integer as age_days,
    coalesce(met.n_contacts, 0) as n_contacts,
    met.first_contact.contacted_at as first_contact_at,
    met.last_contact.contacted_at as last_contact_at,
    met.last_contact.evidence as last_contact_evidence,
    -- Contact before the acceptance does not start the relationship's clock.
    case
        when begun.pair_day is not null
            then (today.pair_day - greatest(met.last_day.pair_day, begun.pair_day))::integer
    end as silence_days,
    list_extract(met.days, 1).gap_days as gap_1,
    list_extract(met.days, 2).gap_days as gap_2,
    list_extract(met.days, 3).gap_days as gap_3,
    list_extract(met.days, 4).gap_days as gap_4,
    list_extract(met.days, 5).gap_days as gap_5,
    list_extract(met.days, 6).gap_days as gap_6
from today
left join begun on today.pair_id = begun.pair_id
left join met on today.pair_id = met.pair_id
