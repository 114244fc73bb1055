-- one row per pair that touches: what each side was asked, when it turned back, and when they were in contact
--
-- An answer is any later touch of the side asked. Two letters that cross at the same instant answer
-- nothing; a reply or a held session answers what was asked up to its own instant. Turns are packed into
-- numbers, one list for each pair: sorting these is many times cheaper than a window over the touches.
-- Both sides stay in the row of their pair: to put them in rows of their own would copy every list.
with touch as (
    select pair_id, touched_at, to_mentor, to_mentee
    from core.touch
    -- Whoever begins anew owes nothing of before: both turn to the other (2), and nothing is answered by it.
    union all
    select pair_id, reopened_at as touched_at, 2 as to_mentor, 2 as to_mentee
    from core.reopening
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
        list_transform(
            list_filter(turns, lambda turn: (turn & 7) = 6 or (turn >> 3 & 7) = 6), lambda turn: turn >> 6
        ) as met,
        list_filter(list_transform(turns, lambda turn: turn >> 3), lambda turn: (turn & 7) <> 7)
            as mentor_turns,
        list_sort(
            list_transform(
                list_filter(turns, lambda turn: (turn & 7) <> 7), lambda turn: (turn >> 6) * 8 + (turn & 7)
            )
        ) as mentee_turns
    from packed
),

-- From 0 and not from 1: where there is nothing, an engine would count down from 1 to 0.
placed as (
    select
        pair_id,
        met,
        mentor_turns,
        mentee_turns,
        list_filter(mentor_turns, lambda turn: (turn & 1) = 0) as mentor_own,
        list_filter(mentee_turns, lambda turn: (turn & 1) = 0) as mentee_own,
        list_filter(
            generate_series(0, array_length(mentor_turns)),
            lambda place: place > 0 and (list_extract(mentor_turns, place) & 1) = 1
        ) as mentor_places,
        list_filter(
            generate_series(0, array_length(mentee_turns)),
            lambda place: place > 0 and (list_extract(mentee_turns, place) & 1) = 1
        ) as mentee_places
    from sided
),

-- Before the n-th ask, at its place, stand place - n turns of the side's own: the next one answers it.
answered as (
    select
        pair_id,
        met,
        mentor_own,
        mentee_own,
        list_transform(mentor_places, lambda place: list_extract(mentor_turns, place)) as mentor_asked,
        list_transform(mentee_places, lambda place: list_extract(mentee_turns, place)) as mentee_asked,
        list_transform(
            list_filter(generate_series(0, array_length(mentor_places)), lambda nth: nth > 0),
            lambda nth: list_extract(mentor_own, list_extract(mentor_places, nth) - nth + 1)
        ) as mentor_answers,
        list_transform(
            list_filter(generate_series(0, array_length(mentee_places)), lambda nth: nth > 0),
            lambda nth: list_extract(mentee_own, list_extract(mentee_places, nth) - nth + 1)
        ) as mentee_answers
    from placed
),

-- A contact is a reply or a meeting, and what answers where an answer is one.
gathered as (
    select
        pair_id,
        mentor_own,
        mentee_own,
        mentor_asked,
        mentee_asked,
        mentor_answers,
        mentee_answers,
        list_reverse_sort(
            list_concat(
                met,
                list_transform(
                    list_filter(list_concat(mentor_answers, mentee_answers), lambda turn: (turn & 7) = 0),
                    lambda turn: turn >> 3
                )
            )
        ) as contacts
    from answered
)

select
    pair_id,
    make_timestamp(list_max(mentor_own) >> 3) as mentor_turned_at,
    make_timestamp(list_max(mentee_own) >> 3) as mentee_turned_at,
    list_transform(mentor_asked, lambda turn: make_timestamp(turn >> 3)) as mentor_asked,
    list_transform(mentor_asked, lambda turn: (turn & 7) = 3) as mentor_is_owed,
    list_transform(mentor_answers, lambda turn: make_timestamp(turn >> 3)) as mentor_answers,
    list_transform(mentee_asked, lambda turn: make_timestamp(turn >> 3)) as mentee_asked,
    list_transform(mentee_asked, lambda turn: (turn & 7) = 3) as mentee_is_owed,
    list_transform(mentee_answers, lambda turn: make_timestamp(turn >> 3)) as mentee_answers,
    -- Each once.
    list_transform(
        list_filter(
            generate_series(0, array_length(contacts)),
            lambda place: place = 1
            or (place > 1 and list_extract(contacts, place) <> list_extract(contacts, place - 1))
        ),
        lambda place: make_timestamp(list_extract(contacts, place))
    ) as contacts
from gathered
