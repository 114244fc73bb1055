-- one row per pair, instant and side that was asked something: how often, and when that side turned back
with mentor as (
    select * from core.dialogue
),

mentee as (
    select * from core.dialogue
),

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

act as (
    select
        pair_id,
        side,
        unnest(list_transform(generate_series(1, array_length(asked)), lambda place: {
            'asked_at': list_extract(asked, place),
            'is_owed': list_extract(is_owed, place),
            'answered_at': list_extract(answers, place)
        })) as ask
    from told
    where array_length(asked) > 0
)

select
    act.pair_id,
    act.side as party,
    ask.asked_at,
    ask.asked_at::date as asked_on,
    count(*) filter (where ask.is_owed)::integer as n_asks,
    max(ask.answered_at) as answered_at
from act
group by act.pair_id, act.side, ask.asked_at
