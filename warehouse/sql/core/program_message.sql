-- one row per message of the program to a side of a pair, or to both: one that arrived, or a hold-out's
--
-- A reminder of something else, such as a survey, asks nobody whether all is well: it is no check-in.
select
    event_id,
    pair_id,
    occurred_at,
    occurred_on,
    party,
    event_type <> 'ops.support_contact_made' as is_reminder,
    event_type = 'ops.support_contact_made'
    or upper(nudge_kind) like '%CHECK_IN%'
    or upper(nudge_kind) like '%CHECKIN%' as is_checkin,
    event_type = 'ops.nudge_suppressed' or coalesce(arm = 'holdout', false) as is_held_back
from staging.event
where
    pair_id is not null
    and (
        event_type = 'ops.nudge_sent'
        or (event_type = 'ops.nudge_suppressed' and reason = 'holdout')
        or (event_type = 'ops.support_contact_made' and coalesce(is_reached, true))
    )
