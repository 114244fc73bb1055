-- one row per pair that may be compared with others: the groups of people it is in
--
-- A pair is in one group of each field. No field of these is ever an input of a risk.
with member as (
    select * from feature.group_pair where cohort_id is null and not is_hidden
),

pair as (
    select * from core.pair
),

person as (
    select * from core.person
)

select
    member.program_id,
    member.pair_id,
    pair.mentee_id,
    pair.mentor_id,
    mentee.country as mentee_country,
    mentor.country as mentor_country,
    case
        when mentee.country = mentor.country then 'same_country'
        when mentee.country <> mentor.country then 'two_countries'
    end as borders,
    pair.direction,
    pair.form,
    pair.modality
from member
inner join pair on member.pair_id = pair.pair_id
left join person as mentee on pair.mentee_id = mentee.person_id
left join person as mentor on pair.mentor_id = mentor.person_id
