-- one row per time that a person left the program
select
    event_id,
    person_id,
    occurred_at,
    recorded_at,
    reason,
    source,
    evidence,
    visibility
from staging.event
where event_type = 'participant.withdrew' and person_id is not null
