-- one row per pair: how much happened lately, in the pair, around its people and in its cohort
--
-- What the risk of falling silent is estimated from. People and cohorts are counted by the calendar, across
-- all their pairs.
with pair as (
    select * from core.pair
),

own as (
    select * from feature.pair_activity
),

contact_day as (
    select * from feature.contact_day
),

event as (
    select * from staging.event
),

run as (
    select * from ref.run
),

-- A sign of life anywhere: a person's acts in any pair, letters to many included. No event tells of a login;
-- the nearest to it is anything at all that a person did.
alive as (
    select
        event.actor_id as person_id,
        date_diff('day', event.occurred_on::date, run.as_of::date) as age_days,
        (
            event.event_type like 'exchange.%' or event.event_type like 'session.%'
            or event.event_type like 'prep.%' or event.event_type like 'followup.%'
        ) as is_act
    from event
    cross join run
    where event.actor_id is not null
),

person as (
    select
        person_id,
        min(age_days)::integer as unseen_days,
        min(age_days) filter (where is_act)::integer as silence_days,
        count(*) filter (where is_act and age_days < 28)::integer as n_acts_28d
    from alive
    group by person_id
),

cohort as (
    select
        pair.cohort_id,
        max(contact_day.contacted_on) as last_contact_on,
        count(*) filter (
            where date_diff('day', contact_day.contacted_on::date, run.as_of::date) < 7
        )::integer as n_contacts_7d,
        count(*) filter (
            where date_diff('day', contact_day.contacted_on::date, run.as_of::date) < 28
        )::integer as n_contacts_28d
    from contact_day
    inner join pair on contact_day.pair_id = pair.pair_id
    cross join run
    group by pair.cohort_id
)

select
    pair.pair_id,
    pair.cohort_id,
    pair.mentee_id,
    pair.mentor_id,
    own.on_date,
    own.n_contact_days,
    own.last_contact_on,
    own.silence_days,
    own.known_days,
    own.gap_median,
    own.gap_max,
    own.gap_1,
    own.n_contacts_7d,
    own.n_contacts_14d,
    own.n_contacts_28d,
    own.n_contacts_56d,
    own.mentee_silence_days,
    own.mentor_silence_days,
    own.n_mentee_touches,
    own.n_mentor_touches,
    own.n_mentee_touches_28d,
    own.n_mentor_touches_28d,
    own.n_updates,
    own.update_silence_days,
    mentee.silence_days as mentee_away_days,
    mentor.silence_days as mentor_away_days,
    coalesce(mentee.n_acts_28d, 0) as n_mentee_acts_28d,
    coalesce(mentor.n_acts_28d, 0) as n_mentor_acts_28d,
    least(mentee.unseen_days, mentor.unseen_days, own.mentee_silence_days, own.mentor_silence_days)
        as unseen_days,
    own.n_missed,
    own.push_streak,
    cohort.last_contact_on as cohort_last_contact_on,
    coalesce(cohort.n_contacts_7d, 0) as n_cohort_contacts_7d,
    coalesce(cohort.n_contacts_28d, 0) as n_cohort_contacts_28d
from pair
inner join own on pair.pair_id = own.pair_id
left join person as mentee on pair.mentee_id = mentee.person_id
left join person as mentor on pair.mentor_id = mentor.person_id
left join cohort on pair.cohort_id = cohort.cohort_id
