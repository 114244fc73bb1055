-- one row per pair and instant of mutual contact: a session held, or an answer (dated at the answer)
with moment as (
    select * from core.moment
),

ask as (
    select * from core.ask
),

answered as (
    select distinct
        pair_id,
        party,
        answered_at
    from ask
    where answered_at is not null
),

reached as (
    select
        pair_id,
        touched_at
    from moment
    where is_mentor_contact or is_mentee_contact
    union
    select
        moment.pair_id,
        moment.touched_at
    from moment
    inner join answered on moment.pair_id = answered.pair_id and moment.touched_at = answered.answered_at
    where
        (answered.party = 'mentor' and moment.is_mentor_answer)
        or (answered.party = 'mentee' and moment.is_mentee_answer)
)

select
    moment.pair_id,
    moment.touched_at as contacted_at,
    moment.touched_on as contacted_on,
    moment.is_session,
    moment.evidence
from moment
inner join reached on moment.pair_id = reached.pair_id and moment.touched_at = reached.touched_at
