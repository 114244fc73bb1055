-- one row per pair: what each clock shows on the run's own date
--
-- Counted as in core.event_day, apart from it: these rows change from day to day, those do not.
with pair as (
    select * from core.pair
),

run as (
    select * from ref.run
),

clock as (
    select * from core.clock
),

dated as (
    select
        pair.pair_id,
        run.as_of::date as on_date
    from pair
    cross join run
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
