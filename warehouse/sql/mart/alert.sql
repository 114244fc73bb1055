-- one row per alert of a pair: why, what became of it, what followed, and what managers found it to be
with alert as (
    select * from core.alert
),

outcome as (
    select * from feature.alert_outcome
)

select
    alert.pair_id,
    alert.alert_id,
    alert.signal,
    alert.reason,
    alert.onset_on,
    alert.model,
    alert.arm,
    alert.raised_at,
    alert.closed_at,
    alert.closed_for,
    alert.snoozed_until_on,
    alert.dismissed_for,
    alert.status,
    outcome.verdict,
    outcome.outcome,
    outcome.lead_days,
    coalesce(outcome.verdict = 'wrong', false) as is_wrong
from alert
left join outcome on alert.pair_id = outcome.pair_id and alert.alert_id = outcome.alert_id
