-- one row per number about sessions and session that counts in it
with session as (
    select * from core.session
),

run as (
    select * from ref.run
),

attested as (
    select * from core.attested
),

due as (
    select
        session.pair_id,
        session.status,
        session.missed_by,
        session.cancelled_by,
        session.is_late_cancel,
        session.agenda_hours >= run.agenda_hours as is_agenda_on_time,
        session.thanks_hours <= run.thanks_hours as is_thanks_on_time,
        coalesce(
            coalesce(session.held_at, session.missed_at, session.cancelled_at, session.starts_at)::date,
            attested.over_on
        ) as due_on,
        attested.evidence
    from session
    cross join run
    left join attested
        on session.pair_id = attested.pair_id and session.session_id = attested.session_id
),

measured as (
    select
        'agenda_on_time' as kpi,
        pair_id,
        due_on,
        is_agenda_on_time as is_reached,
        evidence
    from due
    where status = 'held'
    union all
    select
        'thanks_on_time' as kpi,
        pair_id,
        due_on,
        is_thanks_on_time as is_reached,
        evidence
    from due
    where status = 'held'
    union all
    select
        'no_show_mentor' as kpi,
        pair_id,
        due_on,
        status = 'no_show' and missed_by in ('mentor', 'both') as is_reached,
        evidence
    from due
    where status in ('held', 'no_show')
    union all
    select
        'no_show_mentee' as kpi,
        pair_id,
        due_on,
        status = 'no_show' and missed_by in ('mentee', 'both') as is_reached,
        evidence
    from due
    where status in ('held', 'no_show')
    union all
    select
        'late_cancel' as kpi,
        pair_id,
        due_on,
        status = 'cancelled' and is_late_cancel as is_reached,
        evidence
    from due
    where status in ('held', 'no_show', 'cancelled')
    union all
    select
        'late_cancel_mentor' as kpi,
        pair_id,
        due_on,
        status = 'cancelled' and is_late_cancel and cancelled_by in ('mentor', 'both') as is_reached,
        evidence
    from due
    where status in ('held', 'no_show', 'cancelled')
    union all
    select
        'late_cancel_mentee' as kpi,
        pair_id,
        due_on,
        status = 'cancelled' and is_late_cancel and cancelled_by in ('mentee', 'both') as is_reached,
        evidence
    from due
    where status in ('held', 'no_show', 'cancelled')
    union all
    select
        'unattested' as kpi,
        pair_id,
        due_on,
        status = 'date_passed' as is_reached,
        evidence
    from due
    where status in ('held', 'date_passed')
)

select
    kpi,
    pair_id,
    due_on as counts_on,
    case when is_reached then due_on end as reached_on,
    1 as n_units,
    null::double as amount,
    evidence
from measured
