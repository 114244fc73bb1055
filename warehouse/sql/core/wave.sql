-- one row per wave and instrument that promised how few nothing is told of: the most that was promised
select
    wave,
    instrument,
    max(small_group) as small_group
from staging.event
where event_type = 'survey.sent' and small_group is not null
group by wave, instrument
