-- one row per pair, instant and side that was asked something: how often, and when that side turned back
with dialogue as (
    select * from core.dialogue
),

act as (
    select
        pair_id,
        side,
        unnest(asks) as ask
    from dialogue
)

select
    act.pair_id,
    act.side as party,
    ask.asked_at,
    ask.asked_at::date as asked_on,
    count(*) filter (where ask.is_owed)::integer as n_asks,
    max(ask.answered_at) as answered_at
from act
group by act.pair_id, act.side, ask.asked_at
