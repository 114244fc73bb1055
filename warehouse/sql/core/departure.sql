-- one row per pair and time that a side left the program: with several people on it, when the last one did
with withdrawal as (
    select * from core.withdrawal
),

party as (
    select * from core.pair_party
),

gone as (
    select
        party.pair_id,
        party.side,
        party.person_id,
        withdrawal.event_id,
        withdrawal.occurred_at
    from party
    inner join withdrawal on party.person_id = withdrawal.person_id
),

member as (
    select pair_id, side, count(*)::integer as n_people
    from party
    group by pair_id, side
),

counted as (
    select
        gone.pair_id,
        gone.side,
        gone.event_id,
        gone.occurred_at,
        count(distinct other.person_id)::integer as n_gone
    from gone
    inner join gone as other
        on gone.pair_id = other.pair_id and gone.side = other.side and other.occurred_at <= gone.occurred_at
    group by gone.pair_id, gone.side, gone.event_id, gone.occurred_at
)

select
    counted.pair_id,
    counted.side,
    counted.event_id,
    counted.occurred_at as left_at
from counted
inner join member on counted.pair_id = member.pair_id and counted.side = member.side
where counted.n_gone = member.n_people
