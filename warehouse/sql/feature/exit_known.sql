-- one row per pair and date of an end: whether somebody left, and when that was first known
--
-- A formal exit is an end that one of the two or the program declared and that is no natural end; a no
-- after the two had agreed, and a side that left the program, are such ends. A silence that was written
-- down as an end is no exit, nor is a time-out or the end of the program itself. A pair that began again
-- has left all the same: on that day nobody knew better.
select
    pair_id,
    occurred_at::date as ended_on,
    min(recorded_at) as known_at,
    bool_and(
        not coalesce(is_auto_closed, false)
        and (
            coalesce(end_reason, 'unknown')
            in ('time_constraints', 'life_event', 'left_organisation', 'conduct', 'unknown')
            or end_reason like 'mismatch.%'
        )
    ) as is_exit
from core.parting
where event_type <> 'relationship.moved_to_network'
group by pair_id, occurred_at::date
