-- one row per program, cohort or none, and component of health of which anything is known: its mean today
--
-- Numbers are summed up in whole steps: the sum is exact, in whatever order pairs come.
with part as (
    select * from signal.health_part
),

entry as (
    select * from signal.cohort_entry
),

counted as (
    select
        entry.program_id,
        entry.cohort_id,
        part.component,
        part.score
    from part
    inner join entry on part.pair_id = entry.pair_id
    where part.evidence > 0 and part.component <> 'growth'
    union all
    -- A bonus has evidence only where it is earned, and is held against the pairs that are old enough.
    select
        program_id,
        cohort_id,
        'growth' as component,
        growth as score
    from entry
    where growth is not null
)

select
    program_id,
    cohort_id,
    component,
    sum(round(1e10 * score)::bigint)::double / count(*)::double / 1e10 as mean
from counted
group by program_id, cohort_id, component
