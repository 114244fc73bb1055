-- one row per number about beginnings and accepted pair that counts in it
with lifecycle as (
    select * from core.lifecycle where accepted_at is not null
),

contact as (
    select * from core.contact
),

event as (
    select * from staging.event where pair_id is not null
),

session as (
    select * from core.session where held_at is not null
),

pair as (
    select * from core.pair
),

person as (
    select * from core.person
),

run as (
    select * from ref.run
),

accepted as (
    select
        lifecycle.pair_id,
        lifecycle.accepted_at::date as accepted_on,
        (lifecycle.accepted_at::date + run.not_started_days * interval 1 day)::date as contact_due_on,
        (lifecycle.accepted_at::date + run.agreement_days * interval 1 day)::date as month_on
    from lifecycle
    cross join run
),

numbered as (
    select
        pair_id,
        contacted_on,
        evidence,
        row_number() over (partition by pair_id order by contacted_at asc nulls last)::bigint as nth
    from contact
),

first_contact as (
    select
        accepted.pair_id,
        numbered.contacted_on,
        numbered.evidence
    from accepted
    inner join numbered
        on accepted.pair_id = numbered.pair_id and numbered.nth = 1
),

said as (
    select
        pair_id,
        min(occurred_on) filter (where event_type = 'relationship.expectations_agreed') as agreed_on,
        min(occurred_on) filter (where event_type = 'goal.set') as goals_on
    from event
    where event_type in ('relationship.expectations_agreed', 'goal.set')
    group by pair_id
),

held as (
    select
        pair_id,
        held_at::date as held_on,
        row_number() over (
            partition by pair_id
            order by held_at asc nulls last, session_id asc nulls last
        )::bigint as nth
    from session
),

measured as (
    select
        'activation' as kpi,
        accepted.pair_id,
        accepted.contact_due_on as counts_on,
        case
            when first_contact.contacted_on <= accepted.contact_due_on then accepted.contact_due_on
        end as reached_on,
        null as amount,
        first_contact.evidence
    from accepted
    left join first_contact on accepted.pair_id = first_contact.pair_id
    union all
    select
        'time_to_first_contact' as kpi,
        accepted.pair_id,
        first_contact.contacted_on as counts_on,
        null as reached_on,
        greatest(
            0, date_diff('day', accepted.accepted_on::date, first_contact.contacted_on::date)
        ) as amount,
        first_contact.evidence
    from accepted
    inner join first_contact on accepted.pair_id = first_contact.pair_id
    union all
    select
        'time_to_match' as kpi,
        accepted.pair_id,
        accepted.accepted_on as counts_on,
        null as reached_on,
        date_diff('day', person.registered_at::date, accepted.accepted_on::date) as amount,
        null::text as evidence
    from accepted
    inner join pair on accepted.pair_id = pair.pair_id
    inner join person on pair.mentee_id = person.person_id
    where person.registered_at::date <= accepted.accepted_on
    union all
    select
        'expectations_agreed' as kpi,
        accepted.pair_id,
        accepted.month_on as counts_on,
        case when said.agreed_on <= accepted.month_on then accepted.month_on end as reached_on,
        null as amount,
        null::text as evidence
    from accepted
    left join said on accepted.pair_id = said.pair_id
    union all
    select
        'goals_set' as kpi,
        accepted.pair_id,
        accepted.month_on as counts_on,
        case when said.goals_on <= accepted.month_on then accepted.month_on end as reached_on,
        null as amount,
        null::text as evidence
    from accepted
    left join said on accepted.pair_id = said.pair_id
    union all
    select
        'sustained' as kpi,
        accepted.pair_id,
        accepted.accepted_on as counts_on,
        held.held_on as reached_on,
        null as amount,
        null::text as evidence
    from accepted
    cross join run
    left join held on accepted.pair_id = held.pair_id and run.sustained_sessions = held.nth
)

select
    kpi,
    pair_id,
    counts_on::date as counts_on,
    reached_on::date as reached_on,
    1 as n_units,
    amount::double as amount,
    evidence
from measured
