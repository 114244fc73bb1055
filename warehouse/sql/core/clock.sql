-- one row per pair of which a clock ever stands still: the periods in which each does
--
-- A clock shows the days since 2000 less those on which it stood still: on day n that is
-- n - greatest(0, the largest of shift + least(n, until_day)), as no period overlaps another. Pairs have
-- few periods: going through them at each reading costs less than a table of readings.
with off as (
    select * from core.off_period
),

period as (
    select
        pair_id,
        clock,
        {
            'until_day': date_diff('day', '2000-01-01'::date, ends_on::date),
            'shift': n_days_before + 1 - date_diff('day', '2000-01-01'::date, starts_on::date)
        } as period
    from off
)

select
    pair_id,
    list_sort(list(period) filter (where clock = 'mentor')) as mentor_off,
    list_sort(list(period) filter (where clock = 'mentee')) as mentee_off,
    list_sort(list(period) filter (where clock = 'pair')) as pair_off
from period
group by pair_id
