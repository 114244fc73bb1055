-- one row per pair: its age, its contacts, its silence and its last six gaps, in active days
with history as (
    select * from core.contact_history
),

touch as (
    select * from core.touch
),

begun as (
    select * from core.begun
),

today as (
    select * from core.today
),

-- The latest comes first in all lists.
met as (
    select
        pair_id,
        gaps,
        array_length(dates)::integer as n_contacts,
        first_contact_at,
        last_contact_at,
        list_extract(pair_days, 1) as last_day
    from history
),

-- Most of what is told is observed: only contacts of which something else tells are looked into.
doubtful as (
    select distinct
        met.pair_id,
        met.last_contact_at
    from met
    inner join touch on met.pair_id = touch.pair_id and met.last_contact_at = touch.touched_at
    where touch.evidence <> 'observed'
),

-- As core.contact says it of every contact.
evident as (
    select
        doubtful.pair_id,
        case
            when bool_or(touch.evidence = 'observed') then 'observed'
            when bool_or(touch.evidence = 'attested2') then 'attested2'
            when bool_or(touch.evidence = 'attested1') then 'attested1'
            else min(touch.evidence)
        end as evidence
    from doubtful
    inner join touch on doubtful.pair_id = touch.pair_id and doubtful.last_contact_at = touch.touched_at
    group by doubtful.pair_id
)

select
    today.pair_id,
    (today.pair_day - begun.pair_day)::integer as age_days,
    coalesce(met.n_contacts, 0) as n_contacts,
    met.first_contact_at,
    met.last_contact_at,
    case
        when met.pair_id is not null then coalesce(evident.evidence, 'observed')
    end as last_contact_evidence,
    -- Contact before the acceptance, or before it was accepted anew, does not start the clock.
    case
        when begun.pair_day is not null
            then (today.pair_day - greatest(met.last_day, begun.last_pair_day))::integer
    end as silence_days,
    list_extract(met.gaps, 1) as gap_1,
    list_extract(met.gaps, 2) as gap_2,
    list_extract(met.gaps, 3) as gap_3,
    list_extract(met.gaps, 4) as gap_4,
    list_extract(met.gaps, 5) as gap_5,
    list_extract(met.gaps, 6) as gap_6
from today
left join begun on today.pair_id = begun.pair_id
left join met on today.pair_id = met.pair_id
left join evident on today.pair_id = evident.pair_id
