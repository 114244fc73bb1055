-- one row per number about the present, moment and current pair that counts in it
--
-- A pair that nobody can judge counts in none. The moment before is told as far as the history goes; the
-- agreed windows kept by then follow from contacts and need none.
with shown as (
    select * from signal.pair_day
),

quarter as (
    select * from feature.quarter
),

adherence as (
    select * from feature.adherence
),

adherence_before as (
    select * from feature.adherence_before
),

rhythm as (
    select * from feature.rhythm
),

-- Who agreed on no cadence can keep to none.
agreed as (
    select * from core.pair where cadence_days is not null
),

run as (
    select * from ref.run
),

latest as (
    select max(day) as day
    from shown
),

stood as (
    select
        shown.pair_id,
        shown.band,
        quarter.moment,
        quarter.until_on,
        shown.silence_ratio,
        shown.silence_ratio < run.needs_ratio as is_active,
        shown.state in ('suspected_ghosting', 'presumed_ghosted') as is_unresponsive,
        case when shown.coverage >= run.too_early_coverage then shown.health end as health,
        case when quarter.moment = 'now' then rhythm.last_contact_evidence end as evidence
    from shown
    cross join run
    cross join latest
    inner join quarter
        on
            (quarter.moment = 'now' and shown.day = latest.day)
            or (quarter.moment = 'before' and shown.day = quarter.until_on)
    left join rhythm on shown.pair_id = rhythm.pair_id
    where shown.band <> 'ended' and shown.state not in ('data_late', 'no_contact_feed')
),

measured as (
    select
        'active' as kpi,
        moment,
        pair_id,
        until_on,
        is_active as is_reached,
        1 as n_units,
        null as amount,
        evidence
    from stood
    where silence_ratio is not null
    union all
    select
        shown_as.kpi,
        stood.moment,
        stood.pair_id,
        stood.until_on,
        stood.band = shown_as.kpi as is_reached,
        1 as n_units,
        null as amount,
        stood.evidence
    from stood
    cross join (
        values
        ('on_track'),
        ('watch'),
        ('needs_check_in'),
        ('too_early'),
        ('paused'),
        ('closing')
    ) as shown_as (kpi)
    union all
    select
        'unresponsive' as kpi,
        moment,
        pair_id,
        until_on,
        is_unresponsive as is_reached,
        1 as n_units,
        null as amount,
        evidence
    from stood
    union all
    select
        'health' as kpi,
        moment,
        pair_id,
        until_on,
        false as is_reached,
        1 as n_units,
        health as amount,
        evidence
    from stood
    where health is not null
    union all
    select
        'health_tenth' as kpi,
        moment,
        pair_id,
        until_on,
        false as is_reached,
        1 as n_units,
        health as amount,
        evidence
    from stood
    where health is not null
    union all
    select
        'adherence' as kpi,
        stood.moment,
        stood.pair_id,
        stood.until_on,
        met.is_met as is_reached,
        case
            when met.is_met then adherence.n_windows_met
            else adherence.n_windows - adherence.n_windows_met
        end as n_units,
        null as amount,
        stood.evidence
    from stood
    inner join agreed on stood.pair_id = agreed.pair_id
    inner join adherence on stood.pair_id = adherence.pair_id
    cross join (
        values
        (true),
        (false)
    ) as met (is_met)
    where stood.moment = 'now'
    union all
    select
        'adherence' as kpi,
        'before' as moment,
        adherence_before.pair_id,
        adherence_before.until_on,
        met.is_met as is_reached,
        case
            when met.is_met then adherence_before.n_windows_met
            else adherence_before.n_windows - adherence_before.n_windows_met
        end as n_units,
        null as amount,
        null::text as evidence
    from adherence_before
    cross join (
        values
        (true),
        (false)
    ) as met (is_met)
)

select
    kpi,
    moment,
    pair_id,
    until_on as counts_on,
    case when is_reached then until_on end as reached_on,
    n_units,
    amount::double as amount,
    evidence
from measured
where n_units > 0
