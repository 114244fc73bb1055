-- one row per pair: how the two were brought together, how well that fits, and how a mismatch was handled
--
-- Need against expertise: of all words for what the mentee looks for (persona and topics of goals, each as
-- often as it is named), the share that the mentor's profile does not offer. Case makes no difference.
with event as (
    select * from staging.event
    where
        event_type like 'goal.%'
        or event_type like 'match.%'
        or event_type in ('participant.profile_completed', 'search.source_recorded')
),

pair as (
    select * from core.pair
),

lifecycle as (
    select * from core.lifecycle
),

ending as (
    select * from core.ending
),

person as (
    select * from core.person
),

session as (
    select
        pair_id,
        min(held_at) as first_held_at
    from core.session
    where held_at is not null
    group by pair_id
),

named as (
    select pair_id, unnest(expertise) as word, occurred_on
    from event
    where event_type = 'goal.persona_defined' and pair_id is not null
    union all
    select pair_id, topic as word, occurred_on
    from event
    where event_type = 'goal.set' and pair_id is not null and topic is not null
),

wanted as (
    select
        pair_id,
        upper(word) as word,
        count(*)::integer as n_named,
        min(occurred_on) as named_on
    from named
    group by pair_id, upper(word)
),

profiled as (
    select person_id, unnest(expertise) as word, occurred_on
    from event
    where event_type = 'participant.profile_completed'
),

offered as (
    select distinct person_id, upper(word) as word
    from profiled
),

profile as (
    select person_id, min(occurred_on) as profiled_on
    from profiled
    group by person_id
),

compared as (
    select
        pair.pair_id,
        sum(wanted.n_named)::integer as n_wanted,
        greatest(min(wanted.named_on), max(profile.profiled_on)) as compared_on,
        sum(case when offered.word is not null then wanted.n_named else 0 end)::integer as n_offered
    from pair
    inner join profile on pair.mentor_id = profile.person_id
    inner join wanted on pair.pair_id = wanted.pair_id
    left join offered on pair.mentor_id = offered.person_id and wanted.word = offered.word
    group by pair.pair_id
),

told as (
    select
        pair_id,
        max_by(match_mode, order_key) filter (where match_mode is not null) as match_mode,
        bool_or(is_reporting_line) as is_reporting_line,
        max_by(channel_source, order_key) filter (where channel_source is not null) as channel_source,
        max_by(reason, order_key) filter (where event_type = 'match.declined') as declined_reason,
        max_by(guidance, order_key) filter (where guidance is not null) as guidance,
        coalesce(bool_or(event_type = 'match.rematched'), false) as is_rematched,
        min(occurred_on) filter (where event_type = 'match.rematched') as rematched_on
    from event
    where
        pair_id is not null
        and (
            event_type like 'match.%'
            or event_type in ('search.source_recorded', 'goal.persona_defined', 'goal.set')
        )
    group by pair_id
),

-- What each side said first once the two had met.
rated as (
    select
        event.pair_id,
        event.party,
        event.fit,
        event.occurred_on,
        event.evidence,
        row_number() over (
            partition by event.pair_id, event.party
            order by event.occurred_at asc nulls last, event.event_id asc nulls last
        )::bigint as nth
    from event
    inner join session on event.pair_id = session.pair_id and event.occurred_at >= session.first_held_at
    where event.event_type = 'match.fit_rated'
),

fit as (
    select
        pair_id,
        max(case when party = 'mentor' and nth = 1 then fit end) as mentor_first_fit,
        max(case when party = 'mentee' and nth = 1 then fit end) as mentee_first_fit,
        max(case when party = 'mentor' and nth = 1 then occurred_on end) as mentor_fit_on,
        max(case when party = 'mentee' and nth = 1 then occurred_on end) as mentee_fit_on,
        max(case when party = 'mentor' and nth = 1 then evidence end) as mentor_fit_evidence,
        max(case when party = 'mentee' and nth = 1 then evidence end) as mentee_fit_evidence,
        min(case when fit = 'poor' then occurred_on end) as poor_on
    from rated
    group by pair_id
)

select
    pair.pair_id,
    told.match_mode,
    mentor.is_voluntary as is_mentor_voluntary,
    told.channel_source,
    coalesce(told.is_reporting_line, false) as is_reporting_line,
    told.guidance,
    told.declined_reason,
    case
        when person.registered_at <= lifecycle.accepted_at
            then date_diff('day', person.registered_at::date, lifecycle.accepted_at::date)
    end::integer as days_to_match,
    fit.mentor_first_fit,
    fit.mentee_first_fit,
    fit.mentor_fit_on,
    fit.mentee_fit_on,
    fit.mentor_fit_evidence,
    fit.mentee_fit_evidence,
    compared.n_wanted,
    compared.n_offered,
    compared.compared_on,
    round(1.0 - 1.0 * compared.n_offered / compared.n_wanted, 6)::double as need_distance,
    case when ending.end_reason like 'mismatch.%' and not ending.is_end_disputed then ending.end_reason end
        as mismatch,
    -- Recognised when a side first called the fit poor, at the latest at the end.
    case
        when ending.end_reason like 'mismatch.%' and not ending.is_end_disputed
            then
                greatest(
                    0,
                    date_diff(
                        'day',
                        lifecycle.accepted_at::date,
                        least(coalesce(fit.poor_on, ending.ended_at::date), ending.ended_at::date)::date
                    )
                )
    end::integer as mismatch_days,
    case when ending.end_reason like 'mismatch.%' then ending.is_end_acknowledged end
        as is_mismatch_acknowledged,
    coalesce(told.is_rematched, false) as is_rematched,
    told.rematched_on
from pair
left join told on pair.pair_id = told.pair_id
left join lifecycle on pair.pair_id = lifecycle.pair_id
left join ending on pair.pair_id = ending.pair_id
left join person on pair.mentee_id = person.person_id
left join person as mentor on pair.mentor_id = mentor.person_id
left join compared on pair.pair_id = compared.pair_id
left join fit on pair.pair_id = fit.pair_id
