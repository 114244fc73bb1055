-- one row per pair with growth: introductions, advocacy and stretch tasks done
select
    event.pair_id,
    count(*)::integer as n_growth
from staging.event as event
where
    event.pair_id is not null
    and event.event_type in (
        'growth.introduction_made',
        'growth.advocated',
        'growth.endorsed',
        'growth.award_nominated',
        'growth.stretch_done'
    )
group by event.pair_id
