-- one row per running pair and cause: how likely the pair ends of it within 30 and within 60 days
select
    told.pair_id,
    told.cause,
    told.rate_30d,
    told.rate_60d
from signal.pair_risk_cause as told
