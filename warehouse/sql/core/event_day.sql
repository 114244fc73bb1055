-- one row per pair and date on which something happened: what each clock showed
--
-- A clock counts active days, so active days between two dates are the difference of its readings.
with event as (
    select * from staging.event where pair_id is not null
),

clock as (
    select * from core.clock
),

dated as (
    select distinct
        pair_id,
        occurred_on as on_date
    from event
),

numbered as (
    select
        pair_id,
        on_date,
        date_diff('day', '2000-01-01'::date, on_date::date) as day_no
    from dated
),

stood as (
    select
        numbered.pair_id,
        numbered.on_date,
        numbered.day_no,
        list_max(
            list_transform(clock.mentor_off, lambda off: off.shift + least(numbered.day_no, off.until_day))
        ) as n_mentor_off,
        list_max(
            list_transform(clock.mentee_off, lambda off: off.shift + least(numbered.day_no, off.until_day))
        ) as n_mentee_off,
        list_max(
            list_transform(clock.pair_off, lambda off: off.shift + least(numbered.day_no, off.until_day))
        ) as n_pair_off
    from numbered
    left join clock on numbered.pair_id = clock.pair_id
)

select
    pair_id,
    on_date,
    (day_no - greatest(0, n_mentor_off))::integer as mentor_day,
    (day_no - greatest(0, n_mentee_off))::integer as mentee_day,
    (day_no - greatest(0, n_pair_off))::integer as pair_day
from stood
