-- one row per pair and side that was ever asked something: what it owes, and how quickly it answers
with mentor as (
    select * from core.dialogue
),

mentee as (
    select * from core.dialogue
),

clock as (
    select * from core.clock
),

-- Told from two readings of the table: out of one, an engine would copy all lists before it parts them.
told as (
    select
        pair_id,
        'mentor' as side,
        mentor_asked as asked,
        mentor_is_owed as is_owed,
        mentor_answers as answers
    from mentor
    union all
    select
        pair_id,
        'mentee' as side,
        mentee_asked as asked,
        mentee_is_owed as is_owed,
        mentee_answers as answers
    from mentee
),

owed as (
    select
        pair_id,
        side,
        asked,
        answers,
        list_filter(
            generate_series(1, array_length(asked)), lambda place: list_extract(is_owed, place)
        ) as places
    from told
    where array_length(asked) > 0
),

listed as (
    select
        pair_id,
        side,
        list_transform(places, lambda place: list_extract(asked, place)) as asked,
        list_transform(places, lambda place: list_extract(answers, place)) as answers
    from owed
    where array_length(places) > 0
),

dated as (
    select
        pair_id,
        side,
        asked,
        array_length(list_filter(answers, lambda answer: answer is not null)) as n_answered,
        list_transform(asked, lambda instant: date_diff('day', '2000-01-01'::date, instant::date))
            as asked_nos,
        list_transform(answers, lambda instant: date_diff('day', '2000-01-01'::date, instant::date))
            as answered_nos
    from listed
),

clocked as (
    select
        dated.pair_id,
        dated.side,
        dated.asked,
        dated.n_answered,
        dated.asked_nos,
        dated.answered_nos,
        case dated.side when 'mentor' then clock.mentor_off else clock.mentee_off end as off
    from dated
    left join clock on dated.pair_id = clock.pair_id
),

-- As the clock of the side asked counts, where it ever stands still.
timed as (
    select
        pair_id,
        side,
        asked,
        n_answered,
        case
            when off is null then asked_nos
            else list_transform(
                asked_nos,
                lambda day_no: day_no - greatest(
                    0, list_max(list_transform(off, lambda each: each.shift + least(day_no, each.until_day)))
                )
            )
        end as asked_days,
        case
            when off is null then answered_nos
            else list_transform(
                answered_nos,
                lambda day_no: day_no - greatest(
                    0, list_max(list_transform(off, lambda each: each.shift + least(day_no, each.until_day)))
                )
            )
        end as answered_days
    from clocked
),

-- Acts of one instant get one answer: the first of them stands for all. What is open comes last.
replied as (
    select
        pair_id,
        side,
        asked,
        n_answered,
        asked_days,
        answered_days,
        list_filter(
            generate_series(1, array_length(asked)),
            lambda place: place <= n_answered
            and (place = 1 or list_extract(asked, place) <> list_extract(asked, place - 1))
        ) as firsts,
        list_filter(generate_series(1, array_length(asked)), lambda place: place > n_answered) as opens
    from timed
),

sorted as (
    select
        pair_id,
        side,
        asked,
        n_answered,
        asked_days,
        list_transform(opens, lambda place: list_extract(asked, place)) as open_asked,
        list_sort(
            list_transform(
                firsts, lambda place: list_extract(answered_days, place) - list_extract(asked_days, place)
            )
        ) as replies,
        array_length(firsts) as n_replies
    from replied
)

select
    pair_id,
    side,
    array_length(open_asked)::integer as owes_n,
    array_length(array_distinct(list_transform(open_asked, lambda instant: instant::date)))::integer
        as owes_n_days,
    list_extract(open_asked, 1) as owes_since,
    list_extract(asked_days, n_answered + 1)::integer as owes_since_day,
    array_length(asked)::integer as asked,
    n_answered::integer as answered,
    -- The median.
    case
        when n_replies > 0
            then (
                list_extract(replies, (n_replies + 1) // 2) + list_extract(replies, n_replies // 2 + 1)
            ) / 2.0
    end::double as reply_days
from sorted
