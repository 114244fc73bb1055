-- one row per program and comparison: whether pairs are back sooner after an alert
select
    effect.program_id,
    effect.comparison,
    effect.n_treated,
    effect.n_treated_back,
    effect.n_others,
    effect.n_others_back,
    effect.value,
    effect.low,
    effect.high
from signal.nudge_effect as effect
