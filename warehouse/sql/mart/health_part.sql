-- one row per pair and component of its health score
--
-- A score that stands still has the parts of the day whose score it is.
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
    moving.contribution
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
    contribution
from frozen
