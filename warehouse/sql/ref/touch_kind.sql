-- one row per event type by which one side turns to the other
--
-- is_asking: the other side owes an answer. is_answerable: an answer to it is a mutual contact, owed or
-- not. is_answer: it can be that answer (turning up alone is not). is_contact: a contact by itself.
select
    kind.event_type,
    kind.is_asking,
    kind.is_answerable,
    kind.is_answer,
    kind.is_contact
from (
    values
    ('exchange.message_sent', true, true, true, false),
    ('exchange.message_replied', false, false, true, true),
    ('exchange.async_update_sent', false, true, true, false),
    ('exchange.checkin_sent', true, true, true, false),
    ('session.proposed', true, true, true, false),
    ('session.rescheduled', true, true, true, false),
    ('session.confirmed', false, false, true, false),
    ('session.cancelled', false, false, true, false),
    ('session.joined', false, false, false, false),
    ('session.no_show', true, true, false, false),
    ('session.held', false, false, true, true),
    ('prep.agenda_shared', false, false, true, false),
    ('followup.thanks_sent', false, false, true, false),
    ('followup.advice_given', false, false, true, false),
    ('followup.advice_reported_back', false, false, true, false),
    ('followup.resource_shared', false, false, true, false),
    ('growth.feedback_given', false, false, true, false),
    ('growth.introduction_made', false, false, true, false),
    ('growth.stretch_assigned', false, false, true, false)
) as kind (event_type, is_asking, is_answerable, is_answer, is_contact)
