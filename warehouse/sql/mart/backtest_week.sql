-- one row per target, method and week of the last backtest
select
    record.target,
    record.method,
    record.on_date,
    record.n_pairs,
    record.n_silent,
    record.n_alerts,
    record.n_right
from signal.backtest_week as record
