-- one row per time a run found another policy in force than before
select
    program_id,
    occurred_at as set_at,
    recorded_at,
    policy_fingerprint,
    changes,
    settings,
    source
from staging.event
where event_type = 'program.policy_set'
