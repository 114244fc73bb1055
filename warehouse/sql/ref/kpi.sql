-- one row per number that tells how healthy a cohort is
--
-- kind: share of units, median, mean, or acts per hundred pairs. is_gated: told only where the program
-- records such acts at all.
select
    kpi.ordinal,
    kpi.kpi,
    kpi.kind,
    kpi.unit,
    kpi.of_what,
    kpi.is_gated
from (
    values
    (1, 'time_to_match', 'median', 'days', 'pairs', false),
    (2, 'activation', 'share', 'rate', 'pairs', false),
    (3, 'time_to_first_contact', 'median', 'days', 'pairs', false),
    (4, 'expectations_agreed', 'share', 'rate', 'pairs', true),
    (5, 'goals_set', 'share', 'rate', 'pairs', true),
    (6, 'sustained', 'share', 'rate', 'pairs', false),
    (7, 'active', 'share', 'rate', 'current pairs', false),
    (8, 'on_track', 'share', 'rate', 'current pairs', false),
    (9, 'needs_check_in', 'share', 'rate', 'current pairs', false),
    (10, 'unresponsive', 'share', 'rate', 'current pairs', false),
    (11, 'health', 'median', 'points', 'current pairs', false),
    (12, 'adherence', 'share', 'rate', 'agreed windows', false),
    (13, 'reply_mentor', 'share', 'rate', 'asks', false),
    (14, 'reply_mentee', 'share', 'rate', 'asks', false),
    (15, 'reply_days_mentor', 'median', 'days', 'answers', false),
    (16, 'reply_days_mentee', 'median', 'days', 'answers', false),
    (17, 'no_show_mentor', 'share', 'rate', 'sessions due', true),
    (18, 'no_show_mentee', 'share', 'rate', 'sessions due', true),
    (19, 'late_cancel', 'share', 'rate', 'sessions due', true),
    (20, 'agenda_on_time', 'share', 'rate', 'sessions held', true),
    (21, 'thanks_on_time', 'share', 'rate', 'sessions held', true),
    (22, 'advice_reported', 'share', 'rate', 'pieces of advice', true),
    (23, 'fit_good', 'share', 'rate', 'first answers', true),
    (24, 'pulse_mentor', 'mean', 'rate', 'answers', false),
    (25, 'pulse_mentee', 'mean', 'rate', 'answers', false),
    (26, 'introductions', 'per_hundred', 'per 100 pairs', 'pairs', true),
    (27, 'advocacy', 'per_hundred', 'per 100 pairs', 'pairs', true),
    (28, 'natural_end', 'share', 'rate', 'ends', false),
    (29, 'early_end', 'share', 'rate', 'ends', false),
    (30, 'mismatch_end', 'share', 'rate', 'ends', false),
    (31, 'mismatch_days', 'median', 'days', 'ends', false),
    (32, 'complete_closure', 'share', 'rate', 'ends', false),
    (33, 'unattested', 'share', 'rate', 'sessions over', false),
    (34, 'late_events', 'share', 'rate', 'events', false)
) as kpi (ordinal, kpi, kind, unit, of_what, is_gated)
