-- one row per pair and side that turned to the other or was asked: what it was asked, and when it turned back
--
-- An answer is any later touch of the side asked. Two letters that cross at the same instant answer
-- nothing; a reply or a held session answers what was asked up to its own instant. Turns are packed into
-- numbers, one list for each pair: sorting these is many times cheaper than a window over the touches.
with touch as (
    select * from core.touch
),

-- Microseconds, then three bits for each side: the digit by which core.touch says what it is to them.
-- Bits are read, not divided out, which saves a tenth of this model.
packed as (
    select
        pair_id,
        list_sort(list(epoch_us(touched_at) * 64 + to_mentor * 8 + to_mentee)) as turns
    from touch
    group by pair_id
),

-- What is nothing to a side is left out. Without the last digit, the list is still in order.
sided as (
    select
        pair_id,
        'mentor' as side,
        list_filter(list_transform(turns, lambda turn: turn >> 3), lambda turn: (turn & 7) <> 7) as turns
    from packed
    union all
    select
        pair_id,
        'mentee' as side,
        list_sort(
            list_transform(
                list_filter(turns, lambda turn: (turn & 7) <> 7), lambda turn: (turn >> 6) * 8 + (turn & 7)
            )
        ) as turns
    from packed
),

placed as (
    select
        pair_id,
        side,
        turns,
        list_filter(turns, lambda turn: (turn & 1) = 0) as own,
        list_filter(
            generate_series(1, array_length(turns)),
            lambda place: (list_extract(turns, place) & 1) = 1
        ) as places
    from sided
    where array_length(turns) > 0
),

-- Before the n-th ask, at its place, stand place - n turns of the side's own: the next one answers it.
-- From 0 and not from 1: where nothing was asked, an engine would count down from 1 to 0.
answered as (
    select
        pair_id,
        side,
        own,
        list_transform(places, lambda place: list_extract(turns, place)) as asked,
        list_transform(
            list_filter(generate_series(0, array_length(places)), lambda nth: nth > 0),
            lambda nth: list_extract(own, list_extract(places, nth) - nth + 1)
        ) as answers
    from placed
),

met as (
    select
        pair_id,
        side,
        own,
        asked,
        answers,
        list_concat(
            list_filter(own, lambda turn: (turn & 7) = 6),
            list_filter(answers, lambda turn: (turn & 7) = 0)
        ) as contacts
    from answered
)

select
    pair_id,
    side,
    make_timestamp(list_max(own) >> 3) as last_touch_at,
    list_transform(asked, lambda turn: make_timestamp(turn >> 3)) as asked,
    list_transform(asked, lambda turn: (turn & 7) = 3) as is_owed,
    list_transform(answers, lambda turn: make_timestamp(turn >> 3)) as answers,
    list_transform(contacts, lambda turn: make_timestamp(turn >> 3)) as contacts
from met
