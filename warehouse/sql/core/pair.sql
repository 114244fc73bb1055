-- one row per pair: who, where, of what kind, and what the two agreed on
with event as (
    select * from staging.event where pair_id is not null
),

party as (
    select * from core.pair_party
),

term as (
    select * from core.term
),

run as (
    select * from ref.run
),

place as (
    select
        pair_id,
        program_id,
        cohort_id,
        max(occurred_at) as last_at
    from event
    group by pair_id, program_id, cohort_id
),

placed as (
    select
        pair_id,
        max_by(program_id, (last_at, program_id)) filter (where program_id is not null) as program_id,
        max_by(cohort_id, (last_at, cohort_id)) filter (where cohort_id is not null) as cohort_id
    from place
    group by pair_id
),

agreed as (
    select
        pair_id,
        max_by(form, order_key) filter (where form is not null) as form,
        max_by(direction, order_key) filter (where direction is not null) as direction,
        max_by(modality, order_key) filter (where modality is not null) as modality,
        max_by(cadence_days, order_key) filter (where cadence_days is not null) as cadence_days,
        max_by(planned_end_on, order_key) filter (where planned_end_on is not null) as planned_end_on
    from event
    where event_type in ('relationship.type_set', 'relationship.cadence_agreed', 'relationship.started')
    group by pair_id
),

people as (
    select
        pair_id,
        max(case when side = 'mentee' and ordinal = 1 then person_id end) as mentee_id,
        max(case when side = 'mentor' and ordinal = 1 then person_id end) as mentor_id,
        count(*)::integer as n_people
    from party
    group by pair_id
)

select
    placed.pair_id,
    coalesce(placed.program_id, run.program_id) as program_id,
    coalesce(placed.cohort_id, placed.program_id, run.program_id) as cohort_id,
    agreed.form,
    agreed.direction,
    agreed.modality,
    people.mentee_id,
    people.mentor_id,
    coalesce(people.n_people, 0) as n_people,
    agreed.cadence_days,
    -- An informal relationship has no term and therefore no overdue end.
    coalesce(agreed.planned_end_on, case when agreed.form is distinct from 'informal' then term.ends_on end)
        as planned_end_on
from placed
cross join run
left join agreed on placed.pair_id = agreed.pair_id
left join people on placed.pair_id = people.pair_id
left join term on placed.cohort_id = term.cohort_id
