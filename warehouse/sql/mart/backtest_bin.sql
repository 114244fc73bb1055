-- one row per target, method and tenth of the probabilities it said in the last backtest
select
    record.target,
    record.method,
    record.bin,
    record.n,
    record.predicted_rate,
    record.observed_rate,
    record.low,
    record.high
from signal.backtest_bin as record
