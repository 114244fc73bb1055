-- one row per program or cohort, curve and age at which somebody ended, and every thirtieth day
select
    curve.program_id,
    curve.cohort_id,
    curve.is_whole,
    curve.curve,
    curve.day,
    curve.rate,
    curve.low,
    curve.high,
    curve.n_at_risk,
    curve.n_ended
from signal.ending_curve as curve
