-- one row per cohort and outcome: how it compares with the other pairs of its program at the same age
select
    comparison.program_id,
    comparison.cohort_id,
    comparison.outcome,
    comparison.from_day,
    comparison.age_days,
    comparison.n_pairs,
    comparison.n_others,
    comparison.n_ended,
    comparison.n_others_ended,
    comparison.rate,
    comparison.low,
    comparison.high,
    comparison.others_rate,
    comparison.others_low,
    comparison.others_high,
    comparison.p_value,
    comparison.verdict,
    comparison.sentence,
    comparison.sentence_message
from signal.ending_comparison as comparison
