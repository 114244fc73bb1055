-- one row per pair that ran at the end of the quarter before under a cadence agreed by then: the windows kept
--
-- As feature.adherence tells it of the day of the run, counted back from that day.
with contact_day as (
    select * from feature.contact_day
),

begun as (
    select * from core.begun
),

clock as (
    select * from core.clock
),

lifecycle as (
    select * from core.lifecycle
),

ending as (
    select * from core.ending
),

event as (
    select * from staging.event
    where
        event_type in ('relationship.type_set', 'relationship.cadence_agreed', 'relationship.started')
        and cadence_days is not null
        and pair_id is not null
),

quarter as (
    select * from feature.quarter where moment = 'before'
),

run as (
    select * from ref.run
),

agreed as (
    select
        event.pair_id,
        quarter.until_on,
        max_by(event.cadence_days, event.order_key) as cadence_days
    from event
    inner join quarter on event.occurred_on <= quarter.until_on
    group by event.pair_id, quarter.until_on
),

running as (
    select
        agreed.pair_id,
        agreed.until_on,
        agreed.cadence_days,
        begun.pair_day as begun_day,
        date_diff('day', '2000-01-01'::date, agreed.until_on::date) as day_no
    from agreed
    inner join begun on agreed.pair_id = begun.pair_id and begun.on_date <= agreed.until_on
    inner join lifecycle on agreed.pair_id = lifecycle.pair_id
    left join ending on agreed.pair_id = ending.pair_id
    where
        (ending.ended_at is null or ending.ended_at::date > agreed.until_on)
        and (lifecycle.network_at is null or lifecycle.network_at::date > agreed.until_on)
),

-- What the pair's clock showed that day, counted as in core.begun.
stood as (
    select
        running.pair_id,
        running.until_on,
        running.cadence_days,
        running.begun_day,
        running.day_no,
        list_max(
            list_transform(clock.pair_off, lambda off: off.shift + least(running.day_no, off.until_day))
        ) as n_pair_off
    from running
    left join clock on running.pair_id = clock.pair_id
),

counted as (
    select
        stood.pair_id,
        stood.until_on,
        stood.cadence_days,
        stood.day_no - greatest(0, stood.n_pair_off) as last_day,
        least(
            run.cadence_gaps,
            floor((stood.day_no - greatest(0, stood.n_pair_off) - stood.begun_day) / stood.cadence_days)
        )::integer as n_windows
    from stood
    cross join run
),

visited as (
    select distinct
        counted.pair_id,
        floor((counted.last_day - contact_day.pair_day) / counted.cadence_days)::integer as window_no
    from counted
    inner join contact_day
        on counted.pair_id = contact_day.pair_id and contact_day.contacted_on <= counted.until_on
    where floor((counted.last_day - contact_day.pair_day) / counted.cadence_days) < counted.n_windows
),

met as (
    select pair_id, count(*)::integer as n_windows_met
    from visited
    group by pair_id
)

select
    counted.pair_id,
    counted.until_on,
    counted.n_windows,
    coalesce(met.n_windows_met, 0) as n_windows_met
from counted
left join met on counted.pair_id = met.pair_id
