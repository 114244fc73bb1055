-- one row per pair and person: which side they are on
with mention as (
    select * from core.mention
),

ranked as (
    select
        pair_id,
        person_id,
        side,
        strength,
        first_at,
        row_number() over (
            partition by pair_id, person_id
            order by strength asc nulls last, first_at asc nulls last, side asc nulls last
        )::integer as choice,
        min(coalesce(side, 'peer')) over (partition by pair_id, person_id) as first_side,
        max(coalesce(side, 'peer')) over (partition by pair_id, person_id) as last_side
    from mention
),

person as (
    select
        pair_id,
        person_id,
        side,
        strength,
        first_at,
        first_side,
        last_side,
        max(case when side = 'mentee' then 1 else 0 end) over (partition by pair_id) as has_mentee,
        row_number() over (
            partition by pair_id, side
            order by strength asc nulls last, first_at asc nulls last, person_id asc nulls last
        )::integer as ordinal
    from ranked
    where choice = 1
),

-- Peers whom no match event names: the one who began is the first peer (the mentee side).
sided as (
    select
        pair_id,
        person_id,
        coalesce(side, case when has_mentee = 0 and ordinal = 1 then 'mentee' else 'mentor' end) as side,
        strength,
        first_at,
        first_side = last_side and last_side <> 'peer' as is_undisputed
    from person
)

select
    pair_id,
    person_id,
    side,
    first_at,
    row_number() over (
        partition by pair_id, side
        order by strength asc nulls last, first_at asc nulls last, person_id asc nulls last
    )::integer as ordinal,
    is_undisputed
from sided
