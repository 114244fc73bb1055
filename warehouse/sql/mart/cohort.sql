-- one row per cohort: how many of its pairs are where
with member as (
    select * from feature.group_pair
),

sized as (
    select
        program_id,
        cohort_id,
        row_number() over (
            partition by program_id
            order by count(*) asc nulls last, cohort_id asc nulls last
        )::integer as nth
    from member
    where cohort_id is not null and not is_hidden
    group by program_id, cohort_id
),

-- Programs of which too few pairs would be left once the cohorts told of are taken away.
given_away as (
    select distinct member.program_id
    from member
    left join member as counted
        on
            member.program_id = counted.program_id
            and member.pair_id = counted.pair_id
            and counted.cohort_id is null
    where member.is_hidden and counted.pair_id is null
),

told as (
    select
        sized.program_id,
        sized.cohort_id
    from sized
    left join given_away on sized.program_id = given_away.program_id
    where given_away.program_id is null or sized.nth > 1
),

pair as (
    select
        pair.cohort_id,
        pair.program_id,
        pair.stage,
        pair.state,
        pair.band,
        pair.is_success,
        pair.silence_ratio,
        pair.n_sessions_held,
        pair.accepted_at,
        pair.stage in ('accepted', 'forming', 'active', 'light_mode') as is_active,
        pair.state not in ('no_contact_feed', 'data_late') as is_seen
    from mart.pair as pair
    where pair.stage <> 'declined'
),

counted as (
    select
        cohort_id,
        max(program_id) as program_id,
        count(*)::integer as n_pairs,
        count(*) filter (where is_active)::integer as n_active,
        count(*) filter (where band = 'on_track')::integer as n_on_track,
        count(*) filter (where band = 'watch')::integer as n_watch,
        count(*) filter (where band = 'needs_check_in')::integer as n_needs_check_in,
        count(*) filter (where band = 'too_early')::integer as n_too_early,
        count(*) filter (where band = 'paused')::integer as n_paused,
        count(*) filter (where band = 'closing')::integer as n_closing,
        count(*) filter (where band = 'ended')::integer as n_ended,
        count(*) filter (where band = 'ended' and is_success)::integer as n_ended_success,
        count(*) filter (where state = 'never_started')::integer as n_never_started,
        round(
            (median(silence_ratio) filter (where is_active and is_seen))::double,
            6
        ) as median_silence_ratio,
        sum(n_sessions_held)::integer as n_sessions_held,
        min(accepted_at)::date as first_accepted_on,
        max(accepted_at)::date as last_accepted_on
    from pair
    group by cohort_id
)

select
    counted.cohort_id,
    counted.program_id,
    counted.n_pairs,
    counted.n_active,
    counted.n_on_track,
    counted.n_watch,
    counted.n_needs_check_in,
    counted.n_too_early,
    counted.n_paused,
    counted.n_closing,
    counted.n_ended,
    counted.n_ended_success,
    counted.n_never_started,
    counted.median_silence_ratio,
    counted.n_sessions_held,
    counted.first_accepted_on,
    counted.last_accepted_on,
    told.cohort_id is not null as is_told
from counted
left join told on counted.cohort_id = told.cohort_id and counted.program_id = told.program_id
