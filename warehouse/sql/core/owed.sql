-- one row per pair and side that was ever asked something: what it owes, and how quickly it answers
with dialogue as (
    select * from core.dialogue
),

clock as (
    select * from core.clock
),

owed as (
    select
        dialogue.pair_id,
        dialogue.side,
        list_filter(dialogue.asks, lambda ask: ask.is_owed) as asks,
        case dialogue.side when 'mentor' then clock.mentor_off else clock.mentee_off end as off
    from dialogue
    left join clock on dialogue.pair_id = clock.pair_id
),

dated as (
    select
        pair_id,
        side,
        off,
        list_transform(asks, lambda ask: {
            'asked_at': ask.asked_at,
            'is_open': ask.answered_at is null,
            'asked_no': date_diff('day', '2000-01-01'::date, ask.asked_at::date),
            'answered_no': date_diff('day', '2000-01-01'::date, ask.answered_at::date)
        }) as asks
    from owed
    where array_length(asks) > 0
),

-- As the clock of the side asked counts.
timed as (
    select
        pair_id,
        side,
        list_transform(asks, lambda ask: {
            'asked_at': ask.asked_at,
            'is_open': ask.is_open,
            'asked_day': ask.asked_no - greatest(
                0,
                list_max(
                    list_transform(off, lambda each: each.shift + least(ask.asked_no, each.until_day))
                )
            ),
            'answered_day': ask.answered_no - greatest(
                0,
                list_max(
                    list_transform(off, lambda each: each.shift + least(ask.answered_no, each.until_day))
                )
            )
        }) as asks
    from dated
),

-- Acts of one instant get one answer: the first of them stands for all.
replied as (
    select
        pair_id,
        side,
        asks,
        list_filter(asks, lambda ask: ask.is_open) as open_asks,
        list_filter(
            list_transform(
                generate_series(1, array_length(asks)),
                lambda place: case
                    when
                        place = 1
                        or list_extract(asks, place).asked_at <> list_extract(asks, place - 1).asked_at
                        then list_extract(asks, place).answered_day - list_extract(asks, place).asked_day
                end
            ),
            lambda n_days: n_days is not null
        ) as replies
    from timed
),

sorted as (
    select
        pair_id,
        side,
        asks,
        open_asks,
        list_sort(replies) as replies,
        array_length(replies) as n_replies
    from replied
)

select
    pair_id,
    side,
    array_length(open_asks)::integer as owes_n,
    array_length(array_distinct(list_transform(open_asks, lambda ask: ask.asked_at::date)))::integer
        as owes_n_days,
    list_min(list_transform(open_asks, lambda ask: ask.asked_at)) as owes_since,
    list_min(list_transform(open_asks, lambda ask: ask.asked_day))::integer as owes_since_day,
    array_length(asks)::integer as asked,
    (array_length(asks) - array_length(open_asks))::integer as answered,
    -- The median.
    case
        when n_replies > 0
            then (
                list_extract(replies, (n_replies + 1) // 2) + list_extract(replies, n_replies // 2 + 1)
            ) / 2.0
    end::double as reply_days
from sorted
