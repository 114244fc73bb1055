-- one row per group (a program, or one of its cohorts) with planned ends: how long its pairs are to last
with member as (
    select * from feature.group_pair where not is_hidden
),

pair as (
    select * from core.pair where planned_end_on is not null
),

life as (
    select * from core.life
)

select
    member.program_id,
    member.cohort_id,
    count(*)::bigint as n_pairs,
    median(date_diff('day', life.accepted_on::date, pair.planned_end_on::date))::double as term_days
from member
inner join pair on member.pair_id = pair.pair_id
inner join life on member.pair_id = life.pair_id
group by member.program_id, member.cohort_id
