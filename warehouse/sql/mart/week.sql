-- one row per cohort and week (its Monday) between the cohort's first week and the run's
with weekly as (
    select * from feature.cohort_week
),

run as (
    select * from ref.run
),

span as (
    select
        weekly.cohort_id,
        min(weekly.week_no) as first_no,
        max(floor(date_diff('day', '1970-01-05'::date, run.as_of::date) / 7))::integer as last_no
    from weekly
    cross join run
    group by weekly.cohort_id
),

calendar as (
    select
        cohort_id,
        unnest(generate_series(first_no, last_no)) as week_no
    from span
),

filled as (
    select
        calendar.cohort_id,
        calendar.week_no,
        coalesce(weekly.n_sessions_held, 0) as n_sessions_held,
        coalesce(weekly.n_contacts, 0) as n_contacts,
        coalesce(weekly.n_pairs_in_contact, 0) as n_pairs_in_contact,
        coalesce(weekly.n_begun, 0) as n_begun,
        coalesce(weekly.n_ended, 0) as n_ended
    from calendar
    left join weekly on calendar.cohort_id = weekly.cohort_id and calendar.week_no = weekly.week_no
)

select
    cohort_id,
    ('1970-01-05'::date + week_no * interval 7 day)::date as week_on,
    n_sessions_held,
    n_contacts,
    n_pairs_in_contact,
    -- Alive at some time of the week: begun by its end, not ended before it began.
    (
        sum(n_begun - n_ended) over (
            partition by cohort_id
            order by week_no asc nulls last
            rows between unbounded preceding and current row
        ) + n_ended
    )::integer as n_pairs_alive
from filled
