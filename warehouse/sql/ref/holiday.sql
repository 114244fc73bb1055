-- one row per place and date that is a public holiday there
select
    day.country,
    day.subdivision,
    day.on_date,
    day.holiday as name
from ref.calendar_day as day
where day.holiday is not null
