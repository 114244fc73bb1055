-- one row per pair with a mutual contact: when first and last, and on which days, the latest first
with dialogue as (
    select * from core.dialogue
),

clock as (
    select * from core.clock
),

listed as (
    select
        pair_id,
        list_extract(contacts, array_length(contacts)) as first_contact_at,
        list_extract(contacts, 1) as last_contact_at,
        list_transform(contacts, lambda instant: instant::date) as dates
    from dialogue
    where array_length(contacts) > 0
),

dated as (
    select
        pair_id,
        first_contact_at,
        last_contact_at,
        list_transform(
            list_filter(
                generate_series(1, array_length(dates)),
                lambda place: place = 1 or list_extract(dates, place) <> list_extract(dates, place - 1)
            ),
            lambda place: list_extract(dates, place)
        ) as dates
    from listed
),

numbered as (
    select
        pair_id,
        first_contact_at,
        last_contact_at,
        dates,
        list_transform(dates, lambda on_date: date_diff('day', '2000-01-01'::date, on_date::date)) as day_nos
    from dated
),

clocked as (
    select
        numbered.pair_id,
        numbered.first_contact_at,
        numbered.last_contact_at,
        numbered.dates,
        numbered.day_nos,
        clock.pair_off
    from numbered
    left join clock on numbered.pair_id = clock.pair_id
),

-- A clock that never stands still need not be asked.
counted as (
    select
        pair_id,
        first_contact_at,
        last_contact_at,
        dates,
        case
            when pair_off is null then day_nos
            else list_transform(
                day_nos,
                lambda day_no: day_no - greatest(
                    0,
                    list_max(list_transform(pair_off, lambda off: off.shift + least(day_no, off.until_day)))
                )
            )
        end as pair_days,
        array_length(dates) as n_dates
    from clocked
)

select
    pair_id,
    first_contact_at,
    last_contact_at,
    dates,
    list_transform(pair_days, lambda pair_day: pair_day::integer) as pair_days,
    -- Nobody meets twice in no time: two dates inside one pause still lie a day apart.
    list_transform(
        list_filter(generate_series(1, n_dates), lambda place: place < n_dates),
        lambda place: greatest(
            1, list_extract(pair_days, place) - list_extract(pair_days, place + 1)
        )::integer
    ) as gaps
from counted
