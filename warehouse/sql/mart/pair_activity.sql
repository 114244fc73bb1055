-- one row per pair with events of the two in the last twelve weeks: how many in each of them
with event as (
    select * from mart.pair_event where lane in ('session', 'mentee', 'mentor')
),

run as (
    select * from ref.run
),

recent as (
    select
        event.pair_id,
        floor(date_diff('day', event.occurred_at::date, run.as_of::date) / 7)::integer as weeks_ago
    from event
    cross join run
    where date_diff('day', event.occurred_at::date, run.as_of::date) < 84
)

select
    pair_id,
    sum(case when weeks_ago = 11 then 1 else 0 end)::integer as n_11_weeks_ago,
    sum(case when weeks_ago = 10 then 1 else 0 end)::integer as n_10_weeks_ago,
    sum(case when weeks_ago = 9 then 1 else 0 end)::integer as n_9_weeks_ago,
    sum(case when weeks_ago = 8 then 1 else 0 end)::integer as n_8_weeks_ago,
    sum(case when weeks_ago = 7 then 1 else 0 end)::integer as n_7_weeks_ago,
    sum(case when weeks_ago = 6 then 1 else 0 end)::integer as n_6_weeks_ago,
    sum(case when weeks_ago = 5 then 1 else 0 end)::integer as n_5_weeks_ago,
    sum(case when weeks_ago = 4 then 1 else 0 end)::integer as n_4_weeks_ago,
    sum(case when weeks_ago = 3 then 1 else 0 end)::integer as n_3_weeks_ago,
    sum(case when weeks_ago = 2 then 1 else 0 end)::integer as n_2_weeks_ago,
    sum(case when weeks_ago = 1 then 1 else 0 end)::integer as n_1_weeks_ago,
    sum(case when weeks_ago = 0 then 1 else 0 end)::integer as n_0_weeks_ago
from recent
group by pair_id
