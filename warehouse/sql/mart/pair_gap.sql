-- one row per pair, kind of contact and late source it came from: since when nothing has come
with origin as (
    select * from core.pair_source
),

late as (
    select * from feature.late_source
)

select
    origin.pair_id,
    origin.family,
    origin.source,
    late.newest_at
from origin
inner join late on origin.source = late.source
