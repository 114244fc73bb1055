-- one row per pair and session held that was prepared: the first day it was
--
-- By an agenda, by questions, or by news of a goal in the days before it or on its day.
with event as (
    select * from staging.event where pair_id is not null
),

session as (
    select * from core.session where held_at is not null
),

session_key as (
    select * from core.session_key
),

run as (
    select * from ref.run
),

news as (
    select
        event.pair_id,
        event.event_type,
        event.occurred_on,
        coalesce(session_key.key_id, event.session_id) as session_id
    from event
    left join session_key
        on event.pair_id = session_key.pair_id and event.session_id = session_key.session_id
    where event.event_type in ('prep.agenda_shared', 'prep.questions_prepared', 'goal.progressed')
)

select
    session.pair_id,
    session.session_id,
    min(news.occurred_on) as ready_on
from session
cross join run
inner join news
    on
        session.pair_id = news.pair_id
        and (
            (
                news.event_type in ('prep.agenda_shared', 'prep.questions_prepared')
                and news.session_id = session.session_id
            )
            or (
                news.event_type = 'goal.progressed'
                and news.occurred_on
                between (session.held_at::date - run.preparation_days * interval 1 day)::date
                and session.held_at::date
            )
        )
group by session.pair_id, session.session_id
