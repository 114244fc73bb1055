-- one row per pair, side and session held, on that side's own clock: how much of it was off-hours
--
-- Off-hours are the evening, night and early morning of a working day, and all of any other day.
with home as (
    select * from core.home
),

session as (
    select * from core.session where held_at is not null
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

placed as (
    select
        session.pair_id,
        home.side,
        session.session_id,
        home.country,
        home.subdivision,
        coalesce(session.minutes, 0) as minutes,
        session.held_at::date as held_on,
        session.held_at
        + case
            when session.held_at >= clock.shifts_at then clock.next_offset_hours else clock.offset_hours
        end
        * interval 1 hour as local_at
    from session
    inner join home on session.pair_id = home.pair_id
    inner join clock on home.time_zone = clock.time_zone and session.held_at::date = clock.on_date
),

timed as (
    select
        placed.pair_id,
        placed.side,
        placed.session_id,
        placed.local_at,
        placed.minutes,
        placed.held_on,
        calendar.is_work_day,
        hour(placed.local_at) * 60 + minute(placed.local_at) as start_minute
    from placed
    inner join calendar
        on
            placed.country = calendar.country
            and placed.subdivision = calendar.subdivision
            and placed.local_at::date = calendar.on_date
)

select
    timed.pair_id,
    timed.side,
    timed.session_id,
    timed.local_at,
    timed.held_on,
    timed.minutes,
    not timed.is_work_day
    or timed.start_minute < 60 * run.day_starts_hour
    or timed.start_minute >= 60 * run.day_ends_hour as is_off_hours,
    case
        when not timed.is_work_day then timed.minutes
        else
            round(
                timed.minutes - greatest(
                    0,
                    least(timed.start_minute + timed.minutes, 60 * run.day_ends_hour)
                    - greatest(timed.start_minute, 60 * run.day_starts_hour)
                )
            )
    end::integer as off_minutes
from timed
cross join run
