-- one row per pair and component of its health score, before it is compared with the cohort
--
-- A score that stands still has the parts of the day whose score it is, and is compared as of that day.
with moving as (
    select * from signal.health_part
),

frozen as (
    select * from signal.frozen_part
),

judged as (
    select * from signal.pair
)

select
    moving.pair_id,
    moving.component,
    moving.score,
    moving.evidence,
    moving.weight,
    moving.points,
    moving.points_possible,
    null::double as mean
from moving
inner join judged on moving.pair_id = judged.pair_id and judged.health_frozen_on is null
union all
select
    pair_id,
    component,
    score,
    evidence,
    weight,
    points,
    points_possible,
    mean
from frozen
