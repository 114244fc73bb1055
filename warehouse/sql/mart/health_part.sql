-- one row per pair and component of its health score
--
-- The means of a cohort move with each of its pairs: what depends on them is computed as it is read.
with part as (
    select * from mart.health_component
),

pair as (
    select * from mart.pair
),

cohort as (
    select * from mart.health_mean
)

select
    part.pair_id,
    part.component,
    part.score,
    part.evidence,
    part.weight,
    part.points,
    part.points_possible,
    round(part.points - part.points_possible * coalesce(part.mean, cohort.mean, 0), 10) as contribution
from part
inner join pair on part.pair_id = pair.pair_id
left join cohort
    on
        coalesce(pair.program_id, '') = coalesce(cohort.program_id, '')
        and coalesce(pair.cohort_id, '') = coalesce(cohort.cohort_id, '')
        and part.component = cohort.component
