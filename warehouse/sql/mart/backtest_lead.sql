-- one row per method and step of lead of the last backtest
select
    record.method,
    record.lead_days,
    record.n_silences
from signal.backtest_lead as record
