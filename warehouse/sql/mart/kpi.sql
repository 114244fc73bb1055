-- one row per group (a program, or one of its cohorts) and number that tells how healthy it is
with told as (
    select * from signal.kpi
),

kpi as (
    select * from ref.kpi
),

run as (
    select * from ref.run
),

compared as (
    select distinct
        program_id,
        coalesce(cohort_id, '') as cohort_key
    from told
    where kpi = 'nudge_effect' and moment = 'now'
)

select
    told.program_id,
    told.cohort_id,
    kpi.ordinal,
    kpi.topic,
    told.kpi,
    kpi.unit,
    kpi.of_what,
    -- Turning silent is only known of the days of which it is kept what was shown.
    case when kpi.unit = 'per 100 pair-months' then run.history_days end as of_last_days,
    told.n,
    told.n_pairs,
    told.value,
    told.low,
    told.high,
    told.worst_evidence,
    before.value as value_before,
    before.n as n_before,
    -- Without a hold-out nobody knows how many would have come back on their own.
    case when told.kpi = 'nudge_resumed' and compared.program_id is null then 'observational' end as caveat
from told
cross join run
inner join kpi on told.kpi = kpi.kpi
left join told as before
    on
        told.program_id = before.program_id
        and coalesce(told.cohort_id, '') = coalesce(before.cohort_id, '')
        and told.kpi = before.kpi
        and before.moment = 'before'
left join compared
    on told.program_id = compared.program_id and coalesce(told.cohort_id, '') = compared.cohort_key
where told.moment = 'now'
