-- one row per build: the model that the risk of this build was judged by
select
    model.basis,
    model.sha256,
    model.is_synthetic,
    model.is_calibrated,
    model.trained_from,
    model.trained_to,
    model.n_windows,
    model.n_pairs,
    model.n_silent,
    model.base_rate,
    model.average_precision,
    model.brier,
    model.calibration_slope,
    model.limits
from signal.risk_model as model
