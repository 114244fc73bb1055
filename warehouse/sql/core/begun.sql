-- one row per accepted pair: what each clock showed on the date it was accepted
--
-- Counted as in core.event_day, of which this is the one reading that every pair needs.
with lifecycle as (
    select * from core.lifecycle where accepted_at is not null
),

clock as (
    select * from core.clock
),

dated as (
    select
        pair_id,
        accepted_at::date as on_date,
        date_diff('day', '2000-01-01'::date, last_accepted_at::date) as last_day_no
    from lifecycle
),

numbered as (
    select
        pair_id,
        on_date,
        last_day_no,
        date_diff('day', '2000-01-01'::date, on_date::date) as day_no
    from dated
),

stood as (
    select
        numbered.pair_id,
        numbered.on_date,
        numbered.day_no,
        numbered.last_day_no,
        list_max(
            list_transform(clock.mentor_off, lambda off: off.shift + least(numbered.day_no, off.until_day))
        ) as n_mentor_off,
        list_max(
            list_transform(clock.mentee_off, lambda off: off.shift + least(numbered.day_no, off.until_day))
        ) as n_mentee_off,
        list_max(
            list_transform(clock.pair_off, lambda off: off.shift + least(numbered.day_no, off.until_day))
        ) as n_pair_off,
        list_max(
            list_transform(
                clock.pair_off, lambda off: off.shift + least(numbered.last_day_no, off.until_day)
            )
        ) as n_last_off
    from numbered
    left join clock on numbered.pair_id = clock.pair_id
)

select
    pair_id,
    on_date,
    (day_no - greatest(0, n_mentor_off))::integer as mentor_day,
    (day_no - greatest(0, n_mentee_off))::integer as mentee_day,
    (day_no - greatest(0, n_pair_off))::integer as pair_day,
    (last_day_no - greatest(0, n_last_off))::integer as last_pair_day
from stood
