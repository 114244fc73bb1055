-- one row per pair, clock ('mentor', 'mentee', 'pair') and merged period in which that clock stands still
with period as (
    select * from core.still_period
),

reached as (
    select
        pair_id,
        clock,
        starts_on,
        ends_on,
        max(ends_on) over (
            partition by pair_id, clock
            order by starts_on asc nulls last, ends_on asc nulls last
            rows between unbounded preceding and 1 preceding
        ) as reach
    from period
),

island as (
    select
        pair_id,
        clock,
        starts_on,
        ends_on,
        sum(case when starts_on <= (reach + interval 1 day)::date then 0 else 1 end) over (
            partition by pair_id, clock
            order by starts_on asc nulls last, ends_on asc nulls last
            rows between unbounded preceding and current row
        )::integer as ordinal
    from reached
),

merged as (
    select
        pair_id,
        clock,
        min(starts_on) as starts_on,
        max(ends_on) as ends_on
    from island
    group by pair_id, clock, ordinal
)

select
    pair_id,
    clock,
    starts_on,
    ends_on,
    coalesce(
        sum(date_diff('day', starts_on::date, ends_on::date) + 1) over (
            partition by pair_id, clock
            order by starts_on asc nulls last
            rows between unbounded preceding and 1 preceding
        ),
        0
    )::integer as n_days_before
from merged
