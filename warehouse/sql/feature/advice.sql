-- one row per pair in which advice was given: how much should have been reported back, and how much was
--
-- Advice is due after `advice_sessions` more sessions (definitions, health score).
select
    advice.pair_id,
    count(*) filter (where advice.n_sessions_since >= run.advice_sessions)::integer as n_advice_due,
    count(*) filter (
        where advice.n_sessions_since >= run.advice_sessions and advice.reported_at is not null
    )::integer as n_advice_reported
from core.advice as advice
cross join ref.run as run
where advice.given_at is not null
group by advice.pair_id
