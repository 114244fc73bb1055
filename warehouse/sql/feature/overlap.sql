-- one row per pair whose two zones are known: the hours of the run's week that suit both
with home as (
    select * from core.home
),

free as (
    select * from core.free_time
),

run as (
    select * from ref.run
),

both_known as (
    select
        mentee.pair_id,
        mentee.person_id as mentee_id,
        mentor.person_id as mentor_id
    from home as mentee
    inner join home as mentor on mentee.pair_id = mentor.pair_id and mentor.side = 'mentor'
    where mentee.side = 'mentee'
),

shared as (
    select
        both_known.pair_id,
        mentee.is_declared and mentor.is_declared as is_declared,
        greatest(0.0, mentee.from_hour, mentor.from_hour) as from_hour,
        least(168.0, mentee.until_hour, mentor.until_hour) as until_hour
    from both_known
    inner join free as mentee on both_known.mentee_id = mentee.person_id
    inner join free as mentor on both_known.mentor_id = mentor.person_id
),

summed as (
    select
        pair_id,
        bool_and(is_declared) as is_declared,
        -- Whole minutes, so that the sum is exact in any order.
        sum(round(60 * greatest(0.0, until_hour - from_hour))::bigint)::bigint as minutes
    from shared
    group by pair_id
)

select
    both_known.pair_id,
    coalesce(summed.is_declared, false) as is_declared,
    round(coalesce(summed.minutes, 0) / 60.0, 2)::double as overlap_hours,
    coalesce(summed.minutes, 0) < 60 * run.overlap_hours as is_overlap_short
from both_known
cross join run
left join summed on both_known.pair_id = summed.pair_id
