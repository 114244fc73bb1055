-- one row per pair on whose alerts somebody decided, with whether that keeps the pair off the list
with handling as (
    select * from core.handling
),

foremost as (
    select * from mart.pair_reason where ordinal = 1
),

run as (
    select * from ref.run
),

-- Another reason, or the same one begun anew since, is another alert: nobody has decided about that one.
decided as (
    select
        handling.*,
        coalesce(
            (handling.alert_state is null or handling.alert_state = foremost.code)
            and (foremost.since_on is null or foremost.since_on <= handling.handled_at::date),
            false
        ) as is_current
    from handling
    left join foremost on handling.pair_id = foremost.pair_id
)

select
    decided.pair_id,
    decided.event_id,
    decided.alert_id,
    decided.alert_state,
    decided.handling,
    decided.until_on,
    decided.reason,
    decided.handled_at,
    decided.is_current,
    decided.is_current and coalesce(run.as_of::date < decided.until_on, false) as is_quiet
from decided
cross join run
