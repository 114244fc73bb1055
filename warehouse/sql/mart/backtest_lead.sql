-- one row per target, method and step of lead of the last backtest
select
    record.target,
    record.method,
    record.lead_days,
    record.n_silences
from signal.backtest_lead as record
