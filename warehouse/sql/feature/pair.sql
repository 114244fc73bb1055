-- one row per pair: everything the signals judge by; days are active days
select
    pair.pair_id,
    pair.program_id,
    pair.cohort_id,
    pair.form,
    pair.direction,
    pair.modality,
    pair.mentee_id,
    pair.mentor_id,

    -- lifecycle
    lifecycle.outreach_sent_at,
    lifecycle.is_outreach_bounced,
    lifecycle.proposed_at,
    lifecycle.declined_at,
    lifecycle.accepted_at,
    lifecycle.is_acceptance_inferred,
    lifecycle.started_at,
    pair.cadence_days,
    pair.planned_end_on,
    lifecycle.is_paused,
    lifecycle.paused_since,
    lifecycle.is_light_mode,
    lifecycle.closing_since,
    ending.ended_at,
    ending.end_reason,
    ending.end_initiator,
    ending.is_end_acknowledged,
    ending.is_goodbye_held,
    coalesce(ending.is_auto_closed, false) as is_auto_closed,
    coalesce(ending.is_end_disputed, false) as is_end_disputed,
    lifecycle.network_at,
    lifecycle.reopened_at,
    rhythm.age_days,

    -- contact
    rhythm.n_contacts,
    rhythm.first_contact_at,
    rhythm.last_contact_at,
    rhythm.silence_days,
    rhythm.gap_1,
    rhythm.gap_2,
    rhythm.gap_3,
    rhythm.gap_4,
    rhythm.gap_5,
    rhythm.gap_6,
    coalesce(session.n_sessions_held, 0) as n_sessions_held,
    coming.next_session_at,
    coalesce(adherence.n_windows, 0) as n_windows,
    coalesce(adherence.n_windows_met, 0) as n_windows_met,
    coalesce(adherence.is_drifting, false) as is_drifting,

    -- turns
    mentor.owes_n as mentor_owes_n,
    mentor.owes_n_days as mentor_owes_n_days,
    mentor.owes_since as mentor_owes_since,
    mentor.owes_days as mentor_owes_days,
    mentor.silence_days as mentor_silence_days,
    mentor.last_touch_at as last_mentor_touch_at,
    mentor.is_on_leave as is_mentor_on_leave,
    mentor.asked as mentor_asked,
    mentor.answered as mentor_answered,
    mentor.reply_days as mentor_reply_days,
    mentor.no_show_streak as mentor_no_show_streak,
    mentor.no_show_days as mentor_no_show_days,
    mentor.checkin_unanswered_days as mentor_checkin_unanswered_days,
    -- Asked for only where somebody may be called silent: since when is then counted by that side's clock.
    case when mentor.owes_n > 0 or standing.label_at is not null then clock.mentor_off end as mentor_off,
    mentee.owes_n as mentee_owes_n,
    mentee.owes_n_days as mentee_owes_n_days,
    mentee.owes_since as mentee_owes_since,
    mentee.owes_days as mentee_owes_days,
    mentee.silence_days as mentee_silence_days,
    mentee.last_touch_at as last_mentee_touch_at,
    mentee.is_on_leave as is_mentee_on_leave,
    mentee.asked as mentee_asked,
    mentee.answered as mentee_answered,
    mentee.reply_days as mentee_reply_days,
    mentee.no_show_streak as mentee_no_show_streak,
    mentee.no_show_days as mentee_no_show_days,
    mentee.checkin_unanswered_days as mentee_checkin_unanswered_days,
    case when mentee.owes_n > 0 or standing.label_at is not null then clock.mentee_off end as mentee_off,
    standing.is_delivery_failed,

    -- sessions
    coalesce(session.n_no_shows, 0) as n_no_shows,
    coalesce(session.n_late_cancels, 0) as n_late_cancels,
    coalesce(session.push_streak, 0) as push_streak,
    coalesce(session.n_agendas, 0) as n_agendas,
    coalesce(session.n_agendas_on_time, 0) as n_agendas_on_time,
    coalesce(session.n_thanks, 0) as n_thanks,
    coalesce(session.n_thanks_on_time, 0) as n_thanks_on_time,

    -- quality
    mentor.rating as mentor_rating,
    mentor.last_rating as mentor_last_rating,
    mentor.rated_days as mentor_rated_days,
    mentor.n_ratings as mentor_n_ratings,
    mentor.fit as mentor_fit,
    mentee.rating as mentee_rating,
    mentee.last_rating as mentee_last_rating,
    mentee.rated_days as mentee_rated_days,
    mentee.n_ratings as mentee_n_ratings,
    mentee.fit as mentee_fit,
    standing.has_safety_flag,
    mentor.is_natural_end_asked or mentee.is_natural_end_asked as is_natural_end_asked,

    -- progress and growth
    coalesce(goal.n_goals, 0) as n_goals,
    coalesce(goal.n_goals_done, 0) as n_goals_done,
    goal.progress,
    goal.expected_progress,
    coalesce(advice.n_advice_due, 0) as n_advice_due,
    coalesce(advice.n_advice_reported, 0) as n_advice_reported,
    coalesce(growth.n_growth, 0) as n_growth,

    -- resumption
    resumption.last_gap_days,
    resumption.last_gap_owed_n,
    resumption.last_gap_party,
    resumption.last_gap_checkin_days,

    -- labels and feeds
    standing.confirmed_label,
    standing.confirmed_party,
    standing.label_at,
    feed.has_contact_feed,
    feed.is_feed_late
from core.pair as pair
inner join core.lifecycle as lifecycle on pair.pair_id = lifecycle.pair_id
inner join feature.rhythm as rhythm on pair.pair_id = rhythm.pair_id
inner join feature.side as mentor on pair.pair_id = mentor.pair_id and mentor.side = 'mentor'
inner join feature.side as mentee on pair.pair_id = mentee.pair_id and mentee.side = 'mentee'
inner join feature.standing as standing on pair.pair_id = standing.pair_id
inner join feature.feed as feed on pair.pair_id = feed.pair_id
left join core.clock as clock on pair.pair_id = clock.pair_id
left join core.ending as ending on pair.pair_id = ending.pair_id
left join feature.adherence as adherence on pair.pair_id = adherence.pair_id
left join feature.session as session on pair.pair_id = session.pair_id
left join feature.next_session as coming on pair.pair_id = coming.pair_id
left join feature.resumption as resumption on pair.pair_id = resumption.pair_id
left join feature.goal as goal on pair.pair_id = goal.pair_id
left join feature.advice as advice on pair.pair_id = advice.pair_id
left join feature.growth as growth on pair.pair_id = growth.pair_id
