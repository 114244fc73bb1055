-- one row per pair with a mutual contact: the pattern of its contacts, for its file
with pattern as (
    select * from feature.pattern
),

rhythm as (
    select * from feature.rhythm
),

pair as (
    select * from mart.pair
),

run as (
    select * from ref.run
),

-- From the week of the first contact to that of the end, else of the run.
lived as (
    select
        pair.pair_id,
        date_diff('day', '2000-01-03'::date, coalesce(pair.ended_at::date, run.as_of::date)::date) // 7
        - date_diff('day', '2000-01-03'::date, rhythm.first_contact_at::date) // 7 + 1 as n_weeks
    from pair
    cross join run
    inner join rhythm on pair.pair_id = rhythm.pair_id
)

select
    pattern.pair_id,
    pattern.n_contacts_1w,
    pattern.n_contacts_4w,
    pattern.n_contacts_8w,
    pattern.n_contacts_26w,
    pattern.n_active_weeks,
    greatest(lived.n_weeks, pattern.n_active_weeks)::integer as n_weeks,
    pattern.gap_median,
    pattern.gap_p90,
    pattern.silence_in_gaps,
    pattern.unanswered_streak
from pattern
inner join lived on pattern.pair_id = lived.pair_id
