-- one row per accepted pair: the latest windows of the agreed cadence, and how many saw a contact
with contact_day as (
    select * from feature.contact_day
),

rhythm as (
    select * from feature.rhythm
),

day as (
    select * from core.day
),

run as (
    select * from ref.run
),

agreed as (
    select
        pair.pair_id,
        coalesce(pair.cadence_days, run.cadence_default_days) as cadence_days,
        today.pair_day as today_day,
        least(
            run.cadence_gaps,
            floor(rhythm.age_days / coalesce(pair.cadence_days, run.cadence_default_days))
        )::integer as n_windows
    from core.pair as pair
    cross join run
    inner join rhythm on pair.pair_id = rhythm.pair_id
    inner join day as today on pair.pair_id = today.pair_id and today.on_date = run.as_of::date
    where rhythm.age_days is not null
),

-- Windows are counted back from the run's date: window 0 is the one that ends today.
visited as (
    select distinct
        agreed.pair_id,
        floor((agreed.today_day - contact_day.pair_day) / agreed.cadence_days)::integer as window_no
    from agreed
    inner join contact_day on agreed.pair_id = contact_day.pair_id
    where floor((agreed.today_day - contact_day.pair_day) / agreed.cadence_days) < agreed.n_windows
),

met as (
    select pair_id, count(*)::integer as n_windows_met
    from visited
    group by pair_id
)

select
    agreed.pair_id,
    agreed.n_windows,
    coalesce(met.n_windows_met, 0) as n_windows_met,
    -- Four gaps in a row well beyond what was agreed: the cadence wants renegotiating.
    coalesce(
        least(rhythm.gap_1, rhythm.gap_2, rhythm.gap_3, rhythm.gap_4) > run.watch_ratio * agreed.cadence_days
        and rhythm.gap_4 is not null,
        false
    ) as is_drifting
from agreed
cross join run
inner join rhythm on agreed.pair_id = rhythm.pair_id
left join met on agreed.pair_id = met.pair_id
