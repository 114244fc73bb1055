-- one row per event of a pair that managers may see whole: what it carries, and which delivery brought it
--
-- Left out: scores, told of groups alone; the arm of an alert, which tells what is held back; addresses of
-- shared resources, which may hold a name or a key; and the ids by which a source tells sessions, goals and
-- the like apart, for it may make them of a person's.
with event as (
    select *
    from staging.event
    where pair_id is not null and visibility = 'coordinator'
),

told as (
    select
        pair_id,
        event_id,
        actor_id,
        actor_role,
        file_id,
        -- By family, so that a message is not asked for what a session carries.
        case
            when event_type like 'exchange.%'
                then
                    ''
                    || coalesce('; to_id = ' || to_id, '')
                    || coalesce('; channel = ' || channel, '')
                    || coalesce('; is_reply_expected = ' || is_reply_expected::varchar, '')
                    || coalesce('; n_recipients = ' || n_recipients::varchar, '')
            when event_type like 'session.%'
                then
                    ''
                    || coalesce('; starts_at = ' || starts_at::varchar, '')
                    || coalesce('; minutes = ' || minutes::varchar, '')
                    || coalesce('; mode = ' || mode, '')
                    || coalesce('; notice_hours = ' || notice_hours::varchar, '')
                    || coalesce('; party = ' || party, '')
                    || coalesce('; by_party = ' || by_party, '')
                    || coalesce('; person_id = ' || person_id, '')
                    || coalesce('; n_reminders = ' || n_reminders::varchar, '')
            when event_type like 'prep.%'
                then
                    ''
                    || coalesce('; hours_before = ' || hours_before::varchar, '')
                    || coalesce('; by_party = ' || by_party, '')
                    || coalesce('; n_questions = ' || n_questions::varchar, '')
            when event_type like 'followup.%'
                then
                    ''
                    || coalesce('; hours_after = ' || hours_after::varchar, '')
                    || coalesce('; is_specific = ' || is_specific::varchar, '')
                    || coalesce('; topic = ' || topic, '')
            when event_type like 'goal.%'
                then
                    ''
                    || coalesce('; goal_kind = ' || goal_kind, '')
                    || coalesce('; guidance = ' || guidance, '')
                    || coalesce('; horizon = ' || horizon, '')
                    || coalesce('; due_on = ' || due_on::varchar, '')
                    || coalesce('; progress = ' || progress::varchar, '')
                    || coalesce('; expertise = ' || expertise::varchar, '')
                    || coalesce('; topic = ' || topic, '')
                    || coalesce('; reason = ' || reason, '')
            when event_type like 'growth.%'
                then
                    ''
                    || coalesce('; by_party = ' || by_party, '')
                    || coalesce('; n_sbi_parts = ' || n_sbi_parts::varchar, '')
                    || coalesce('; is_situation_told = ' || is_situation_told::varchar, '')
                    || coalesce('; is_behaviour_told = ' || is_behaviour_told::varchar, '')
                    || coalesce('; is_impact_told = ' || is_impact_told::varchar, '')
                    || coalesce('; is_intent_told = ' || is_intent_told::varchar, '')
                    || coalesce('; tone = ' || tone, '')
                    || coalesce('; outcome = ' || outcome, '')
                    || coalesce('; advocacy = ' || advocacy, '')
                    || coalesce('; channel = ' || channel, '')
                    || coalesce('; topic = ' || topic, '')
            when event_type like 'survey.%'
                then
                    ''
                    || coalesce('; wave = ' || wave, '')
                    || coalesce('; instrument = ' || instrument, '')
                    || coalesce('; party = ' || party, '')
                    || coalesce('; survey_mode = ' || survey_mode, '')
                    || coalesce('; small_group = ' || small_group::varchar, '')
                    || coalesce('; topic = ' || topic, '')
                    || coalesce('; severity = ' || severity, '')
            when event_type like 'relationship.%'
                then
                    ''
                    || coalesce('; form = ' || form, '')
                    || coalesce('; direction = ' || direction, '')
                    || coalesce('; modality = ' || modality, '')
                    || coalesce('; planned_end_on = ' || planned_end_on::varchar, '')
                    || coalesce('; cadence_days = ' || cadence_days::varchar, '')
                    || coalesce('; commitment_minutes = ' || commitment_minutes::varchar, '')
                    || coalesce('; channels = ' || channels::varchar, '')
                    || coalesce('; is_confidentiality_stated = ' || is_confidentiality_stated::varchar, '')
                    || coalesce('; party = ' || party, '')
                    || coalesce('; until_on = ' || until_on::varchar, '')
                    || coalesce('; end_reason = ' || end_reason, '')
                    || coalesce('; initiator = ' || initiator, '')
                    || coalesce('; is_acknowledged = ' || is_acknowledged::varchar, '')
                    || coalesce('; is_goodbye_held = ' || is_goodbye_held::varchar, '')
                    || coalesce('; is_auto_closed = ' || is_auto_closed::varchar, '')
            when event_type like 'match.%'
                then
                    ''
                    || coalesce('; mentee_id = ' || mentee_id, '')
                    || coalesce('; mentor_id = ' || mentor_id, '')
                    || coalesce('; match_mode = ' || match_mode, '')
                    || coalesce('; is_reporting_line = ' || is_reporting_line::varchar, '')
                    || coalesce('; party = ' || party, '')
                    || coalesce('; fit = ' || fit, '')
                    || coalesce('; person_id = ' || person_id, '')
                    || coalesce('; reason = ' || reason, '')
            when event_type like 'outreach.%'
                then
                    ''
                    || coalesce('; to_id = ' || to_id, '')
                    || coalesce('; ask_kind = ' || ask_kind, '')
                    || coalesce('; minutes_asked = ' || minutes_asked::varchar, '')
                    || coalesce('; is_personalised = ' || is_personalised::varchar, '')
                    || coalesce('; n_checklist = ' || n_checklist::varchar, '')
                    || coalesce('; reason = ' || reason, '')
            when event_type like 'participant.%'
                then
                    ''
                    || coalesce('; person_id = ' || person_id, '')
                    || coalesce('; reason = ' || reason, '')
            when event_type like 'search.%'
                then
                    ''
                    || coalesce('; channel_source = ' || channel_source, '')
                    || coalesce('; platform = ' || platform, '')
            when event_type like 'ops.%'
                then
                    ''
                    || coalesce('; alert_id = ' || alert_id, '')
                    || coalesce('; alert_state = ' || alert_state, '')
                    || coalesce('; signal = ' || signal, '')
                    || coalesce('; onset_on = ' || onset_on::varchar, '')
                    || coalesce('; party = ' || party, '')
                    || coalesce('; channel = ' || channel, '')
                    || coalesce('; is_reached = ' || is_reached::varchar, '')
                    || coalesce('; nudge_kind = ' || nudge_kind, '')
                    || coalesce('; action = ' || action, '')
                    || coalesce('; label = ' || label, '')
                    || coalesce('; until_on = ' || until_on::varchar, '')
                    || coalesce('; reason = ' || reason, '')
        end as fields
    from event
)

select
    pair_id,
    event_id,
    actor_id,
    actor_role,
    file_id,
    nullif(substring(fields, 3), '') as fields
from told
