-- one row per pair and date of mutual contact: when the first contact of that date became known
--
-- A contact is known when its own event is, and where it is an answer, when one of what it answers is too.
-- A window is labelled with this: a contact learnt later was no contact then.
with event as (
    select * from staging.event
),

touch as (
    select * from core.touch
),

contact as (
    select * from core.contact
),

ask as (
    select * from core.ask where answered_at is not null
),

told as (
    select
        touch.pair_id,
        touch.touched_at,
        touch.side,
        min(event.recorded_at) as told_at
    from touch
    inner join event on touch.event_id = event.event_id and touch.source = event.source
    group by touch.pair_id, touch.touched_at, touch.side
),

here as (
    select
        pair_id,
        touched_at,
        min(told_at) as told_at
    from told
    group by pair_id, touched_at
),

asked as (
    select
        ask.pair_id,
        ask.answered_at,
        min(here.told_at) as told_at
    from ask
    inner join here on ask.pair_id = here.pair_id and ask.asked_at = here.touched_at
    group by ask.pair_id, ask.answered_at
)

select
    contact.pair_id,
    contact.contacted_on,
    min(
        case
            when contact.is_session then here.told_at
            else greatest(here.told_at, coalesce(asked.told_at, here.told_at))
        end
    ) as known_at
from contact
inner join here on contact.pair_id = here.pair_id and contact.contacted_at = here.touched_at
left join asked on contact.pair_id = asked.pair_id and contact.contacted_at = asked.answered_at
group by contact.pair_id, contact.contacted_on
