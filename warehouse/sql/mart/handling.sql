-- one row per pair on whose alerts somebody decided, with whether that keeps the pair off the list
with handling as (
    select * from core.handling
),

foremost as (
    select * from mart.pair_reason where ordinal = 1
),

run as (
    select * from ref.run
)

select
    handling.pair_id,
    handling.event_id,
    handling.alert_id,
    handling.alert_state,
    handling.handling,
    handling.until_on,
    handling.reason,
    handling.handled_at,
    -- Another reason, or the same one begun anew since, is another alert: it is on the list at once.
    coalesce(
        run.as_of::date < handling.until_on
        and (handling.alert_state is null or handling.alert_state = foremost.code)
        and (foremost.since_on is null or foremost.since_on <= handling.handled_at::date),
        false
    ) as is_quiet
from handling
cross join run
left join foremost on handling.pair_id = foremost.pair_id
