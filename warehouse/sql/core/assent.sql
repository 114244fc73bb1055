-- one row per pair of which events say that it became one: since when
with event as (
    select * from staging.event where pair_id is not null
),

yes as (
    select * from core.yes
),

party as (
    select * from core.pair_party
),

mentor as (
    select pair_id, occurred_at, taken_back_at
    from yes
    where side in ('mentor', 'both')
),

mentee as (
    select pair_id, occurred_at, taken_back_at
    from yes
    where side in ('mentee', 'both')
),

-- Two yes that stood at one time; one that was taken back before the other came is none.
both_said as (
    select
        mentor.pair_id,
        min(greatest(mentor.occurred_at, mentee.occurred_at)) as said_at
    from mentor
    inner join mentee on mentor.pair_id = mentee.pair_id
    where
        (mentor.taken_back_at is null or mentee.occurred_at < mentor.taken_back_at)
        and (mentee.taken_back_at is null or mentor.occurred_at < mentee.taken_back_at)
    group by mentor.pair_id
),

known as (
    select
        pair_id,
        min(side) as side
    from party
    group by pair_id
    having min(side) = max(side)
),

-- Where nobody knows the other side, the yes of this one is enough.
alone_said as (
    select
        yes.pair_id,
        min(yes.occurred_at) as said_at
    from yes
    inner join known on yes.pair_id = known.pair_id and yes.side = known.side
    where yes.taken_back_at is null
    group by yes.pair_id
),

begun as (
    select
        pair_id,
        min(occurred_at) as begun_at
    from event
    where
        event_type in (
            'relationship.started', 'relationship.expectations_agreed', 'relationship.cadence_agreed',
            'relationship.paused', 'relationship.light_mode_set', 'relationship.closing_started'
        )
    group by pair_id
)

select
    coalesce(both_said.pair_id, alone_said.pair_id, begun.pair_id) as pair_id,
    coalesce(both_said.said_at, alone_said.said_at, begun.begun_at) as agreed_at,
    coalesce(both_said.said_at, alone_said.said_at) is not null as is_said
from both_said
full join alone_said on both_said.pair_id = alone_said.pair_id
full join begun on coalesce(both_said.pair_id, alone_said.pair_id) = begun.pair_id
