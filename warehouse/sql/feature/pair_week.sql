-- one row per pair and week in which something happened to it
--
-- Weeks are counted from Monday 5 January 1970: no engine's idea of a weekday comes in.
with pair as (
    select * from feature.pair
),

contact_day as (
    select * from feature.contact_day
),

session as (
    select * from core.session where held_at is not null
),

fact as (
    select
        pair.cohort_id,
        pair.pair_id,
        contact_day.contacted_on as on_date,
        'contact' as kind
    from contact_day
    inner join pair on contact_day.pair_id = pair.pair_id
    union all
    select pair.cohort_id, pair.pair_id, session.held_at::date as on_date, 'session' as kind
    from session
    inner join pair on session.pair_id = pair.pair_id
    union all
    select cohort_id, pair_id, accepted_at::date as on_date, 'begin' as kind
    from pair
    where accepted_at is not null
    union all
    select cohort_id, pair_id, ended_at::date as on_date, 'end' as kind
    from pair
    where accepted_at is not null and ended_at is not null
)

select
    pair_id,
    cohort_id,
    floor(date_diff('day', '1970-01-05'::date, on_date::date) / 7)::integer as week_no,
    count(*) filter (where kind = 'session')::integer as n_sessions_held,
    count(*) filter (where kind = 'contact')::integer as n_contacts,
    count(*) filter (where kind = 'begin')::integer as n_begun,
    count(*) filter (where kind = 'end')::integer as n_ended
from fact
group by pair_id, cohort_id, floor(date_diff('day', '1970-01-05'::date, on_date::date) / 7)::integer
