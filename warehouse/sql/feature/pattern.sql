-- one row per pair with a mutual contact: how often it meets, how long its gaps are, how long this silence is
--
-- Days are those of the pair's own clock, weeks begin on Monday. Of n gaps in order the median and the ninth
-- decile lie at place (n + 1) / 2 and (9 n + 1) / 10, between two gaps in proportion.
with history as (
    select * from core.contact_history
),

owed as (
    select * from core.owed
),

rhythm as (
    select * from feature.rhythm
),

today as (
    select * from core.today
),

met as (
    select
        history.pair_id,
        history.dates,
        history.pair_days,
        history.gaps,
        today.pair_day as today_day
    from history
    inner join today on history.pair_id = today.pair_id
),

listed as (
    select
        pair_id,
        -- The shorter spans lie within this one.
        list_filter(
            list_transform(pair_days, lambda pair_day: today_day - pair_day), lambda age: age < 182
        ) as recent_ages,
        list_transform(dates, lambda on_date: date_diff('day', '2000-01-03'::date, on_date::date) // 7)
            as weeks,
        list_sort(gaps) as gaps
    from met
),

counted as (
    select
        pair_id,
        array_length(list_filter(recent_ages, lambda age: age < 7))::integer as n_contacts_1w,
        array_length(list_filter(recent_ages, lambda age: age < 28))::integer as n_contacts_4w,
        array_length(list_filter(recent_ages, lambda age: age < 56))::integer as n_contacts_8w,
        array_length(recent_ages)::integer as n_contacts_26w,
        array_length(
            list_filter(
                generate_series(1, array_length(weeks)),
                lambda place: place = 1 or list_extract(weeks, place) <> list_extract(weeks, place - 1)
            )
        )::integer as n_active_weeks,
        gaps,
        array_length(gaps) as n_gaps
    from listed
),

placed as (
    select
        pair_id,
        n_contacts_1w,
        n_contacts_4w,
        n_contacts_8w,
        n_contacts_26w,
        n_active_weeks,
        gaps,
        n_gaps,
        9 * (n_gaps - 1) // 10 + 1 as place,
        9 * (n_gaps - 1) % 10 as tenths
    from counted
),

spread as (
    select
        pair_id,
        n_contacts_1w,
        n_contacts_4w,
        n_contacts_8w,
        n_contacts_26w,
        n_active_weeks,
        case
            when n_gaps > 0
                then (list_extract(gaps, (n_gaps + 1) // 2) + list_extract(gaps, n_gaps // 2 + 1)) / 2.0
        end as gap_median,
        case
            when n_gaps > 0
                then (
                    list_extract(gaps, place) * (10 - tenths)
                    + list_extract(gaps, least(place + 1, n_gaps)) * tenths
                ) / 10.0
        end as gap_p90
    from placed
),

streak as (
    select
        pair_id,
        max(owes_n)::integer as unanswered_streak
    from owed
    group by pair_id
)

select
    spread.pair_id,
    spread.n_contacts_1w,
    spread.n_contacts_4w,
    spread.n_contacts_8w,
    spread.n_contacts_26w,
    spread.n_active_weeks,
    spread.gap_median::double as gap_median,
    spread.gap_p90::double as gap_p90,
    (rhythm.silence_days / spread.gap_median)::double as silence_in_gaps,
    coalesce(streak.unanswered_streak, 0) as unanswered_streak
from spread
inner join rhythm on spread.pair_id = rhythm.pair_id
left join streak on spread.pair_id = streak.pair_id
