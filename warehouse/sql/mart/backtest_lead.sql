-- one row per target, method and step of lead of the last backtest of each target
select
    record.target,
    record.method,
    record.lead_days,
    record.n_silences
from signal.backtest_lead as record
