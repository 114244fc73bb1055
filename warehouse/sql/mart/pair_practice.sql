-- one row per pair: how it lives the practices of the guide, for its file
with pair as (
    select * from core.pair
),

match as (
    select * from feature.match
),

judged as (
    select * from signal.pair
),

overlap as (
    select * from feature.overlap
),

scheduling as (
    select * from feature.scheduling
),

preparation as (
    select * from feature.preparation
),

development as (
    select * from feature.development
),

home as (
    select * from core.home
),

holiday as (
    select * from ref.holiday
),

run as (
    select * from ref.run
),

side as (
    select
        pair_id,
        max(case when side = 'mentor' then country end) as mentor_country,
        max(case when side = 'mentee' then country end) as mentee_country,
        max(case when side = 'mentor' then session_minutes end)::integer as session_minutes,
        max(case when side = 'mentor' then off_minutes end)::integer as mentor_off_minutes,
        max(case when side = 'mentee' then off_minutes end)::integer as mentee_off_minutes,
        max(case when side = 'mentor' then n_answers_off end)::integer as mentor_answers_off,
        max(case when side = 'mentee' then n_answers_off end)::integer as mentee_answers_off,
        max(case when side = 'mentor' then reply_work_hours end)::double as mentor_reply_work_hours,
        max(case when side = 'mentee' then reply_work_hours end)::double as mentee_reply_work_hours
    from feature.side_hour
    group by pair_id
),

-- The next public holiday of either, within a month.
coming as (
    select
        home.pair_id,
        min(holiday.on_date) as next_holiday_on
    from home
    cross join run
    inner join holiday
        on
            home.country = holiday.country
            and home.subdivision = holiday.subdivision
            and holiday.on_date between run.as_of::date and (run.as_of::date + interval 30 day)::date
    group by home.pair_id
),

whose as (
    select
        coming.pair_id,
        coming.next_holiday_on,
        case when count(distinct home.side) = 2 then 'both' else max(home.side) end as next_holiday_of
    from coming
    inner join home on coming.pair_id = home.pair_id
    inner join holiday
        on
            home.country = holiday.country
            and home.subdivision = holiday.subdivision
            and coming.next_holiday_on = holiday.on_date
    group by coming.pair_id, coming.next_holiday_on
)

select
    pair.pair_id,

    -- time
    side.mentee_country,
    side.mentor_country,
    overlap.overlap_hours,
    overlap.is_overlap_short,
    coalesce(
        judged.stage in ('accepted', 'forming', 'active', 'light_mode')
        and (overlap.is_overlap_short or scheduling.push_streak > 1),
        false
    ) as is_short_of_time,
    side.session_minutes,
    side.mentee_off_minutes,
    side.mentor_off_minutes,
    side.mentee_answers_off,
    side.mentor_answers_off,
    side.mentee_reply_work_hours,
    side.mentor_reply_work_hours,
    whose.next_holiday_on,
    whose.next_holiday_of,
    scheduling.n_moved,
    scheduling.push_streak,
    scheduling.notice_hours,
    scheduling.n_light_sessions,
    scheduling.n_updates,
    scheduling.n_mentee_late,
    scheduling.n_mentor_late,
    scheduling.late_minutes,
    scheduling.n_overran,
    scheduling.overran_minutes,
    scheduling.n_shortened,
    scheduling.n_joins_hours_off,
    scheduling.mentor_present_rate,

    -- matching
    match.match_mode,
    match.channel_source,
    match.is_reporting_line,
    match.guidance,
    match.days_to_match,
    match.mentee_first_fit,
    match.mentor_first_fit,
    match.n_wanted,
    match.n_offered,
    match.need_distance,
    match.mismatch,
    match.mismatch_days,
    match.is_mismatch_acknowledged,
    match.is_rematched,

    -- preparation
    preparation.n_held,
    preparation.n_prepared,
    preparation.n_question_lists,
    preparation.n_full_question_lists,
    preparation.n_notes,
    preparation.n_agendas,
    preparation.n_mentee_agendas,
    preparation.n_proposed,
    preparation.n_mentee_proposed,
    preparation.n_thanks,
    preparation.n_specific_thanks,
    preparation.n_takeaways,
    preparation.is_confidentiality_stated,
    preparation.n_messages,
    preparation.n_messages_elsewhere,

    -- growth
    development.n_short_goals,
    development.n_long_goals,
    development.n_skill_goals,
    development.n_skills_gained,
    development.n_goals_done,
    development.n_goals_dropped,
    development.n_guidance_kinds,
    development.n_feedback,
    development.n_full_feedback,
    development.n_corrective,
    development.n_stretch,
    development.n_stretch_done,
    development.n_introductions,
    development.n_introductions_led,
    development.n_advocacy,
    development.n_endorsements,
    development.days_to_advocacy,
    development.n_failures_shared
from pair
inner join match on pair.pair_id = match.pair_id
left join judged on pair.pair_id = judged.pair_id
left join overlap on pair.pair_id = overlap.pair_id
left join side on pair.pair_id = side.pair_id
left join whose on pair.pair_id = whose.pair_id
left join scheduling on pair.pair_id = scheduling.pair_id
left join preparation on pair.pair_id = preparation.pair_id
left join development on pair.pair_id = development.pair_id
