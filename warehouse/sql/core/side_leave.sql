-- one row per pair, side and period in which nobody of that side is there
with leave as (
    select * from core.leave
),

party as (
    select * from core.pair_party
),

-- A sweep over the days on which somebody leaves (+1) or is back (-1).
edge as (
    select party.pair_id, party.side, leave.starts_on as on_date, 1 as step
    from party
    inner join leave on party.person_id = leave.person_id
    union all
    select party.pair_id, party.side, (leave.ends_on + interval 1 day)::date as on_date, -1 as step
    from party
    inner join leave on party.person_id = leave.person_id
),

level as (
    select pair_id, side, on_date, sum(step)::integer as step
    from edge
    group by pair_id, side, on_date
),

away as (
    select
        pair_id,
        side,
        on_date,
        sum(step) over (
            partition by pair_id, side
            order by on_date asc nulls last
            rows between unbounded preceding and current row
        )::integer as n_away,
        lead(on_date) over (partition by pair_id, side order by on_date asc nulls last) as next_on
    from level
),

member as (
    select pair_id, side, count(*)::integer as n_people
    from party
    group by pair_id, side
)

select
    away.pair_id,
    away.side,
    away.on_date as starts_on,
    (away.next_on - interval 1 day)::date as ends_on
from away
inner join member on away.pair_id = member.pair_id and away.side = member.side
where away.n_away = member.n_people
