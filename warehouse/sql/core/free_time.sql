-- one row per person of a pair and merged stretch of the run's week in which they are free to meet
--
-- Hours count from Monday 00:00 UTC of the run's week, so that the clocks in force that week decide. Free is
-- what the person declared, else the policy's working hours of every day that is no weekend where they live.
with home as (
    select distinct
        person_id,
        time_zone,
        country,
        subdivision
    from core.home
),

event as (
    select * from staging.event
    where event_type = 'participant.availability_declared' and kind = 'free'
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

-- A day before and a day after reach into the week from zones far ahead or behind.
week as (
    select
        day.day_no,
        day.weekday,
        run.as_of::date as today_on,
        run.work_starts_hour,
        run.work_ends_hour,
        (
            '1970-01-05'::date
            + (7 * floor(date_diff('day', '1970-01-05'::date, run.as_of::date) / 7) + day.day_no)
            * interval 1 day
        )::date as on_date
    from run
    cross join (
        values
        (-1, 7), (0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (7, 1)
    ) as day (day_no, weekday)
),

declared as (
    select
        home.person_id,
        event.weekday,
        event.from_hour,
        event.until_hour
    from home
    inner join event on home.person_id = event.person_id
    cross join run
    where run.as_of::date between event.starts_on and event.ends_on
),

known as (
    select distinct person_id from declared
),

local as (
    select
        home.person_id,
        home.time_zone,
        week.on_date,
        week.day_no,
        known.person_id is not null as is_declared,
        coalesce(declared.from_hour, week.work_starts_hour) as from_hour,
        coalesce(declared.until_hour, week.work_ends_hour) as until_hour
    from home
    cross join week
    inner join calendar
        on
            home.country = calendar.country
            and home.subdivision = calendar.subdivision
            and week.on_date = calendar.on_date
    left join known on home.person_id = known.person_id
    left join declared
        on
            home.person_id = declared.person_id
            and (
                declared.weekday = week.weekday
                or (declared.weekday is null and not calendar.is_weekend)
            )
    where declared.person_id is not null or (known.person_id is null and not calendar.is_weekend)
),

-- The clock in force during the day is the one its UTC date ends with: clocks change at night.
stretch as (
    select
        local.person_id,
        local.is_declared,
        24 * local.day_no + local.from_hour - clock.next_offset_hours as from_hour,
        24 * local.day_no + local.until_hour - clock.next_offset_hours as until_hour
    from local
    inner join clock on local.time_zone = clock.time_zone and local.on_date = clock.on_date
    where local.from_hour < local.until_hour
),

reached as (
    select
        person_id,
        is_declared,
        from_hour,
        until_hour,
        max(until_hour) over (
            partition by person_id
            order by from_hour asc nulls last, until_hour asc nulls last
            rows between unbounded preceding and 1 preceding
        ) as reach
    from stretch
),

island as (
    select
        person_id,
        is_declared,
        from_hour,
        until_hour,
        sum(case when from_hour <= reach then 0 else 1 end) over (
            partition by person_id
            order by from_hour asc nulls last, until_hour asc nulls last
            rows between unbounded preceding and current row
        )::integer as ordinal
    from reached
)

select
    person_id,
    is_declared,
    min(from_hour)::double as from_hour,
    max(until_hour)::double as until_hour
from island
group by person_id, is_declared, ordinal
