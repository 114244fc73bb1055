-- one row per accepted pair: from when on it was observed, when it closed and of which cause
with lifecycle as (
    select * from core.lifecycle where accepted_at is not null
),

ending as (
    select * from core.ending
),

run as (
    select * from ref.run
),

learnt as (
    select * from core.learnt
),

-- Going on without the program is a natural end, unless another end was said before.
lived as (
    select
        lifecycle.pair_id,
        pair.cohort_id,
        lifecycle.accepted_at::date as accepted_on,
        learnt.learnt_on,
        least(ending.ended_at, lifecycle.network_at)::date as closed_on,
        case
            when ending.ended_at is null and lifecycle.network_at is null then null
            when lifecycle.network_at <= coalesce(ending.ended_at, lifecycle.network_at) then 'natural'
            when ending.is_end_disputed or coalesce(ending.end_reason, 'unknown') = 'unknown' then 'unclear'
            when
                ending.end_reason in ('goals_met', 'term_completed', 'needs_evolved', 'moved_to_network')
                and not ending.is_auto_closed
                then 'natural'
            when ending.end_reason in ('ghosted_by_mentor', 'ghosted_by_mentee', 'faded')
                then ending.end_reason
            when ending.end_reason like 'mismatch.%' then 'mismatch'
            else 'other'
        end as cause
    from lifecycle
    inner join core.pair as pair on lifecycle.pair_id = pair.pair_id
    inner join learnt on lifecycle.pair_id = learnt.pair_id
    left join ending on lifecycle.pair_id = ending.pair_id
),

-- An import that brings finished pairs along left nobody out: its cohort was seen from the start.
whole as (
    select lived.cohort_id
    from lived
    cross join run
    where date_diff('day', lived.closed_on::date, lived.learnt_on::date) > run.feed_late_days
    group by lived.cohort_id
)

select
    lived.pair_id,
    lived.accepted_on,
    case
        when
            whole.cohort_id is null
            and date_diff('day', lived.accepted_on::date, lived.learnt_on::date) > run.feed_late_days
            then lived.learnt_on
    end as entered_on,
    lived.closed_on,
    lived.cause
from lived
cross join run
left join whole on lived.cohort_id = whole.cohort_id
