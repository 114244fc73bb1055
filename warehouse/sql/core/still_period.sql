-- one row per pair, clock ('mentor', 'mentee', 'pair') and reason for which that clock stands still a while
with pair as (
    select * from core.pair
),

pause as (
    select * from core.pause
),

away as (
    select * from core.side_leave
),

closed as (
    select * from core.break
),

-- What stops every clock of a pair: its own pauses and the breaks of its program or cohort.
still as (
    select pair_id, starts_on, ends_on
    from pause
    union all
    select pair.pair_id, closed.starts_on, closed.ends_on
    from pair
    inner join closed
        on
            pair.program_id = closed.program_id
            and (closed.cohort_id is null or closed.cohort_id = pair.cohort_id)
)

select still.pair_id, clock.clock, still.starts_on, still.ends_on
from still
cross join (values ('mentor'), ('mentee'), ('pair')) as clock (clock)
union all
select pair_id, side as clock, starts_on, ends_on
from away
union all
select pair_id, 'pair' as clock, starts_on, ends_on
from away
