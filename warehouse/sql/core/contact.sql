-- one row per pair and instant of mutual contact: a session held, or an answer (dated at the answer)
with dialogue as (
    select * from core.dialogue
),

touch as (
    select * from core.touch
),

-- What is known of an instant, of whichever side and source.
seen as (
    select
        pair_id,
        list(touched_at) filter (where event_type = 'session.held') as held,
        list(touched_at) filter (where evidence = 'observed') as observed,
        list(touched_at) filter (where evidence = 'attested2') as attested2,
        list(touched_at) filter (where evidence = 'attested1') as attested1,
        list(touched_at) filter (where evidence = 'assumed') as assumed
    from touch
    group by pair_id
),

known as (
    select
        dialogue.pair_id,
        dialogue.contacts,
        seen.held,
        seen.observed,
        seen.attested2,
        seen.attested1,
        seen.assumed
    from dialogue
    inner join seen on dialogue.pair_id = seen.pair_id
    where array_length(dialogue.contacts) > 0
),

told as (
    select
        pair_id,
        unnest(list_transform(contacts, lambda instant: {
            'at': instant,
            'is_session': coalesce(array_contains(held, instant), false),
            -- The best evidence there is.
            'evidence': case
                when array_contains(observed, instant) then 'observed'
                when array_contains(attested2, instant) then 'attested2'
                when array_contains(attested1, instant) then 'attested1'
                when array_contains(assumed, instant) then 'assumed'
                else 'inferred'
            end
        })) as contact
    from known
)

select
    told.pair_id,
    contact.at as contacted_at,
    contact.at::date as contacted_on,
    contact.is_session,
    contact.evidence
from told
