-- one row per survey and side of a pair that it went out to: whether it was answered in time
select
    case when side = 'mentor' then 'response_mentor' else 'response_mentee' end as kpi,
    pair_id,
    due_on as counts_on,
    case when answered_on <= due_on then due_on end as reached_on,
    1 as n_units,
    null::double as amount,
    null::text as evidence
from feature.survey_invitation
