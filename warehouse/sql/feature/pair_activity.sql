-- one row per pair on its clock: how much happened lately between the two
--
-- Days are those of the pair's own clock, without pauses and breaks.
with pair as (
    select * from core.pair
),

contact_day as (
    select * from feature.contact_day
),

day as (
    select * from core.day
),

touch as (
    select * from core.touch
),

session as (
    select * from feature.session
),

run as (
    select * from ref.run
),

ending as (
    select * from core.ending
),

-- An end stops the pair's clock; the silence after it goes on by the calendar.
today as (
    select
        day.pair_id,
        day.pair_day + case
            when ending.ended_at is null then 0
            else date_diff('day', ending.ended_at::date, run.as_of::date)
        end as pair_day,
        run.as_of::date as on_date
    from day
    inner join run on day.on_date = run.as_of::date
    left join ending on day.pair_id = ending.pair_id
),

rhythm as (
    select
        contact_day.pair_id,
        count(*)::integer as n_contact_days,
        max(contact_day.contacted_on) as last_contact_on,
        (max(today.pair_day) - max(contact_day.pair_day))::integer as silence_days,
        (max(today.pair_day) - min(contact_day.pair_day))::integer as known_days,
        median(contact_day.gap_days)::double as gap_median,
        max(contact_day.gap_days) as gap_max,
        max(case when contact_day.recency = 1 then contact_day.gap_days end) as gap_1,
        count(*) filter (where today.pair_day - contact_day.pair_day < 7)::integer as n_contacts_7d,
        count(*) filter (where today.pair_day - contact_day.pair_day < 14)::integer as n_contacts_14d,
        count(*) filter (where today.pair_day - contact_day.pair_day < 28)::integer as n_contacts_28d,
        count(*) filter (where today.pair_day - contact_day.pair_day < 56)::integer as n_contacts_56d
    from contact_day
    inner join today on contact_day.pair_id = today.pair_id
    group by contact_day.pair_id
),

aged as (
    select
        touch.pair_id,
        touch.event_type,
        touch.side in ('mentor', 'both') as is_mentor,
        touch.side in ('mentee', 'both') as is_mentee,
        date_diff('day', touch.touched_at::date, run.as_of::date) as age_days
    from touch
    cross join run
),

turned as (
    select
        pair_id,
        min(case when is_mentee then age_days end)::integer as mentee_silence_days,
        min(case when is_mentor then age_days end)::integer as mentor_silence_days,
        count(*) filter (where is_mentee)::integer as n_mentee_touches,
        count(*) filter (where is_mentor)::integer as n_mentor_touches,
        count(*) filter (where is_mentee and age_days < 28)::integer as n_mentee_touches_28d,
        count(*) filter (where is_mentor and age_days < 28)::integer as n_mentor_touches_28d,
        count(*) filter (where event_type = 'exchange.async_update_sent')::integer as n_updates,
        min(case when event_type = 'exchange.async_update_sent' then age_days end)::integer
            as update_silence_days
    from aged
    group by pair_id
)

select
    today.pair_id,
    today.on_date,
    coalesce(rhythm.n_contact_days, 0) as n_contact_days,
    rhythm.last_contact_on,
    rhythm.silence_days,
    rhythm.known_days,
    rhythm.gap_median,
    rhythm.gap_max,
    rhythm.gap_1,
    coalesce(rhythm.n_contacts_7d, 0) as n_contacts_7d,
    coalesce(rhythm.n_contacts_14d, 0) as n_contacts_14d,
    coalesce(rhythm.n_contacts_28d, 0) as n_contacts_28d,
    coalesce(rhythm.n_contacts_56d, 0) as n_contacts_56d,
    turned.mentee_silence_days,
    turned.mentor_silence_days,
    coalesce(turned.n_mentee_touches, 0) as n_mentee_touches,
    coalesce(turned.n_mentor_touches, 0) as n_mentor_touches,
    coalesce(turned.n_mentee_touches_28d, 0) as n_mentee_touches_28d,
    coalesce(turned.n_mentor_touches_28d, 0) as n_mentor_touches_28d,
    coalesce(turned.n_updates, 0) as n_updates,
    turned.update_silence_days,
    coalesce(session.n_no_shows, 0) + coalesce(session.n_late_cancels, 0) as n_missed,
    coalesce(session.push_streak, 0) as push_streak
from pair
inner join today on pair.pair_id = today.pair_id
left join rhythm on today.pair_id = rhythm.pair_id
left join turned on today.pair_id = turned.pair_id
left join session on today.pair_id = session.pair_id
