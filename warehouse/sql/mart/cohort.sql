-- one row per cohort: how many of its pairs are where
with pair as (
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
)

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
