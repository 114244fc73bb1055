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
    select mentee_id as person_id, mentor_id as partner_id, accepted_at
    from begun
    union all
    select mentor_id as person_id, mentee_id as partner_id, accepted_at
    from begun
),

met as (
    select
        person_id,
        partner_id,
        min(accepted_at)::date as met_on
    from edge
    group by person_id, partner_id
),

numbered as (
    select
        person_id,
        met_on,
        row_number() over (
            partition by person_id
            order by met_on asc nulls last, partner_id asc nulls last
        )::bigint as nth
    from met
),

linked as (
    select
        person_id,
        count(*)::integer as n_partners,
        min(met_on) filter (where nth = 2) as linked_on
    from numbered
    group by person_id
),

mentored as (
    select mentee_id as person_id, min(accepted_at) as mentored_at
    from guided
    group by mentee_id
),

mentoring as (
    select mentor_id as person_id, count(*)::integer as n_mentored
    from guided
    group by mentor_id
),

-- From which pair on somebody mentored who had been mentored before.
became as (
    select
        mentored.person_id,
        min(guided.accepted_at)::date as became_mentor_on
    from mentored
    inner join guided on mentored.person_id = guided.mentor_id and mentored.mentored_at < guided.accepted_at
    group by mentored.person_id
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
    linked.linked_on,
    coalesce(mentoring.n_mentored, 0) as n_mentored,
    mentored.person_id is not null as is_mentored_here,
    became.person_id is not null as has_become_mentor,
    became.became_mentor_on,
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
left join became on linked.person_id = became.person_id
left join second on linked.person_id = second.person_id
left join third on linked.person_id = third.person_id
left join fourth on linked.person_id = fourth.person_id
