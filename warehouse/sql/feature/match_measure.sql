-- one row per number about how pairs come together and pair or first message that counts in it
with outreach as (
    select * from core.outreach
),

match as (
    select * from feature.match
),

lifecycle as (
    select * from core.lifecycle where accepted_at is not null
),

party as (
    select * from core.pair_party
),

event as (
    select * from staging.event where event_type = 'participant.trained'
),

ending as (
    select * from core.ending where end_reason in ('ghosted_by_mentor', 'ghosted_by_mentee')
),

ask as (
    select * from core.ask where n_asks > 0 and answered_at is null
),

-- How long the side that waited did so before the end.
moved_on as (
    select
        ending.pair_id,
        date_diff('day', min(ask.asked_at)::date, ending.ended_at::date) as n_days
    from ending
    inner join ask
        on
            ending.pair_id = ask.pair_id
            and ending.end_reason = 'ghosted_by_' || ask.party
            and ask.asked_at <= ending.ended_at
    group by ending.pair_id, ending.ended_at
),

trained as (
    select distinct person_id
    from event
),

ready as (
    select
        party.pair_id,
        bool_and(trained.person_id is not null) as is_trained
    from party
    left join trained on party.person_id = trained.person_id
    group by party.pair_id
),

measured as (
    select
        'days_to_match' as practice,
        pair_id,
        false as is_reached,
        days_to_match as amount
    from match
    where days_to_match is not null
    union all
    select
        'outreach_reply' as practice,
        pair_id,
        outcome in ('replied', 'declined') as is_reached,
        null as amount
    from outreach
    where outcome not in ('open', 'bounced')
    union all
    select
        'outreach_match' as practice,
        pair_id,
        is_relationship as is_reached,
        null as amount
    from outreach
    where outcome not in ('open', 'bounced')
    union all
    select
        'checklist' as practice,
        pair_id,
        false as is_reached,
        n_checklist / 5.0 as amount
    from outreach
    where n_checklist is not null
    union all
    select
        'reporting_line' as practice,
        match.pair_id,
        match.is_reporting_line as is_reached,
        null as amount
    from match
    inner join lifecycle on match.pair_id = lifecycle.pair_id
    union all
    select
        'need_distance' as practice,
        pair_id,
        false as is_reached,
        need_distance as amount
    from match
    where need_distance is not null
    union all
    select
        'fit_mentee' as practice,
        pair_id,
        mentee_first_fit = 'good' as is_reached,
        null as amount
    from match
    where mentee_first_fit is not null
    union all
    select
        'fit_mentor' as practice,
        pair_id,
        mentor_first_fit = 'good' as is_reached,
        null as amount
    from match
    where mentor_first_fit is not null
    union all
    select
        'mismatch_days' as practice,
        pair_id,
        false as is_reached,
        mismatch_days as amount
    from match
    where mismatch is not null
    union all
    select
        'mismatch_acknowledged' as practice,
        pair_id,
        is_mismatch_acknowledged as is_reached,
        null as amount
    from match
    where mismatch is not null
    union all
    select
        'rematched' as practice,
        pair_id,
        is_rematched as is_reached,
        null as amount
    from match
    where mismatch is not null
    union all
    select
        'move_on_days' as practice,
        pair_id,
        false as is_reached,
        n_days as amount
    from moved_on
    union all
    select
        'trained' as practice,
        lifecycle.pair_id,
        ready.is_trained as is_reached,
        null as amount
    from lifecycle
    inner join ready on lifecycle.pair_id = ready.pair_id
)

select
    practice,
    pair_id,
    is_reached,
    1 as n_units,
    amount::double as amount
from measured
