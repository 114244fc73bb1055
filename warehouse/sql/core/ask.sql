-- one row per pair, instant and side that was asked something: how often, and when that side turned back
--
-- An answer is any later touch of the side asked. Two letters that cross at the same instant answer
-- nothing; a reply or a held session answers what was asked up to its own instant.
with moment as (
    select * from core.moment
),

turned as (
    select
        pair_id,
        touched_at,
        touched_on,
        n_mentor_asks,
        n_mentee_asks,
        is_mentor_answerable,
        is_mentee_answerable,
        case when is_mentor_contact then touched_at end as mentor_now_at,
        case when is_mentee_contact then touched_at end as mentee_now_at,
        min(case when is_mentor_touch then touched_at end) over (
            partition by pair_id
            order by touched_at desc nulls last
            rows between unbounded preceding and 1 preceding
        ) as mentor_next_at,
        min(case when is_mentee_touch then touched_at end) over (
            partition by pair_id
            order by touched_at desc nulls last
            rows between unbounded preceding and 1 preceding
        ) as mentee_next_at
    from moment
)

select
    pair_id,
    'mentor' as party,
    touched_at as asked_at,
    touched_on as asked_on,
    n_mentee_asks as n_asks,
    coalesce(mentor_now_at, mentor_next_at) as answered_at
from turned
where is_mentee_answerable
union all
select
    pair_id,
    'mentee' as party,
    touched_at as asked_at,
    touched_on as asked_on,
    n_mentor_asks as n_asks,
    coalesce(mentee_now_at, mentee_next_at) as answered_at
from turned
where is_mentor_answerable
