-- one row per pair and side that turned to the other or was asked: what it was asked, and when it turned back
--
-- An answer is any later touch of the side asked. Two letters that cross at the same instant answer
-- nothing; a reply or a held session answers what was asked up to its own instant. Turns are packed into
-- numbers, one list for each pair: sorting these is many times cheaper than a window over the touches.
with touch as (
    select * from core.touch
),

-- What a touch is to each side, in the order in which turns of one instant are read: 0 turns to the other
-- and can be an answer, 1 turns and cannot, 2 is asked, 3 is told what may be answered, 4 replies or meets.
-- 7 is nothing to it.
meant as (
    select
        pair_id,
        touched_at,
        case
            when side <> 'mentee' then case when is_contact then 4 when is_answer then 0 else 1 end
            when is_answerable then case when is_asking then 2 else 3 end
            else 7
        end as to_mentor,
        case
            when side <> 'mentor' then case when is_contact then 4 when is_answer then 0 else 1 end
            when is_answerable then case when is_asking then 2 else 3 end
            else 7
        end as to_mentee
    from touch
),

-- Microseconds, then an octal digit for each side.
packed as (
    select
        pair_id,
        list(epoch_us(touched_at) * 64 + to_mentor * 8 + to_mentee) as turns
    from meant
    group by pair_id
),

sided as (
    select
        pair_id,
        'mentor' as side,
        list_sort(
            list_transform(
                list_filter(turns, lambda turn: turn // 8 % 8 <> 7),
                lambda turn: turn // 8
            )
        ) as turns
    from packed
    union all
    select
        pair_id,
        'mentee' as side,
        list_sort(
            list_transform(
                list_filter(turns, lambda turn: turn % 8 <> 7),
                lambda turn: turn // 64 * 8 + turn % 8
            )
        ) as turns
    from packed
),

placed as (
    select
        pair_id,
        side,
        turns,
        list_filter(turns, lambda turn: turn % 8 in (0, 1, 4)) as own,
        list_filter(
            generate_series(1, array_length(turns)),
            lambda place: list_extract(turns, place) % 8 in (2, 3)
        ) as places
    from sided
    where array_length(turns) > 0
),

-- Before the n-th ask, at its place, stand place - n turns of the side's own: the next one answers it.
answered as (
    select
        pair_id,
        side,
        own,
        list_transform(places, lambda place: {
            'asked': list_extract(turns, place),
            'answer': list_extract(own, place - array_position(places, place) + 1)
        }) as asks
    from placed
),

met as (
    select
        pair_id,
        side,
        own,
        asks,
        list_concat(
            list_filter(own, lambda turn: turn % 8 = 4),
            list_transform(list_filter(asks, lambda ask: ask.answer % 8 = 0), lambda ask: ask.answer)
        ) as contacts
    from answered
)

select
    pair_id,
    side,
    make_timestamp(list_max(own) // 8) as last_touch_at,
    list_transform(asks, lambda ask: {
        'asked_at': make_timestamp(ask.asked // 8),
        'is_owed': ask.asked % 8 = 2,
        'answered_at': make_timestamp(ask.answer // 8)
    }) as asks,
    list_transform(contacts, lambda turn: make_timestamp(turn // 8)) as contacts
from met
