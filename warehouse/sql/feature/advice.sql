-- one row per pair in which advice was given: how much should have been reported back, and how much was
--
-- Advice is due two sessions after it was given (definitions, health score).
select
    advice.pair_id,
    count(*) filter (where advice.n_sessions_since >= 2)::integer as n_advice_due,
    count(*) filter (where advice.n_sessions_since >= 2 and advice.reported_at is not null)::integer
        as n_advice_reported
from core.advice as advice
where advice.given_at is not null
group by advice.pair_id
