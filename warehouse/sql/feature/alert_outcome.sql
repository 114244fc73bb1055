-- one row per alert of a pair: what followed it, and what managers found it to be
--
-- Contact tells only of alerts that are about silence; of a poor fit or a safety flag it says nothing.
with alert as (
    select
        *,
        reason not in (
            'safety_flag',
            'poor_fit',
            'low_score',
            'score_fell',
            'delivery_problem',
            'probably_finished',
            'no_contact_feed'
        ) as is_about_silence
    from core.alert
),

event as (
    select * from staging.event where pair_id is not null and event_type like 'ops.%'
),

contact as (
    select * from core.contact
),

ending as (
    select * from core.ending
),

pair as (
    select * from core.pair
),

run as (
    select * from ref.run
),

-- A dismissal speaks of its alert, a state that was confirmed or corrected of every alert then open.
said as (
    select
        pair_id,
        alert_id,
        order_key,
        case
            when reason like '%wrong%' or reason like 'fine%' then 'wrong'
            when reason like 'right%' then 'right'
        end as verdict
    from event
    where event_type = 'ops.alert_dismissed'
    union all
    select
        alert.pair_id,
        alert.alert_id,
        event.order_key,
        case
            when
                event.label in (
                    'suspected_ghosting', 'presumed_ghosted', 'stalled', 'faded', 'never_started'
                )
                then 'right'
            when event.label in ('in_rhythm', 'resumed') then 'wrong'
        end as verdict
    from alert
    inner join event on alert.pair_id = event.pair_id
    where
        event.event_type = 'ops.label_confirmed'
        and event.occurred_at >= alert.raised_at
        and (alert.closed_at is null or event.occurred_at <= alert.closed_at)
),

judged as (
    select
        pair_id,
        alert_id,
        max_by(verdict, order_key) as verdict
    from said
    where verdict is not null
    group by pair_id, alert_id
),

followed as (
    select
        alert.pair_id,
        alert.alert_id,
        min(contact.contacted_at) filter (where contact.contacted_at > alert.raised_at) as contact_at,
        max(contact.contacted_on) filter (where contact.contacted_at <= alert.raised_at) as before_on
    from alert
    inner join contact on alert.pair_id = contact.pair_id
    group by alert.pair_id, alert.alert_id
),

acted as (
    select
        alert.pair_id,
        alert.alert_id,
        min(event.occurred_at) as acted_at
    from alert
    inner join event on alert.pair_id = event.pair_id
    where
        event.occurred_at >= alert.raised_at
        and (
            (event.event_type = 'ops.action_taken' and event.alert_id = alert.alert_id)
            or event.event_type = 'ops.support_contact_made'
        )
    group by alert.pair_id, alert.alert_id
),

dated as (
    select
        alert.pair_id,
        alert.alert_id,
        alert.arm,
        alert.is_about_silence,
        alert.raised_at,
        followed.contact_at,
        followed.before_on,
        acted.acted_at,
        ending.ended_at,
        (alert.raised_at + run.resumed_days * interval 1 day) as back_by,
        (alert.raised_at + run.risk_horizon_min_days * interval 1 day) as silent_by,
        (alert.raised_at + run.alert_days * interval 1 day) as act_by,
        run.as_of,
        run.risk_horizon_min_days
    from alert
    cross join run
    left join followed on alert.pair_id = followed.pair_id and alert.alert_id = followed.alert_id
    left join acted on alert.pair_id = acted.pair_id and alert.alert_id = acted.alert_id
    left join ending on alert.pair_id = ending.pair_id
)

select
    dated.pair_id,
    dated.alert_id,
    pair.program_id,
    dated.arm,
    judged.verdict,
    -- A pair that ended meanwhile says nothing about the silence that was foreseen.
    case
        when not dated.is_about_silence then null
        when dated.contact_at <= dated.silent_by then 'in_touch'
        when dated.ended_at <= dated.silent_by or dated.as_of <= dated.silent_by then null
        else 'silent'
    end as outcome,
    case
        when not dated.is_about_silence then null
        when dated.contact_at <= dated.back_by then true
        when dated.as_of > dated.back_by then false
    end as is_back,
    case
        when dated.acted_at <= dated.act_by then true
        when dated.as_of > dated.act_by then false
    end as is_acted,
    case
        when not dated.is_about_silence or dated.contact_at <= dated.silent_by then null
        else greatest(
            dated.risk_horizon_min_days
            - date_diff('day', dated.before_on::date, dated.raised_at::date),
            0
        )::integer
    end as lead_days
from dated
inner join pair on dated.pair_id = pair.pair_id
left join judged on dated.pair_id = judged.pair_id and dated.alert_id = judged.alert_id
