-- one row per number about the program's own work and month of a pair, alert or reminder that counts in it
--
-- An alert is taken on, worked on, put off or found wrong. A reminder held back at random is the hold-out.
with event as (
    select * from staging.event where pair_id is not null and event_type like 'ops.%'
),

message as (
    select * from core.program_message
),

touch as (
    select * from core.touch
),

-- A life is told for all pairs at once: those of the pairs at hand alone count here.
life as (
    select life.*
    from core.life as life
    inner join core.pair as pair on life.pair_id = pair.pair_id
),

run as (
    select * from ref.run
),

-- The months of thirty days of a pair's life that are over.
lived as (
    select
        life.pair_id,
        life.accepted_on,
        floor(
            date_diff('day', life.accepted_on::date, coalesce(life.closed_on, run.as_of::date)::date) / 30.0
        )::integer as n_months
    from life
    cross join run
),

month as (
    select
        pair_id,
        accepted_on,
        unnest(generate_series(1, n_months)) as nth
    from lived
    where n_months >= 1
),

contacted as (
    select
        event.pair_id,
        floor(date_diff('day', life.accepted_on::date, event.occurred_on::date) / 30.0)::integer + 1 as nth,
        count(*)::bigint as n_contacts
    from event
    inner join life on event.pair_id = life.pair_id
    where
        event.event_type = 'ops.support_contact_made'
        and coalesce(event.is_reached, true)
        and event.occurred_on >= life.accepted_on
    group by
        event.pair_id,
        floor(date_diff('day', life.accepted_on::date, event.occurred_on::date) / 30.0)::integer + 1
),

covered as (
    select
        month.pair_id,
        (month.accepted_on + 30 * month.nth * interval 1 day)::date as over_on,
        coalesce(contacted.n_contacts, 0)
        >= case when month.nth = 1 then run.support_first_contacts else run.support_month_contacts end
            as is_covered
    from month
    cross join run
    left join contacted on month.pair_id = contacted.pair_id and month.nth = contacted.nth
),

alert as (
    select
        pair_id,
        alert_id,
        min(occurred_at) filter (
            where event_type = 'ops.alert_raised' and arm is distinct from 'holdout'
        )::date as raised_on,
        min(occurred_at) filter (where event_type = 'ops.alert_acknowledged')::date as opened_on,
        min(occurred_at) filter (where event_type = 'ops.action_taken')::date as acted_on,
        min(occurred_at) filter (where event_type = 'ops.alert_snoozed')::date as snoozed_on,
        min(occurred_at) filter (
            where event_type = 'ops.alert_dismissed' and (reason like '%wrong%' or reason like 'fine%')
        )::date as wrong_on
    from event
    where alert_id is not null
    group by pair_id, alert_id
),

raised as (
    select
        alert.pair_id,
        alert.raised_on,
        alert.opened_on,
        alert.acted_on,
        alert.snoozed_on,
        alert.wrong_on,
        (alert.raised_on + run.alert_days * interval 1 day)::date as due_on
    from alert
    cross join run
    where alert.raised_on is not null
),

-- What asked a side whether all is well. A call of a manager is in neither arm: no chance decided on it.
reminded as (
    select
        event_id,
        pair_id,
        party,
        occurred_at,
        not is_held_back as is_treated
    from message
    where is_reminder and is_checkin
),

came_back as (
    select
        reminded.event_id,
        min(touch.touched_at)::date as touched_on
    from reminded
    inner join touch
        on
            reminded.pair_id = touch.pair_id
            and reminded.occurred_at < touch.touched_at
            and reminded.party in ('mentor', 'mentee')
            and touch.side in (reminded.party, 'both')
    group by reminded.event_id
),

followed as (
    select
        reminded.pair_id,
        reminded.is_treated,
        (reminded.occurred_at::date + run.resumed_days * interval 1 day)::date as due_on,
        came_back.touched_on
    from reminded
    cross join run
    left join came_back on reminded.event_id = came_back.event_id
),

measured as (
    select
        'support_coverage' as kpi,
        pair_id,
        over_on as counts_on,
        case when is_covered then over_on end as reached_on,
        1 as n_units,
        null as amount
    from covered
    union all
    select
        'alerts' as kpi,
        pair_id,
        accepted_on as counts_on,
        null as reached_on,
        1 as n_units,
        0 as amount
    from life
    union all
    select
        'alerts' as kpi,
        pair_id,
        raised_on as counts_on,
        raised_on as reached_on,
        0 as n_units,
        1 as amount
    from raised
    union all
    select
        'alert_opened' as kpi,
        pair_id,
        raised_on as counts_on,
        opened_on as reached_on,
        1 as n_units,
        null as amount
    from raised
    union all
    select
        'alert_acted' as kpi,
        pair_id,
        raised_on as counts_on,
        acted_on as reached_on,
        1 as n_units,
        null as amount
    from raised
    union all
    select
        'alert_in_time' as kpi,
        pair_id,
        due_on as counts_on,
        case when least(opened_on, acted_on) <= due_on then due_on end as reached_on,
        1 as n_units,
        null as amount
    from raised
    union all
    select
        'alert_snoozed' as kpi,
        pair_id,
        raised_on as counts_on,
        snoozed_on as reached_on,
        1 as n_units,
        null as amount
    from raised
    union all
    select
        'alert_wrong' as kpi,
        pair_id,
        raised_on as counts_on,
        wrong_on as reached_on,
        1 as n_units,
        null as amount
    from raised
    union all
    select
        'nudge_resumed' as kpi,
        pair_id,
        due_on as counts_on,
        case when touched_on <= due_on then due_on end as reached_on,
        1 as n_units,
        null as amount
    from followed
    where is_treated
    union all
    select
        'nudge_effect' as kpi,
        pair_id,
        due_on as counts_on,
        case when touched_on <= due_on then due_on end as reached_on,
        1 as n_units,
        case when is_treated then 1 else 0 end as amount
    from followed
)

select
    kpi,
    pair_id,
    counts_on::date as counts_on,
    reached_on::date as reached_on,
    n_units,
    amount::double as amount,
    null::text as evidence
from measured
