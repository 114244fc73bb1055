-- one row per check-in of the program with a side, or with both, that arrived
--
-- A reminder of something else, such as a survey, asks nobody whether all is well.
select
    event_id,
    pair_id,
    occurred_at,
    occurred_on,
    party
from staging.event
where
    pair_id is not null
    and (
        (
            event_type = 'ops.nudge_sent'
            and coalesce(arm, 'treated') = 'treated'
            and (upper(nudge_kind) like '%CHECK_IN%' or upper(nudge_kind) like '%CHECKIN%')
        )
        or (event_type = 'ops.support_contact_made' and coalesce(is_reached, true))
    )
