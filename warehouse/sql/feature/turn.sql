-- one row per pair and side that was ever asked something: what it owes, and how quickly it answers
with owed as (
    select * from core.owed
),

today as (
    select * from core.today
)

select
    owed.pair_id,
    owed.side,
    owed.owes_n,
    owed.owes_n_days,
    owed.owes_since,
    (
        case owed.side when 'mentor' then today.mentor_day else today.mentee_day end - owed.owes_since_day
    )::integer as owes_days,
    owed.asked,
    owed.answered,
    owed.reply_days
from owed
inner join today on owed.pair_id = today.pair_id
