-- one row per pair, side ('mentor', 'mentee') and date of core.day: what that side's own clock shows
select
    day.pair_id,
    'mentor' as side,
    day.on_date,
    day.mentor_day as side_day
from core.day as day
union all
select
    day.pair_id,
    'mentee' as side,
    day.on_date,
    day.mentee_day as side_day
from core.day as day
