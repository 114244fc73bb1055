-- one row per number told of days or latest answers up to a moment, moment and pair that counts in it
--
-- Turning silent is told by the days of which it is kept what was shown: a first day counts for nothing,
-- since the day before it is not known.
with shown as (
    select * from signal.pair_day
),

quarter as (
    select * from feature.quarter
),

rating as (
    select * from core.rating
),

judged as (
    select
        pair_id,
        day,
        state in ('suspected_ghosting', 'presumed_ghosted') as is_silent,
        coalesce(waiting_on, '') as waiting_on
    from shown
    where band <> 'ended' and state not in ('data_late', 'no_contact_feed')
),

followed as (
    select
        judged.pair_id,
        judged.day,
        party.side,
        judged.is_silent and judged.waiting_on in (party.side, 'both') as is_silent
    from judged
    cross join (
        values
        ('mentor'),
        ('mentee')
    ) as party (side)
),

turned as (
    select
        pair_id,
        day,
        side,
        is_silent,
        max(case when is_silent then 1 else 0 end) over (
            partition by pair_id, side
            order by day asc nulls last
            rows between 1 preceding and 1 preceding
        ) as was_silent
    from followed
),

counted as (
    select
        turned.pair_id,
        turned.side,
        quarter.moment,
        quarter.until_on,
        count(*)::integer as n_days,
        count(*) filter (where turned.is_silent and turned.was_silent = 0)::integer as n_onsets
    from turned
    inner join quarter on turned.day <= quarter.until_on
    where turned.was_silent is not null
    group by turned.pair_id, turned.side, quarter.moment, quarter.until_on
),

onset as (
    select
        pair_id,
        side,
        moment,
        until_on,
        unnest(generate_series(1, n_onsets)) as nth
    from counted
    where n_onsets >= 1
),

latest as (
    select
        rating.pair_id,
        rating.side,
        quarter.moment,
        quarter.until_on,
        max_by(rating.rating_ppm, (rating.rated_at, rating.event_id)) as rating_ppm
    from rating
    inner join quarter on rating.rated_on <= quarter.until_on
    group by rating.pair_id, rating.side, quarter.moment, quarter.until_on
),

lower_side as (
    select
        pair_id,
        moment,
        until_on,
        min(rating_ppm) as rating_ppm
    from latest
    group by pair_id, moment, until_on
    having count(*) = 2
),

measured as (
    select
        case when side = 'mentor' then 'ghosting_mentor' else 'ghosting_mentee' end as kpi,
        moment,
        pair_id,
        until_on,
        false as is_reached,
        n_days as n_units,
        0 as amount
    from counted
    union all
    select
        case when side = 'mentor' then 'ghosting_mentor' else 'ghosting_mentee' end as kpi,
        moment,
        pair_id,
        until_on,
        true as is_reached,
        0 as n_units,
        1 as amount
    from onset
    union all
    select
        'pulse_lower' as kpi,
        moment,
        pair_id,
        until_on,
        false as is_reached,
        1 as n_units,
        rating_ppm / 1000000.0 as amount
    from lower_side
)

select
    kpi,
    moment,
    pair_id,
    until_on::date as counts_on,
    case when is_reached then until_on end::date as reached_on,
    n_units,
    amount::double as amount,
    null::text as evidence
from measured
