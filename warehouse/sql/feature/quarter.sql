-- one row per moment that the numbers of a group are told of: now, and the end of the quarter before
with run as (
    select * from ref.run
),

today as (
    select
        as_of::date as today_on,
        substring(as_of::date::text, 1, 4) as year,
        substring(as_of::date::text, 6, 2) as month
    from run
)

select
    'now' as moment,
    today_on as until_on
from today
union all
select
    'before' as moment,
    (
        (
            year || case
                when month <= '03' then '-01-01'
                when month <= '06' then '-04-01'
                when month <= '09' then '-07-01'
                else '-10-01'
            end
        )::date - interval 1 day
    )::date as until_on
from today
