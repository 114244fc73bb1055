-- one row per pair and reason for its risk of falling silent, the weightiest first
select
    reason.pair_id,
    reason.ordinal,
    reason.code,
    reason.reason,
    reason.reason_message,
    reason.log_odds
from signal.pair_risk_reason as reason
