-- one row per pair, side and instant of its being asked what it answered: how long that took on its clock
--
-- Working hours are those of the policy on working days of the place, holidays left out. The clock of working
-- time reads, at an instant, all working hours before it; a reply took the difference of two readings.
with home as (
    select * from core.home
),

ask as (
    select * from core.ask where n_asks > 0 and answered_at is not null
),

clock as (
    select * from ref.zone_day
),

calendar as (
    select * from ref.calendar_day
),

run as (
    select * from ref.run
),

instant as (
    select
        ask.pair_id,
        ask.party as side,
        ask.asked_at,
        edge.edge,
        case edge.edge when 'asked' then ask.asked_at else ask.answered_at end as happened_at
    from ask
    cross join (values ('asked'), ('answered')) as edge (edge)
),

placed as (
    select
        instant.pair_id,
        instant.side,
        instant.asked_at,
        instant.edge,
        instant.happened_at,
        home.country,
        home.subdivision,
        instant.happened_at
        + case
            when instant.happened_at >= clock.shifts_at then clock.next_offset_hours else clock.offset_hours
        end
        * interval 1 hour as local_at
    from instant
    inner join home on instant.pair_id = home.pair_id and instant.side = home.side
    inner join clock on home.time_zone = clock.time_zone and instant.happened_at::date = clock.on_date
),

timed as (
    select
        placed.pair_id,
        placed.side,
        placed.asked_at,
        placed.edge,
        placed.happened_at,
        calendar.is_work_day,
        calendar.n_work_days_before,
        (hour(placed.local_at) * 60 + minute(placed.local_at)) / 60.0 as local_hour
    from placed
    inner join calendar
        on
            placed.country = calendar.country
            and placed.subdivision = calendar.subdivision
            and placed.local_at::date = calendar.on_date
),

reading as (
    select
        timed.pair_id,
        timed.side,
        timed.asked_at,
        timed.edge,
        timed.happened_at::date as happened_on,
        not timed.is_work_day
        or timed.local_hour < run.day_starts_hour
        or timed.local_hour >= run.day_ends_hour as is_off_hours,
        timed.n_work_days_before * (run.work_ends_hour - run.work_starts_hour)
        + case
            when timed.is_work_day
                then greatest(0, least(timed.local_hour, run.work_ends_hour) - run.work_starts_hour)
            else 0
        end as work_hours
    from timed
    cross join run
)

select
    asked.pair_id,
    asked.side,
    asked.asked_at,
    answered.happened_on as answered_on,
    answered.is_off_hours,
    round(answered.work_hours - asked.work_hours, 2)::double as reply_work_hours
from reading as asked
inner join reading as answered
    on
        asked.pair_id = answered.pair_id
        and asked.side = answered.side
        and asked.asked_at = answered.asked_at
        and answered.edge = 'answered'
where asked.edge = 'asked'
