-- one row per pair and instant of mutual contact: a session held, or an answer (dated at the answer)
with moment as (
    select * from core.moment
),

ask as (
    select * from core.ask
),

answered as (
    select
        pair_id,
        answered_at,
        bool_or(party = 'mentor') as is_of_mentor,
        bool_or(party = 'mentee') as is_of_mentee
    from ask
    where answered_at is not null
    group by pair_id, answered_at
)

select
    moment.pair_id,
    moment.touched_at as contacted_at,
    moment.touched_on as contacted_on,
    moment.is_session,
    moment.evidence
from moment
left join answered on moment.pair_id = answered.pair_id and moment.touched_at = answered.answered_at
where
    moment.is_mentor_contact
    or moment.is_mentee_contact
    or (answered.is_of_mentor and moment.is_mentor_answer)
    or (answered.is_of_mentee and moment.is_mentee_answer)
