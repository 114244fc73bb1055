-- one row per target, method and metric of the last backtest
select
    record.target,
    record.method,
    record.metric,
    record.value,
    record.low,
    record.high,
    record.n_rows,
    record.n_pairs,
    record.n_weeks,
    record.from_on,
    record.to_on
from signal.backtest as record
