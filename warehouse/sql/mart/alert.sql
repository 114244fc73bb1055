-- one row per alert of a pair, with whether a manager found it wrong
select
    alert.pair_id,
    alert.alert_id,
    alert.signal,
    alert.reason,
    alert.onset_on,
    alert.model,
    alert.raised_at,
    alert.closed_at,
    alert.closed_for,
    alert.snoozed_until_on,
    alert.dismissed_for,
    alert.status,
    coalesce(alert.dismissed_for like '%wrong%', false) as is_wrong
from core.alert as alert
