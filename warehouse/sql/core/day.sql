-- one row per pair and date on which something happened, and the run's own date: what each clock shows
with event_day as (
    select * from core.event_day
),

today as (
    select * from core.today
),

run as (
    select * from ref.run
)

select
    event_day.pair_id,
    event_day.on_date,
    event_day.mentor_day,
    event_day.mentee_day,
    event_day.pair_day
from event_day
cross join run
where event_day.on_date <> run.as_of::date
union all
select
    pair_id,
    on_date,
    mentor_day,
    mentee_day,
    pair_day
from today
