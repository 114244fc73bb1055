-- one row per number about how pairs come together and pair or first message that counts in it
with outreach as (
    select * from core.outreach
),

-- Of the pairs there are: a refresh reads those that are touched alone.
match as (
    select told.*
    from feature.match as told
    inner join core.pair as known on told.pair_id = known.pair_id
),

lifecycle as (
    select * from core.lifecycle where accepted_at is not null
),

party as (
    select * from core.pair_party
),

person as (
    select * from core.person
),

closed as (
    select * from core.ending
),

run as (
    select * from ref.run
),

ending as (
    select * from closed where end_reason in ('ghosted_by_mentor', 'ghosted_by_mentee')
),

ask as (
    select * from core.ask where n_asks > 0 and answered_at is null
),

-- How long the side that waited did so before the end.
moved_on as (
    select
        ending.pair_id,
        ending.ended_at::date as ended_on,
        date_diff('day', min(ask.asked_at)::date, ending.ended_at::date) as n_days
    from ending
    inner join ask
        on
            ending.pair_id = ask.pair_id
            and ending.end_reason = 'ghosted_by_' || ask.party
            and ask.asked_at <= ending.ended_at
    group by ending.pair_id, ending.ended_at
),

-- Both are trained from the day the second was.
ready as (
    select
        party.pair_id,
        case when bool_and(person.trained_on is not null) then max(person.trained_on) end as trained_on
    from party
    left join person on party.person_id = person.person_id
    group by party.pair_id
),

-- A first message counts once it was answered, or the time for that is over.
decided as (
    select
        outreach.pair_id,
        outreach.replied_on,
        case when outreach.is_relationship then lifecycle.accepted_at::date end as accepted_on,
        least(
            outreach.replied_on,
            (outreach.sent_at::date + run.outreach_days * interval 1 day)::date
        ) as decided_on
    from outreach
    cross join run
    left join lifecycle on outreach.pair_id = lifecycle.pair_id
    where outreach.outcome not in ('open', 'bounced')
),

mismatched as (
    select
        match.pair_id,
        match.mismatch_days,
        match.is_mismatch_acknowledged,
        match.rematched_on,
        closed.ended_at::date as ended_on
    from match
    inner join closed on match.pair_id = closed.pair_id
    where match.mismatch is not null
),

measured as (
    select
        'days_to_match' as practice,
        match.pair_id,
        lifecycle.accepted_at::date as counts_on,
        null as reached_on,
        match.days_to_match as amount,
        null::text as evidence
    from match
    inner join lifecycle on match.pair_id = lifecycle.pair_id
    where match.days_to_match is not null
    union all
    select
        'outreach_reply' as practice,
        pair_id,
        decided_on as counts_on,
        replied_on as reached_on,
        null as amount,
        null::text as evidence
    from decided
    union all
    select
        'outreach_match' as practice,
        pair_id,
        decided_on as counts_on,
        accepted_on as reached_on,
        null as amount,
        null::text as evidence
    from decided
    union all
    select
        'checklist' as practice,
        pair_id,
        sent_at::date as counts_on,
        null as reached_on,
        n_checklist / 5.0 as amount,
        null::text as evidence
    from outreach
    where n_checklist is not null
    union all
    select
        'reporting_line' as practice,
        match.pair_id,
        lifecycle.accepted_at::date as counts_on,
        case when match.is_reporting_line then lifecycle.accepted_at::date end as reached_on,
        null as amount,
        null::text as evidence
    from match
    inner join lifecycle on match.pair_id = lifecycle.pair_id
    union all
    select
        'need_distance' as practice,
        pair_id,
        compared_on as counts_on,
        null as reached_on,
        need_distance as amount,
        null::text as evidence
    from match
    where need_distance is not null
    union all
    select
        'fit_mentee' as practice,
        pair_id,
        mentee_fit_on as counts_on,
        case when mentee_first_fit = 'good' then mentee_fit_on end as reached_on,
        null as amount,
        mentee_fit_evidence as evidence
    from match
    where mentee_first_fit is not null
    union all
    select
        'fit_mentor' as practice,
        pair_id,
        mentor_fit_on as counts_on,
        case when mentor_first_fit = 'good' then mentor_fit_on end as reached_on,
        null as amount,
        mentor_fit_evidence as evidence
    from match
    where mentor_first_fit is not null
    union all
    select
        'mismatch_days' as practice,
        pair_id,
        ended_on as counts_on,
        null as reached_on,
        mismatch_days as amount,
        null::text as evidence
    from mismatched
    union all
    select
        'mismatch_acknowledged' as practice,
        pair_id,
        ended_on as counts_on,
        case when is_mismatch_acknowledged then ended_on end as reached_on,
        null as amount,
        null::text as evidence
    from mismatched
    union all
    select
        'rematched' as practice,
        pair_id,
        ended_on as counts_on,
        rematched_on as reached_on,
        null as amount,
        null::text as evidence
    from mismatched
    union all
    select
        'move_on_days' as practice,
        pair_id,
        ended_on as counts_on,
        null as reached_on,
        n_days as amount,
        null::text as evidence
    from moved_on
    union all
    select
        'trained' as practice,
        lifecycle.pair_id,
        lifecycle.accepted_at::date as counts_on,
        ready.trained_on as reached_on,
        null as amount,
        null::text as evidence
    from lifecycle
    inner join ready on lifecycle.pair_id = ready.pair_id
)

select
    practice,
    pair_id,
    counts_on::date as counts_on,
    reached_on::date as reached_on,
    1 as n_units,
    amount::double as amount,
    evidence
from measured
