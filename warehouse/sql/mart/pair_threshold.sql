-- one row per running pair and sign a band rests on: its value beside the threshold it would have to cross
with run as (
    select * from ref.run
),

feature as (
    select * from feature.pair
),

judged as (
    select * from signal.pair
),

-- The side that has kept the other waiting longer: the signs of silence of one side are about it.
side as (
    select
        pair_id,
        coalesce(mentee_owes_days, -1) > coalesce(mentor_owes_days, -1) as is_mentee
    from feature
),

pair as (
    select
        judged.pair_id,
        judged.silence_ratio,
        judged.health,
        judged.coverage,
        judged.tau_days,
        feature.age_days,
        feature.n_contacts,
        feature.has_safety_flag,
        coalesce(feature.mentor_fit = 'poor', false)
        or coalesce(feature.mentee_fit = 'poor', false) as is_fit_poor,
        coalesce(
            case when side.is_mentee then feature.mentee_owes_n_days else feature.mentor_owes_n_days end, 0
        ) as n_unanswered,
        coalesce(
            case when side.is_mentee then feature.mentee_owes_days else feature.mentor_owes_days end, 0
        ) as owed_days,
        coalesce(feature.mentor_no_show_streak, 0) as mentor_no_shows,
        coalesce(feature.mentee_no_show_streak, 0) as mentee_no_shows,
        not feature.is_mentor_on_leave
        and not feature.is_mentee_on_leave
        and not (
            coalesce(feature.confirmed_label, '') in ('in_rhythm', 'resumed')
            and not coalesce(feature.last_contact_at > feature.label_at, false)
        ) as is_silence_counted
    from judged
    inner join feature on judged.pair_id = feature.pair_id
    inner join side on judged.pair_id = side.pair_id
    where judged.stage in ('accepted', 'forming', 'active', 'light_mode')
),

sign as (
    select
        pair.pair_id,
        1 as ordinal,
        'safety_flag' as code,
        'needs_check_in' as leads_to,
        case when pair.has_safety_flag then 1.0 else 0.0 end::double as value,
        1.0::double as threshold,
        true as is_counted
    from pair
    union all
    select
        pair.pair_id,
        2 as ordinal,
        'poor_fit' as code,
        'needs_check_in' as leads_to,
        case when pair.is_fit_poor then 1.0 else 0.0 end::double as value,
        1.0::double as threshold,
        true as is_counted
    from pair
    union all
    select
        pair.pair_id,
        3 as ordinal,
        'not_started_days' as code,
        'needs_check_in' as leads_to,
        pair.age_days::double as value,
        run.not_started_days::double as threshold,
        pair.n_contacts = 0 as is_counted
    from pair
    cross join run
    union all
    select
        pair.pair_id,
        4 as ordinal,
        'unanswered_acts' as code,
        'needs_check_in' as leads_to,
        pair.n_unanswered::double as value,
        run.suspected_acts::double as threshold,
        true as is_counted
    from pair
    cross join run
    union all
    select
        pair.pair_id,
        5 as ordinal,
        'unanswered_days' as code,
        'needs_check_in' as leads_to,
        pair.owed_days::double as value,
        greatest(run.suspected_days, run.waiting_ratio * coalesce(pair.tau_days, 0))::double as threshold,
        pair.n_unanswered > 0 as is_counted
    from pair
    cross join run
    union all
    select
        pair.pair_id,
        6 as ordinal,
        'no_shows' as code,
        'needs_check_in' as leads_to,
        greatest(pair.mentor_no_shows, pair.mentee_no_shows)::double as value,
        run.presumed_no_shows::double as threshold,
        true as is_counted
    from pair
    cross join run
    union all
    select
        pair.pair_id,
        7 as ordinal,
        'silence' as code,
        'needs_check_in' as leads_to,
        pair.silence_ratio::double as value,
        run.needs_ratio::double as threshold,
        pair.is_silence_counted
    from pair
    cross join run
    union all
    select
        pair.pair_id,
        8 as ordinal,
        'silence_watch' as code,
        'watch' as leads_to,
        pair.silence_ratio::double as value,
        run.watch_ratio::double as threshold,
        pair.is_silence_counted
    from pair
    cross join run
    union all
    select
        pair.pair_id,
        9 as ordinal,
        'health' as code,
        'needs_check_in' as leads_to,
        pair.health::double as value,
        run.watch_score::double as threshold,
        pair.is_silence_counted and coalesce(pair.coverage >= run.too_early_coverage, false) as is_counted
    from pair
    cross join run
    union all
    select
        pair.pair_id,
        10 as ordinal,
        'health_watch' as code,
        'watch' as leads_to,
        pair.health::double as value,
        run.on_track_score::double as threshold,
        pair.is_silence_counted and coalesce(pair.coverage >= run.too_early_coverage, false) as is_counted
    from pair
    cross join run
)

select
    sign.pair_id,
    sign.ordinal,
    sign.code,
    sign.leads_to,
    sign.value,
    sign.threshold,
    case
        when sign.code in ('health', 'health_watch') then coalesce(sign.value < sign.threshold, false)
        else coalesce(sign.value >= sign.threshold, false)
    end as is_crossed,
    sign.is_counted
from sign
