-- one row per accepted pair: when it began, how long it ran and of which cause it ended
with lifetime as (
    select * from feature.lifetime
),

life as (
    select * from core.life
)

select
    lifetime.pair_id,
    substring(life.accepted_on::text, 1, 7) as month,
    life.accepted_on,
    life.closed_on,
    lifetime.entered_day,
    lifetime.left_day,
    lifetime.cause
from lifetime
inner join life on lifetime.pair_id = life.pair_id
