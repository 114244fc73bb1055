-- one row per pair and component of its health score
select
    part.pair_id,
    part.component,
    part.score,
    part.evidence,
    part.weight,
    part.points,
    part.points_possible,
    part.contribution
from signal.health_part as part
