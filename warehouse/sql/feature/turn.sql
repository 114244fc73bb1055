-- one row per pair and side that was ever asked something: what it owes, and how quickly it answers
with ask as (
    select * from core.ask where n_asks > 0
),

side_day as (
    select * from core.side_day
),

run as (
    select * from ref.run
),

timed as (
    select
        ask.pair_id,
        ask.party as side,
        ask.asked_at,
        ask.asked_on,
        ask.n_asks,
        ask.answered_at,
        answered.side_day - asked.side_day as reply_days,
        today.side_day - asked.side_day as open_days
    from ask
    cross join run
    inner join side_day as asked
        on ask.pair_id = asked.pair_id and ask.party = asked.side and ask.asked_on = asked.on_date
    inner join side_day as today
        on ask.pair_id = today.pair_id and ask.party = today.side and run.as_of::date = today.on_date
    left join side_day as answered
        on
            ask.pair_id = answered.pair_id
            and ask.party = answered.side
            and ask.answered_at::date = answered.on_date
)

select
    pair_id,
    side,
    coalesce(sum(n_asks) filter (where answered_at is null), 0)::integer as owes_n,
    count(distinct asked_on) filter (where answered_at is null)::integer as owes_n_days,
    min(asked_at) filter (where answered_at is null) as owes_since,
    max(open_days) filter (where answered_at is null)::integer as owes_days,
    sum(n_asks)::integer as asked,
    coalesce(sum(n_asks) filter (where answered_at is not null), 0)::integer as answered,
    median(reply_days)::double as reply_days
from timed
group by pair_id, side
