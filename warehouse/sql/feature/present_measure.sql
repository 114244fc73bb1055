-- one row per number about the time of a pair as it stands, moment and pair that counts in it
--
-- Hours in common are those of the week of the run, and what is moved or attended is told up to it: all of
-- these but the notice of changes are told of now alone.
with scheduling as (
    select * from feature.scheduling
),

overlap as (
    select * from feature.overlap
),

lifecycle as (
    select * from core.lifecycle where accepted_at is not null
),

ending as (
    select * from core.ending
),

event as (
    select * from staging.event where event_type in ('session.rescheduled', 'session.cancelled')
),

quarter as (
    select * from feature.quarter
),

current_pair as (
    select lifecycle.pair_id
    from lifecycle
    left join ending on lifecycle.pair_id = ending.pair_id
    where ending.ended_at is null and lifecycle.network_at is null
),

measured as (
    select
        'overlap_hours' as practice,
        'now' as moment,
        overlap.pair_id,
        false as is_reached,
        overlap.overlap_hours as amount
    from overlap
    inner join current_pair on overlap.pair_id = current_pair.pair_id
    union all
    select
        'overlap_short' as practice,
        'now' as moment,
        overlap.pair_id,
        overlap.is_overlap_short as is_reached,
        null as amount
    from overlap
    inner join current_pair on overlap.pair_id = current_pair.pair_id
    union all
    select
        'moved_again' as practice,
        'now' as moment,
        scheduling.pair_id,
        scheduling.push_streak > 0 as is_reached,
        null as amount
    from scheduling
    inner join current_pair on scheduling.pair_id = current_pair.pair_id
    union all
    select
        'notice_hours' as practice,
        quarter.moment,
        event.pair_id,
        false as is_reached,
        (median(event.notice_hours))::double as amount
    from event
    inner join quarter on event.occurred_on <= quarter.until_on
    where event.notice_hours is not null and event.pair_id is not null
    group by quarter.moment, event.pair_id
    union all
    select
        'hours_off' as practice,
        'now' as moment,
        pair_id,
        n_joins_hours_off > 0 as is_reached,
        null as amount
    from scheduling
    where mentor_present_rate is not null
    union all
    select
        'mentor_present' as practice,
        'now' as moment,
        pair_id,
        false as is_reached,
        mentor_present_rate as amount
    from scheduling
    where mentor_present_rate is not null
)

select
    practice,
    moment,
    pair_id,
    is_reached,
    1 as n_units,
    amount::double as amount
from measured
