-- one row per evidence grade: the best is 1, and what rests on several things is as good as the weakest
select
    grade.ordinal,
    grade.evidence
from (
    values
    (1, 'observed'),
    (2, 'attested2'),
    (3, 'attested1'),
    (4, 'inferred'),
    (5, 'assumed')
) as grade (ordinal, evidence)
