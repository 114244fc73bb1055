-- one row per pair and instant of mutual contact: a session held, or an answer (dated at the answer)
with history as (
    select * from core.contact_history
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

told as (
    select
        history.pair_id,
        unnest(list_transform(history.instants, lambda instant: {
            'at': instant,
            'is_session': coalesce(array_contains(seen.held, instant), false),
            -- The best evidence there is.
            'evidence': case
                when array_contains(seen.observed, instant) then 'observed'
                when array_contains(seen.attested2, instant) then 'attested2'
                when array_contains(seen.attested1, instant) then 'attested1'
                when array_contains(seen.assumed, instant) then 'assumed'
                else 'inferred'
            end
        })) as contact
    from history
    inner join seen on history.pair_id = seen.pair_id
)

select
    pair_id,
    contact.at as contacted_at,
    contact.at::date as contacted_on,
    contact.is_session,
    contact.evidence
from told
