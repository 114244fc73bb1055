-- one row per target, method, group of people and number of the last backtest
select
    record.target,
    record.method,
    record.field,
    record.group_value,
    record.metric,
    record.n,
    record.n_pairs,
    record.value,
    record.low,
    record.high
from signal.backtest_group as record
