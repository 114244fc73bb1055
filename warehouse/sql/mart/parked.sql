-- one row per pair and source whose events wait: since when, and whether that is too long
select
    parked.pair_id,
    parked.source,
    parked.program_id,
    case
        when date_diff('day', parked.first_recorded_at::date, run.known_at::date) > run.pending_days
            then 'ref.unknown'
        else 'ref.pending'
    end as code,
    parked.n_events,
    parked.first_recorded_at
from staging.parked as parked
cross join ref.run as run
