-- one row per number that is told for each of several kinds, such as answers by what was asked
select
    choice.ordinal,
    choice.section,
    choice.choice,
    choice.is_said
from (
    values
    (1, 'matching', 'reply_by_ask', false),
    (2, 'matching', 'reply_by_minutes', false),
    (3, 'matching', 'reply_by_letter', false),
    (4, 'matching', 'reply_by_checklist', false),
    (5, 'matching', 'reply_by_source', false),
    (6, 'matching', 'match_by_source', false),
    (7, 'matching', 'sustained_by_source', false),
    (8, 'matching', 'fit_by_mode', true),
    (9, 'matching', 'fit_by_need', true),
    (10, 'matching', 'fit_by_place', true),
    (11, 'matching', 'fit_by_training', true),
    (12, 'matching', 'mismatch_reason', false),
    (13, 'matching', 'sustained_by_form', false),
    (14, 'matching', 'sustained_by_direction', false),
    (15, 'matching', 'sustained_by_modality', false),
    (16, 'time', 'reply_by_distance', false),
    (17, 'time', 'sessions_by_mode', false),
    (18, 'growth', 'guidance_kind', false),
    (19, 'growth', 'goal_kind', false),
    (20, 'growth', 'done_by_kind', false),
    (21, 'growth', 'reply_by_channel', false),
    (22, 'matching', 'match_by_platform', false),
    (23, 'matching', 'fit_by_guidance', true),
    (24, 'matching', 'sustained_by_voluntary', false),
    (25, 'growth', 'feedback_parts', false),
    (26, 'growth', 'full_feedback_by_direction', false),
    (27, 'growth', 'full_feedback_by_tone', false),
    (28, 'growth', 'helpful_by_direction', true)
) as choice (ordinal, section, choice, is_said)
