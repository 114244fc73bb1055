-- one row per group (a program, or one of its cohorts) and pair that counts in it
--
-- A group is shown from k pairs, k people and three known mentors on. A program takes small cohorts, and
-- pairs without one, in only where these together could be shown: no difference tells about a hidden group.
with pair as (
    select * from core.pair where program_id is not null
),

run as (
    select * from ref.run
),

party as (
    select
        pair_id,
        program_id,
        cohort_id,
        mentee_id as person_id,
        null as mentor_id
    from pair
    union all
    select
        pair_id,
        program_id,
        cohort_id,
        mentor_id as person_id,
        mentor_id
    from pair
),

cohort as (
    select
        party.program_id,
        coalesce(party.cohort_id, '') as cohort_key,
        party.cohort_id is not null
        and count(distinct party.pair_id) >= max(run.small_group)
        and count(distinct party.person_id) >= max(run.small_group)
        and count(distinct party.mentor_id)::bigint not in (1, 2) as is_shown
    from party
    cross join run
    group by party.program_id, party.cohort_id
),

member as (
    select
        pair.pair_id,
        pair.program_id,
        pair.cohort_id,
        cohort.is_shown
    from pair
    inner join cohort
        on pair.program_id = cohort.program_id and coalesce(pair.cohort_id, '') = cohort.cohort_key
),

remainder as (
    select
        member.program_id,
        count(distinct party.pair_id) >= max(run.small_group)
        and count(distinct party.person_id) >= max(run.small_group)
        and count(distinct party.mentor_id)::bigint not in (1, 2) as is_shown
    from member
    cross join run
    inner join party on member.pair_id = party.pair_id
    where not member.is_shown
    group by member.program_id
)

select
    program_id,
    cohort_id,
    pair_id,
    not is_shown as is_hidden
from member
where cohort_id is not null
union all
select
    member.program_id,
    null as cohort_id,
    member.pair_id,
    false as is_hidden
from member
left join remainder on member.program_id = remainder.program_id
where member.is_shown or remainder.is_shown
