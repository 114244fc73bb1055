-- one row per pair and session of which it was told that it was held or is over: the best evidence of it
--
-- By the session it is counted as: a call in a report may be one that a calendar planned.
with event as (
    select * from staging.event where event_type in ('session.held', 'session.date_passed')
),

session_key as (
    select * from core.session_key
)

select
    event.pair_id,
    coalesce(session_key.key_id, event.session_id) as session_id,
    case
        when bool_or(event.evidence = 'observed') then 'observed'
        when bool_or(event.evidence = 'attested2') then 'attested2'
        when bool_or(event.evidence = 'attested1') then 'attested1'
        else min(event.evidence)
    end as evidence,
    max(event.occurred_on) as over_on
from event
left join session_key
    on event.pair_id = session_key.pair_id and event.session_id = session_key.session_id
group by event.pair_id, coalesce(session_key.key_id, event.session_id)
