-- one row per accepted pair and day of the history: what was shown of it at the end of that day
--
-- As known at the run: records that came late count on the day they are about. The last day is the run's own.
select
    shown.pair_id,
    shown.day,
    shown.stage,
    shown.state,
    shown.band_raw,
    shown.band,
    shown.waiting_on,
    shown.health,
    shown.coverage,
    shown.health_frozen_on,
    shown.tau_days,
    shown.silence_ratio
from signal.pair_day as shown
