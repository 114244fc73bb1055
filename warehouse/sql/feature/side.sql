-- one row per pair and side ('mentor', 'mentee'): everything about that side alone, in its active days
with silence as (
    select * from feature.silence
),

run as (
    select * from ref.run
),

away as (
    select distinct
        side_leave.pair_id,
        side_leave.side
    from core.side_leave as side_leave
    inner join run on run.as_of::date between side_leave.starts_on and side_leave.ends_on
)

select
    silence.pair_id,
    silence.side,
    coalesce(turn.owes_n, 0) as owes_n,
    coalesce(turn.owes_n_days, 0) as owes_n_days,
    turn.owes_since,
    turn.owes_days,
    silence.silence_days,
    silence.last_touch_at,
    away.pair_id is not null as is_on_leave,
    coalesce(turn.asked, 0) as asked,
    coalesce(turn.answered, 0) as answered,
    turn.reply_days,
    coalesce(attendance.no_show_streak, 0) as no_show_streak,
    attendance.no_show_days,
    nudge.checkin_unanswered_days,
    rating.rating,
    rating.last_rating,
    rating.rated_days,
    rating.n_ratings,
    voice.fit,
    coalesce(voice.is_natural_end_asked, false) as is_natural_end_asked
from silence
left join away on silence.pair_id = away.pair_id and silence.side = away.side
left join feature.turn as turn on silence.pair_id = turn.pair_id and silence.side = turn.side
left join feature.attendance as attendance
    on silence.pair_id = attendance.pair_id and silence.side = attendance.side
left join feature.nudge as nudge on silence.pair_id = nudge.pair_id and silence.side = nudge.side
left join feature.rating as rating on silence.pair_id = rating.pair_id and silence.side = rating.side
left join feature.voice as voice on silence.pair_id = voice.pair_id and silence.side = voice.side
