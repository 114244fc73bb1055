-- one row per pair with a mutual contact: its contacts and the days of them, the latest first
with dialogue as (
    select * from core.dialogue
),

touch as (
    select * from core.touch
),

clock as (
    select * from core.clock
),

-- What is known of an instant, of whichever side and source: the best evidence there is for it.
seen as (
    select
        pair_id,
        list(touched_at) filter (where event_type = 'session.held') as held,
        list(touched_at) filter (where evidence = 'observed') as observed,
        list(touched_at) filter (where evidence = 'attested2') as attested2,
        list(touched_at) filter (where evidence = 'attested1') as attested1,
        list(touched_at) filter (where evidence = 'assumed') as assumed
    from touch
    group by pair_id
),

gathered as (
    select
        pair_id,
        list_reverse_sort(flatten(list(contacts))) as instants
    from dialogue
    group by pair_id
),

-- Sessions are told by both sides, and one letter may answer several.
told_once as (
    select
        pair_id,
        list_filter(
            list_transform(
                generate_series(1, array_length(instants)),
                lambda place: case
                    when place = 1 or list_extract(instants, place) <> list_extract(instants, place - 1)
                        then list_extract(instants, place)
                end
            ),
            lambda instant: instant is not null
        ) as instants
    from gathered
    where array_length(instants) > 0
),

dated as (
    select
        pair_id,
        instants,
        list_filter(
            list_transform(
                generate_series(1, array_length(instants)),
                lambda place: case
                    when place = 1 or list_extract(instants, place)::date <> list_extract(instants, place - 1)::date
                        then list_extract(instants, place)::date
                end
            ),
            lambda on_date: on_date is not null
        ) as dates
    from told_once
),

numbered as (
    select
        pair_id,
        instants,
        dates,
        list_transform(dates, lambda on_date: date_diff('day', '2000-01-01'::date, on_date::date)) as day_nos
    from dated
),

counted as (
    select
        numbered.pair_id,
        numbered.instants,
        numbered.dates,
        list_transform(
            numbered.day_nos,
            lambda day_no: day_no - greatest(
                0, list_max(list_transform(clock.pair_off, lambda off: off.shift + least(day_no, off.until_day)))
            )
        ) as pair_days
    from numbered
    left join clock on numbered.pair_id = clock.pair_id
)

select
    counted.pair_id,
    list_transform(counted.instants, lambda instant: {
        'contacted_at': instant,
        'is_session': coalesce(array_contains(seen.held, instant), false),
        'evidence': case
            when array_contains(seen.observed, instant) then 'observed'
            when array_contains(seen.attested2, instant) then 'attested2'
            when array_contains(seen.attested1, instant) then 'attested1'
            when array_contains(seen.assumed, instant) then 'assumed'
            else 'inferred'
        end
    }) as contacts,
    list_transform(generate_series(1, array_length(counted.dates)), lambda place: {
        'contacted_on': list_extract(counted.dates, place),
        'pair_day': list_extract(counted.pair_days, place)::integer,
        -- Nobody meets twice in no time: two dates inside one pause still lie a day apart.
        'gap_days': case
            when place < array_length(counted.dates)
                then greatest(
                    1, list_extract(counted.pair_days, place) - list_extract(counted.pair_days, place + 1)
                )::integer
        end,
        'recency': place::integer
    }) as days
from counted
inner join seen on counted.pair_id = seen.pair_id
