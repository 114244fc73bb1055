-- one row per survey and side of a pair that it went out to: when it is due, and when it was answered
--
-- A survey that names no pair went to both sides of all pairs that were then running. Who left the program
-- while a survey was due and had not answered it was not there to answer: it went out in vain and has no row.
with event as (
    select * from staging.event where event_type like 'survey.%'
),

life as (
    select * from core.life
),

pair as (
    select * from core.pair
),

party as (
    select * from core.pair_party
),

departure as (
    select * from core.departure
),

promised as (
    select * from core.wave
),

run as (
    select * from ref.run
),

wave as (
    select distinct
        cohort_id,
        wave,
        instrument,
        party,
        occurred_on
    from event
    where event_type = 'survey.sent' and pair_id is null
),

running as (
    select
        life.pair_id,
        pair.cohort_id,
        life.accepted_on,
        coalesce(life.closed_on, '9999-12-31'::date) as closed_on
    from life
    inner join pair on life.pair_id = pair.pair_id
),

addressed as (
    select
        pair_id,
        wave,
        instrument,
        party,
        occurred_on
    from event
    where event_type = 'survey.sent' and pair_id is not null
    union all
    select
        running.pair_id,
        wave.wave,
        wave.instrument,
        wave.party,
        wave.occurred_on
    from wave
    cross join running
    where
        coalesce(wave.cohort_id, running.cohort_id) = running.cohort_id
        and running.accepted_on <= wave.occurred_on
        and running.closed_on > wave.occurred_on
),

asked as (
    select
        addressed.pair_id,
        addressed.wave,
        addressed.instrument,
        side.side,
        min(addressed.occurred_on) as sent_on
    from addressed
    cross join (
        values
        ('mentor'),
        ('mentee')
    ) as side (side)
    where coalesce(addressed.party, side.side) = side.side
    group by addressed.pair_id, addressed.wave, addressed.instrument, side.side
),

answered as (
    select
        event.pair_id,
        event.wave,
        event.instrument,
        coalesce(event.party, party.side, event.actor_role) as side,
        min(event.occurred_on) as answered_on
    from event
    left join party on event.pair_id = party.pair_id and event.actor_id = party.person_id
    where event.event_type in ('survey.answered', 'survey.choice_made') and event.pair_id is not null
    group by event.pair_id, event.wave, event.instrument, coalesce(event.party, party.side, event.actor_role)
),

due as (
    select
        asked.*,
        (asked.sent_on + run.survey_days * interval 1 day)::date as due_on
    from asked
    cross join run
),

in_vain as (
    select distinct
        due.pair_id,
        due.side,
        due.wave,
        due.instrument
    from due
    inner join departure
        on
            due.pair_id = departure.pair_id
            and due.side = departure.side
            and due.sent_on <= departure.left_at::date
            and due.due_on >= departure.left_at::date
)

select
    due.pair_id,
    due.side,
    due.wave,
    due.instrument,
    due.sent_on,
    due.due_on,
    answered.answered_on,
    due.due_on > run.as_of::date as is_open,
    promised.small_group
from due
cross join run
left join promised on due.wave = promised.wave and due.instrument = promised.instrument
left join answered
    on
        due.pair_id = answered.pair_id
        and due.wave = answered.wave
        and due.instrument = answered.instrument
        and due.side = answered.side
left join in_vain
    on
        due.pair_id = in_vain.pair_id
        and due.wave = in_vain.wave
        and due.instrument = in_vain.instrument
        and due.side = in_vain.side
where answered.answered_on is not null or in_vain.pair_id is null
