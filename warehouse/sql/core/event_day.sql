-- one row per pair and date on which something happened: what each clock showed
--
-- A clock counts active days, so active days between two dates are the difference of its readings.
with event as (
    select * from staging.event where pair_id is not null
),

off as (
    select * from core.off_period
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
        dated.pair_id,
        dated.on_date,
        off.clock,
        max(
            off.n_days_before
            + date_diff('day', off.starts_on::date, least(dated.on_date, off.ends_on)::date) + 1
        ) as n_days
    from dated
    inner join off on dated.pair_id = off.pair_id and off.starts_on <= dated.on_date
    group by dated.pair_id, dated.on_date, off.clock
),

still as (
    select
        pair_id,
        on_date,
        max(case when clock = 'mentor' then n_days else 0 end) as n_mentor,
        max(case when clock = 'mentee' then n_days else 0 end) as n_mentee,
        max(case when clock = 'pair' then n_days else 0 end) as n_pair
    from stood
    group by pair_id, on_date
)

select
    dated.pair_id,
    dated.on_date,
    (dated.day_no - coalesce(still.n_mentor, 0))::integer as mentor_day,
    (dated.day_no - coalesce(still.n_mentee, 0))::integer as mentee_day,
    (dated.day_no - coalesce(still.n_pair, 0))::integer as pair_day
from numbered as dated
left join still on dated.pair_id = still.pair_id and dated.on_date = still.on_date
