-- one row per pair: what each clock shows on the run's own date
--
-- Counted as in core.event_day, apart from it: these rows change from day to day, those do not.
with pair as (
    select * from core.pair
),

off as (
    select * from core.off_period
),

run as (
    select * from ref.run
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
