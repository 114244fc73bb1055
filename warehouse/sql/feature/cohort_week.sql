-- one row per cohort and week in which something happened to its pairs
select
    cohort_id,
    week_no,
    sum(n_sessions_held)::integer as n_sessions_held,
    sum(n_contacts)::integer as n_contacts,
    count(*) filter (where n_contacts > 0)::integer as n_pairs_in_contact,
    sum(n_begun)::integer as n_begun,
    sum(n_ended)::integer as n_ended
from feature.pair_week
group by cohort_id, week_no
