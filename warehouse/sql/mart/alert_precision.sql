-- one row per way to judge alerts: how often they were right
select
    found.judged_by,
    found.n,
    found.n_right,
    found.value,
    found.low,
    found.high
from signal.alert_precision as found
