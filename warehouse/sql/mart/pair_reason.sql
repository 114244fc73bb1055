-- one row per pair and reason, the weightiest first
select
    reason.pair_id,
    reason.ordinal,
    reason.code,
    reason.reason,
    reason.reason_message,
    reason.value,
    reason.expected,
    reason.since_on
from signal.pair_reason as reason
