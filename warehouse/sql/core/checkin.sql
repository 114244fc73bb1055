-- one row per check-in of the program with a side, or with both, that arrived
select
    event_id,
    pair_id,
    occurred_at,
    occurred_on,
    party
from core.program_message
where is_checkin and not is_held_back
