-- one row per pair and instant at which somebody turned to the other: all that counts as simultaneous
with touch as (
    select * from core.touch
)

select
    pair_id,
    touched_at,
    min(touched_on) as touched_on,
    bool_or(side in ('mentor', 'both')) as is_mentor_touch,
    bool_or(side in ('mentee', 'both')) as is_mentee_touch,
    count(*) filter (where side = 'mentor' and is_asking)::integer as n_mentor_asks,
    count(*) filter (where side = 'mentee' and is_asking)::integer as n_mentee_asks,
    bool_or(side = 'mentor' and is_answerable) as is_mentor_answerable,
    bool_or(side = 'mentee' and is_answerable) as is_mentee_answerable,
    bool_or(side = 'mentor' and is_answer) as is_mentor_answer,
    bool_or(side = 'mentee' and is_answer) as is_mentee_answer,
    bool_or(side in ('mentor', 'both') and is_contact) as is_mentor_contact,
    bool_or(side in ('mentee', 'both') and is_contact) as is_mentee_contact,
    bool_or(event_type = 'session.held') as is_session,
    -- The best evidence there is for that instant.
    case
        when bool_or(evidence = 'observed') then 'observed'
        when bool_or(evidence = 'attested2') then 'attested2'
        when bool_or(evidence = 'attested1') then 'attested1'
        else min(evidence)
    end as evidence
from touch
group by pair_id, touched_at
