-- one row per step of a relationship, in the order of the guide
select
    step.ordinal,
    step.step
from (
    values
    (1, 'goals'),
    (2, 'search'),
    (3, 'outreach'),
    (4, 'reply'),
    (5, 'first_talk'),
    (6, 'thanks'),
    (7, 'cadence_agreed'),
    (8, 'agenda'),
    (9, 'next_session'),
    (10, 'advice'),
    (11, 'advice_applied'),
    (12, 'reported_back'),
    (13, 'feedback'),
    (14, 'growth'),
    (15, 'closing'),
    (16, 'natural_end'),
    (17, 'network'),
    (18, 'pays_forward')
) as step (ordinal, step)
