-- one row per accepted pair: from which active day on it was observed, until which, and why it ended
with life as (
    select * from core.life
),

off as (
    select * from core.off_period where clock = 'pair'
),

run as (
    select * from ref.run
),

-- The end itself stops the clock; its own day still counts.
mark as (
    select
        life.pair_id,
        'left' as kind,
        life.accepted_on,
        coalesce(life.closed_on, run.as_of::date) as on_date,
        coalesce((life.closed_on - interval 1 day)::date, run.as_of::date) as off_until
    from life
    cross join run
    union all
    select
        pair_id,
        'entered' as kind,
        accepted_on,
        entered_on as on_date,
        entered_on as off_until
    from life
    where entered_on is not null
),

stood as (
    select
        mark.pair_id,
        mark.kind,
        sum(
            date_diff(
                'day',
                greatest(off.starts_on, (mark.accepted_on + interval 1 day)::date)::date,
                least(off.ends_on, mark.off_until)::date
            ) + 1
        )::integer as n_days
    from mark
    inner join off
        on
            mark.pair_id = off.pair_id
            and off.starts_on <= mark.off_until
            and off.ends_on > mark.accepted_on
            and mark.off_until > mark.accepted_on
    group by mark.pair_id, mark.kind
),

reading as (
    select
        mark.pair_id,
        mark.kind,
        greatest(
            date_diff('day', mark.accepted_on::date, mark.on_date::date) - coalesce(stood.n_days, 0), 0
        )::integer as day_no
    from mark
    left join stood on mark.pair_id = stood.pair_id and mark.kind = stood.kind
)

select
    life.pair_id,
    pair.program_id,
    pair.cohort_id,
    pair.mentee_id,
    pair.mentor_id,
    entered.day_no as entered_day,
    closed.day_no as left_day,
    life.cause
from life
inner join core.pair as pair on life.pair_id = pair.pair_id
inner join reading as closed on life.pair_id = closed.pair_id and closed.kind = 'left'
left join reading as entered on life.pair_id = entered.pair_id and entered.kind = 'entered'
