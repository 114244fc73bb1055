-- one row per break declared for a program, or for one cohort of it
select distinct
    coalesce(event.program_id, run.program_id) as program_id,
    event.cohort_id,
    event.starts_on,
    event.ends_on
from staging.event as event
cross join ref.run as run
where event.event_type = 'program.break_declared'
