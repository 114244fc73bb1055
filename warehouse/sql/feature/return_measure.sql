-- one row per number about coming back and mentor or mentee, by the first pair of theirs, that counts in it
with life as (
    select * from core.life
),

pair as (
    select * from core.pair
),

step as (
    select * from feature.step where step = 'pays_forward'
),

run as (
    select * from ref.run
),

lived as (
    select
        life.pair_id,
        pair.mentor_id,
        pair.mentee_id,
        life.accepted_on,
        life.closed_on
    from life
    inner join pair on life.pair_id = pair.pair_id
    -- Peers have no mentor who could come back, and nobody who could become one.
    where pair.direction is distinct from 'peer'
),

ended as (
    select
        pair_id,
        mentor_id,
        closed_on,
        row_number() over (
            partition by mentor_id
            order by closed_on asc nulls last, pair_id asc nulls last
        )::bigint as nth
    from lived
    where mentor_id is not null and closed_on is not null
),

again as (
    select
        ended.pair_id,
        min(lived.accepted_on) as again_on
    from ended
    inner join lived on ended.mentor_id = lived.mentor_id and ended.closed_on < lived.accepted_on
    where ended.nth = 1
    group by ended.pair_id
),

first_pair as (
    select
        pair_id,
        accepted_on,
        row_number() over (
            partition by mentee_id
            order by accepted_on asc nulls last, pair_id asc nulls last
        )::bigint as nth
    from lived
    where mentee_id is not null
),

measured as (
    select
        'mentor_return' as kpi,
        ended.pair_id,
        (ended.closed_on + run.return_days * interval 1 day)::date as counts_on,
        case
            when again.again_on <= (ended.closed_on + run.return_days * interval 1 day)::date
                then (ended.closed_on + run.return_days * interval 1 day)::date
        end as reached_on
    from ended
    cross join run
    left join again on ended.pair_id = again.pair_id
    where ended.nth = 1
    union all
    select
        'pays_forward' as kpi,
        first_pair.pair_id,
        first_pair.accepted_on as counts_on,
        step.reached_at::date as reached_on
    from first_pair
    left join step on first_pair.pair_id = step.pair_id
    where first_pair.nth = 1
)

select
    kpi,
    pair_id,
    counts_on,
    reached_on,
    1 as n_units,
    null::double as amount,
    null::text as evidence
from measured
