-- one row per cohort whose term has an end
select
    coalesce(event.cohort_id, event.term) as cohort_id,
    max_by(event.ends_on, event.order_key)::date as ends_on
from staging.event as event
where
    event.event_type in ('program.term_opened', 'program.term_closed')
    and event.ends_on is not null
group by coalesce(event.cohort_id, event.term)
