-- one row per pair that both confirmed a session of which the time is still to come
with session as (
    select * from core.session where status = 'confirmed'
),

run as (
    select * from ref.run
)

select
    session.pair_id,
    min(session.starts_at) as next_session_at
from session
cross join run
where session.starts_at > run.as_of
group by session.pair_id
