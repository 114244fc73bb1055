-- one row per person of a pair that began: how many people they are linked to, and their generation
--
-- A mentor nobody here mentored is of the first generation; who was mentored before mentoring is one later
-- than their own mentor, up to the fourth.
with pair as (
    select * from core.pair
),

lifecycle as (
    select * from core.lifecycle where accepted_at is not null
),

begun as (
    select
        pair.pair_id,
        pair.mentee_id,
        pair.mentor_id,
        lifecycle.accepted_at
    from pair
    inner join lifecycle on pair.pair_id = lifecycle.pair_id
    where pair.mentee_id is not null and pair.mentor_id is not null and pair.mentee_id <> pair.mentor_id
),

-- Between peers nobody is anybody's mentor: they are linked, and that is all.
guided as (
    select begun.*
    from begun
    inner join pair on begun.pair_id = pair.pair_id
    where pair.direction is distinct from 'peer'
),

edge as (
    select mentee_id as person_id, mentor_id as partner_id
    from begun
    union
    select mentor_id as person_id, mentee_id as partner_id
    from begun
),

linked as (
    select person_id, count(*)::integer as n_partners
    from edge
    group by person_id
),

mentored as (
    select mentee_id as person_id, min(accepted_at) as mentored_at
    from guided
    group by mentee_id
),

mentoring as (
    select mentor_id as person_id, count(*)::integer as n_mentored, max(accepted_at) as last_mentoring_at
    from guided
    group by mentor_id
),

-- Who taught whom before they taught somebody else.
taught as (
    select distinct
        before.mentor_id,
        before.mentee_id
    from guided as before
    inner join guided as later
        on before.mentee_id = later.mentor_id and before.accepted_at < later.accepted_at
),

second as (
    select distinct mentee_id as person_id
    from taught
),

third as (
    select distinct taught.mentee_id as person_id
    from taught
    inner join second on taught.mentor_id = second.person_id
),

fourth as (
    select distinct taught.mentee_id as person_id
    from taught
    inner join third on taught.mentor_id = third.person_id
)

select
    linked.person_id,
    linked.n_partners,
    coalesce(mentoring.n_mentored, 0) as n_mentored,
    mentored.person_id is not null as is_mentored_here,
    coalesce(mentored.mentored_at < mentoring.last_mentoring_at, false) as has_become_mentor,
    case
        when mentoring.person_id is null then 0
        when fourth.person_id is not null then 4
        when third.person_id is not null then 3
        when second.person_id is not null then 2
        else 1
    end::integer as generation
from linked
left join mentored on linked.person_id = mentored.person_id
left join mentoring on linked.person_id = mentoring.person_id
left join second on linked.person_id = second.person_id
left join third on linked.person_id = third.person_id
left join fourth on linked.person_id = fourth.person_id
