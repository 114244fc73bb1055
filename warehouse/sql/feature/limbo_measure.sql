-- one row per stretch in which a side left two asks or more unanswered for long, and that is over
--
-- From the first unanswered turn to the answer, the end or a new match, whichever came first.
with ask as (
    select * from core.ask where n_asks > 0
),

day as (
    select * from core.day
),

life as (
    select * from core.life
),

event as (
    select * from staging.event where event_type = 'match.rematched'
),

run as (
    select * from ref.run
),

rematched as (
    select
        pair_id,
        max(occurred_on) as rematched_on
    from event
    group by pair_id
),

-- What one answer answers is one stretch; so is what was never answered.
stretch as (
    select
        pair_id,
        party,
        answered_at::date as answered_on,
        min(asked_on) as began_on,
        sum(n_asks)::bigint as n_asks,
        count(distinct asked_on)::bigint as n_days
    from ask
    group by pair_id, party, answered_at
),

over as (
    select
        stretch.pair_id,
        stretch.party,
        stretch.began_on,
        stretch.n_asks,
        stretch.n_days,
        least(
            stretch.answered_on,
            case when life.closed_on >= stretch.began_on then life.closed_on end,
            case when rematched.rematched_on >= stretch.began_on then rematched.rematched_on end
        ) as over_on
    from stretch
    left join life on stretch.pair_id = life.pair_id
    left join rematched on stretch.pair_id = rematched.pair_id
),

timed as (
    select
        over.pair_id,
        over.over_on,
        over.n_asks,
        over.n_days,
        over_day.pair_day - begun_day.pair_day as n_active_days
    from over
    inner join day as begun_day on over.pair_id = begun_day.pair_id and over.began_on = begun_day.on_date
    inner join day as over_day on over.pair_id = over_day.pair_id and over.over_on = over_day.on_date
)

select
    'limbo' as kpi,
    timed.pair_id,
    timed.over_on as counts_on,
    null::date as reached_on,
    1 as n_units,
    timed.n_active_days::double as amount,
    null::text as evidence
from timed
cross join run
where
    timed.n_asks >= run.suspected_acts
    and timed.n_days >= run.suspected_acts
    and timed.n_active_days >= run.suspected_days
