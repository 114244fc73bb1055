-- one row per number that tells how healthy a cohort is
--
-- kind: share of units, median, tenth (a tenth of the values lie below), mean, acts per hundred pairs or
-- pair-months, difference of two shares, or a point of a curve. is_gated: told only where the program records
-- such acts at all. is_personal: that all, or none, of a group did so would tell about each of them.
-- is_compared: one of those few that groups of people are compared by.
select
    kpi.ordinal,
    kpi.kpi,
    kpi.kind,
    kpi.unit,
    kpi.of_what,
    kpi.is_gated,
    kpi.is_personal,
    kpi.topic,
    kpi.is_compared
from (
    values
    (1, 'time_to_match', 'median', 'days', 'pairs', false, false, 'start', false),
    (2, 'activation', 'share', 'rate', 'pairs', false, true, 'start', true),
    (3, 'time_to_first_contact', 'median', 'days', 'pairs', false, false, 'start', false),
    (4, 'expectations_agreed', 'share', 'rate', 'pairs', true, true, 'start', false),
    (5, 'goals_set', 'share', 'rate', 'pairs', true, true, 'start', true),
    (6, 'sustained', 'share', 'rate', 'pairs', false, true, 'start', true),
    (7, 'active', 'share', 'rate', 'current pairs', false, true, 'standing', true),
    (8, 'on_track', 'share', 'rate', 'current pairs', false, true, 'standing', false),
    (9, 'watch', 'share', 'rate', 'current pairs', false, true, 'standing', false),
    (10, 'needs_check_in', 'share', 'rate', 'current pairs', false, true, 'standing', true),
    (11, 'too_early', 'share', 'rate', 'current pairs', false, true, 'standing', false),
    (12, 'paused', 'share', 'rate', 'current pairs', false, true, 'standing', false),
    (13, 'closing', 'share', 'rate', 'current pairs', false, true, 'standing', false),
    (14, 'unresponsive', 'share', 'rate', 'current pairs', false, true, 'standing', false),
    (15, 'health', 'median', 'points', 'current pairs', false, false, 'standing', true),
    (16, 'health_tenth', 'tenth', 'points', 'current pairs', false, false, 'standing', false),
    (
        17, 'ghosting_mentor', 'per_month', 'per 100 pair-months', 'pair-months',
        false, false, 'contact', false
    ),
    (
        18, 'ghosting_mentee', 'per_month', 'per 100 pair-months', 'pair-months',
        false, false, 'contact', false
    ),
    (19, 'limbo', 'median', 'days', 'silences that are over', false, false, 'contact', false),
    (20, 'adherence', 'share', 'rate', 'agreed windows', false, true, 'contact', true),
    (21, 'reply_mentor', 'share', 'rate', 'asks', false, true, 'contact', true),
    (22, 'reply_mentee', 'share', 'rate', 'asks', false, true, 'contact', true),
    (23, 'reply_days_mentor', 'median', 'days', 'answers', false, false, 'contact', false),
    (24, 'reply_days_mentee', 'median', 'days', 'answers', false, false, 'contact', false),
    (25, 'no_show_mentor', 'share', 'rate', 'sessions due', true, true, 'sessions', false),
    (26, 'no_show_mentee', 'share', 'rate', 'sessions due', true, true, 'sessions', false),
    (27, 'late_cancel', 'share', 'rate', 'sessions due', true, true, 'sessions', false),
    (28, 'agenda_on_time', 'share', 'rate', 'sessions held', true, true, 'sessions', false),
    (29, 'thanks_on_time', 'share', 'rate', 'sessions held', true, true, 'sessions', false),
    (30, 'advice_reported', 'share', 'rate', 'pieces of advice', true, true, 'sessions', false),
    (31, 'fit_good', 'share', 'rate', 'first answers', true, true, 'voices', true),
    (32, 'pulse_mentor', 'mean', 'rate', 'answers', false, false, 'voices', false),
    (33, 'pulse_mentee', 'mean', 'rate', 'answers', false, false, 'voices', false),
    (34, 'pulse_lower', 'mean', 'rate', 'pairs', false, false, 'voices', false),
    (35, 'response_mentor', 'share', 'rate', 'surveys sent', true, true, 'voices', false),
    (36, 'response_mentee', 'share', 'rate', 'surveys sent', true, true, 'voices', false),
    (37, 'introductions', 'per_hundred', 'per 100 pairs', 'pairs', true, false, 'voices', false),
    (38, 'advocacy', 'per_hundred', 'per 100 pairs', 'pairs', true, false, 'voices', false),
    (39, 'natural_end', 'share', 'rate', 'ends', false, true, 'endings', true),
    (40, 'natural_at_term', 'curve', 'rate', 'pairs', false, false, 'endings', false),
    (41, 'early_end', 'share', 'rate', 'ends', false, true, 'endings', true),
    (42, 'mismatch_end', 'share', 'rate', 'ends', false, true, 'endings', false),
    (43, 'mismatch_days', 'median', 'days', 'ends', false, false, 'endings', false),
    (44, 'complete_closure', 'share', 'rate', 'ends', false, true, 'endings', false),
    (45, 'mentor_return', 'share', 'rate', 'mentors', false, true, 'endings', false),
    (46, 'pays_forward', 'share', 'rate', 'mentees', true, true, 'endings', false),
    (47, 'support_coverage', 'share', 'rate', 'months of a pair', true, false, 'program', true),
    (48, 'alerts', 'per_hundred', 'per 100 pairs', 'pairs', true, false, 'program', false),
    (49, 'alert_opened', 'share', 'rate', 'alerts', true, false, 'program', false),
    (50, 'alert_acted', 'share', 'rate', 'alerts', true, false, 'program', false),
    (51, 'alert_in_time', 'share', 'rate', 'alerts', true, false, 'program', false),
    (52, 'alert_snoozed', 'share', 'rate', 'alerts', true, false, 'program', false),
    (53, 'alert_wrong', 'share', 'rate', 'alerts', true, false, 'program', false),
    (54, 'nudge_resumed', 'share', 'rate', 'reminders', false, true, 'program', false),
    (55, 'nudge_effect', 'difference', 'points of 100', 'reminders', false, false, 'program', false),
    (56, 'unattested', 'share', 'rate', 'sessions over', false, false, 'data', false),
    (57, 'late_events', 'share', 'rate', 'events', false, false, 'data', false),
    (58, 'quarantined', 'share', 'rate', 'lines delivered', false, false, 'data', false)
) as kpi (ordinal, kpi, kind, unit, of_what, is_gated, is_personal, topic, is_compared)
