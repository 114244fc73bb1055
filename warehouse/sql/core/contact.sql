-- one row per pair and instant of mutual contact: a session held, or an answer (dated at the answer)
with history as (
    select * from core.contact_history
),

told as (
    select
        pair_id,
        unnest(contacts) as contact
    from history
)

select
    pair_id,
    contact.contacted_at,
    contact.contacted_at::date as contacted_on,
    contact.is_session,
    contact.evidence
from told
