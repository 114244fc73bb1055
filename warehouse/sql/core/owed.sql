-- one row per pair and side that was ever asked something: what it owes, and how quickly it answers
with ask as (
    select * from core.ask where n_asks > 0
),

day as (
    select * from core.event_day
),

timed as (
    select
        ask.pair_id,
        ask.party as side,
        ask.asked_at,
        ask.asked_on,
        ask.n_asks,
        ask.answered_at,
        case ask.party when 'mentor' then asked.mentor_day else asked.mentee_day end as asked_day,
        case ask.party when 'mentor' then answered.mentor_day else answered.mentee_day end as answered_day
    from ask
    inner join day as asked on ask.pair_id = asked.pair_id and ask.asked_on = asked.on_date
    left join day as answered on ask.pair_id = answered.pair_id and ask.answered_at::date = answered.on_date
)

select
    pair_id,
    side,
    coalesce(sum(n_asks) filter (where answered_at is null), 0)::integer as owes_n,
    count(distinct asked_on) filter (where answered_at is null)::integer as owes_n_days,
    min(asked_at) filter (where answered_at is null) as owes_since,
    min(asked_day) filter (where answered_at is null)::integer as owes_since_day,
    sum(n_asks)::integer as asked,
    coalesce(sum(n_asks) filter (where answered_at is not null), 0)::integer as answered,
    median(answered_day - asked_day)::double as reply_days
from timed
group by pair_id, side
