-- one row per group (a program, or one of its cohorts) and number that tells how healthy it is
--
-- A number is of all that counts by the run, and again of all that counted by the end of the quarter before.
with member as (
    select * from feature.group_pair
),

kpi as (
    select * from ref.kpi
),

party as (
    select * from core.pair
),

run as (
    select * from ref.run
),

dated as (
    select kpi, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.start_measure
    union all
    select kpi, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.session_measure
    union all
    select kpi, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.exchange_measure
    union all
    select kpi, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.ending_measure
    union all
    select kpi, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.arrival_measure
),

-- Amounts are whole thousandths.
counting as (
    select
        dated.kpi,
        quarter.moment,
        dated.pair_id,
        coalesce(dated.reached_on <= quarter.until_on, false) as is_reached,
        dated.n_units,
        round(1000.0 * dated.amount)::bigint as thousandths,
        dated.evidence
    from dated
    inner join feature.quarter as quarter on dated.counts_on <= quarter.until_on
    union all
    select
        kpi,
        moment,
        pair_id,
        reached_on is not null as is_reached,
        n_units,
        round(1000.0 * amount)::bigint as thousandths,
        evidence
    from feature.standing_measure
),

-- Added up pair by pair first: there are far fewer pairs than things that count.
counted as (
    select
        kpi,
        moment,
        pair_id,
        sum(n_units)::bigint as n,
        sum(case when is_reached then n_units else 0 end)::bigint as n_reached,
        count(*) filter (where is_reached)::bigint as n_acts,
        sum(thousandths)::bigint as total,
        sum(thousandths * thousandths)::bigint as squares,
        max(
            case evidence
                when 'observed' then 1
                when 'attested2' then 2
                when 'attested1' then 3
                when 'inferred' then 4
                when 'assumed' then 5
            end
        )::integer as grade
    from counting
    group by kpi, moment, pair_id
),

-- A group is the program, or a cohort of it: NULL is no key to join by.
grouped as (
    select
        program_id,
        cohort_id,
        coalesce(cohort_id, '') as cohort_key,
        pair_id
    from member
    where not is_hidden
),

-- Only medians are read off by place: numbering all that counts would hold all of it at once.
ranked as (
    select
        grouped.program_id,
        grouped.cohort_key,
        counting.kpi,
        counting.moment,
        counting.thousandths,
        row_number() over (
            partition by grouped.program_id, grouped.cohort_key, counting.kpi, counting.moment
            order by counting.thousandths asc nulls last
        )::bigint as place
    from counting
    inner join kpi on counting.kpi = kpi.kpi
    inner join grouped on counting.pair_id = grouped.pair_id
    where kpi.kind = 'median'
),

middling as (
    select
        program_id,
        cohort_key,
        kpi,
        moment,
        median(thousandths)::double as middle
    from ranked
    group by program_id, cohort_key, kpi, moment
),

summed as (
    select
        grouped.program_id,
        grouped.cohort_key,
        grouped.cohort_id,
        counted.kpi,
        counted.moment,
        sum(counted.n)::bigint as n,
        count(distinct counted.pair_id)::bigint as n_pairs,
        count(distinct party.mentor_id)::bigint as n_mentors,
        sum(counted.n_reached)::bigint as n_reached,
        sum(counted.n_acts)::bigint as n_acts,
        sum(counted.total)::bigint as total,
        sum(counted.squares)::bigint as squares,
        max(counted.grade)::integer as worst_grade
    from grouped
    inner join counted on grouped.pair_id = counted.pair_id
    inner join party on grouped.pair_id = party.pair_id
    group by grouped.program_id, grouped.cohort_key, grouped.cohort_id, counted.kpi, counted.moment
),

-- Acts that no pair of the program has ever done are taken as not recorded.
recorded as (
    select
        program_id,
        kpi
    from summed
    group by program_id, kpi
    having max(n_acts) > 0
),

told as (
    select
        summed.program_id,
        summed.cohort_key,
        summed.cohort_id,
        summed.kpi,
        summed.moment,
        kpi.ordinal,
        kpi.kind,
        kpi.unit,
        kpi.of_what,
        summed.n,
        summed.n_pairs,
        summed.worst_grade,
        middling.middle,
        summed.n_acts,
        1.0 * summed.n_reached / summed.n as p,
        3.841459 / summed.n as z2_n,
        summed.total / 1000.0 / summed.n as mean,
        1.959964 * pow(
            greatest(0.0, 1.0 * summed.squares / summed.n - pow(1.0 * summed.total / summed.n, 2)) / summed.n,
            0.5
        ) / 1000.0 as half,
        floor(summed.n / 2.0 - 0.979982 * pow(summed.n, 0.5)) as low_place,
        ceil(1 + summed.n / 2.0 + 0.979982 * pow(summed.n, 0.5)) as high_place
    from summed
    cross join run
    inner join kpi on summed.kpi = kpi.kpi
    left join recorded on summed.program_id = recorded.program_id and summed.kpi = recorded.kpi
    left join middling
        on
            summed.program_id = middling.program_id
            and summed.cohort_key = middling.cohort_key
            and summed.kpi = middling.kpi
            and summed.moment = middling.moment
    where
        summed.n >= run.small_group
        and summed.n_pairs >= run.small_group
        and summed.n_mentors not in (1, 2)
        and (recorded.kpi is not null or not kpi.is_gated)
        -- That all, or none, of a group said something would tell what each of them said.
        and (kpi.kpi <> 'fit_good' or summed.n_reached between 1 and summed.n - 1)
),

-- The limits of a median are values of its own: those at the places that chance allows.
placed as (
    select
        told.program_id,
        told.cohort_key,
        told.kpi,
        told.moment,
        max(case when ranked.place = told.low_place then ranked.thousandths end) as low,
        max(case when ranked.place = told.high_place then ranked.thousandths end) as high
    from told
    inner join ranked
        on
            told.program_id = ranked.program_id
            and told.cohort_key = ranked.cohort_key
            and told.kpi = ranked.kpi
            and told.moment = ranked.moment
            and ranked.place in (told.low_place, told.high_place)
    where told.kind = 'median'
    group by told.program_id, told.cohort_key, told.kpi, told.moment
),

-- Shares as Wilson, acts as Byar, medians by order, means by their standard error.
limited as (
    select
        told.program_id,
        told.cohort_id,
        told.cohort_key,
        told.kpi,
        told.moment,
        told.ordinal,
        told.unit,
        told.of_what,
        told.n,
        told.n_pairs,
        told.worst_grade,
        case told.kind
            when 'share' then told.p
            when 'median' then told.middle / 1000.0
            when 'mean' then told.mean
            else 100.0 * told.n_acts / told.n
        end as value,
        case told.kind
            when 'share'
                then
                    greatest(
                        0.0,
                        (
                            told.p
                            + told.z2_n / 2
                            - pow(told.z2_n * told.p * (1 - told.p) + told.z2_n * told.z2_n / 4, 0.5)
                        )
                        / (1 + told.z2_n)
                    )
            when 'median' then placed.low / 1000.0
            when 'mean' then greatest(0.0, told.mean - told.half)
            when 'per_hundred'
                then
                    100.0 / told.n * greatest(
                        0.0,
                        told.n_acts * pow(
                            1 - 1 / (9.0 * greatest(1, told.n_acts))
                            - 1.959964 / (3.0 * pow(greatest(1, told.n_acts), 0.5)),
                            3
                        )
                    )
        end as low,
        case told.kind
            when 'share'
                then
                    least(
                        1.0,
                        (
                            told.p
                            + told.z2_n / 2
                            + pow(told.z2_n * told.p * (1 - told.p) + told.z2_n * told.z2_n / 4, 0.5)
                        )
                        / (1 + told.z2_n)
                    )
            when 'median' then placed.high / 1000.0
            when 'mean' then least(1.0, told.mean + told.half)
            when 'per_hundred'
                then
                    100.0 / told.n * (told.n_acts + 1) * pow(
                        1 - 1 / (9.0 * (told.n_acts + 1)) + 1.959964 / (3.0 * pow(told.n_acts + 1, 0.5)), 3
                    )
        end as high
    from told
    left join placed
        on
            told.program_id = placed.program_id
            and told.cohort_key = placed.cohort_key
            and told.kpi = placed.kpi
            and told.moment = placed.moment
)

select
    limited.program_id,
    limited.cohort_id,
    limited.ordinal,
    limited.kpi,
    limited.unit,
    limited.of_what,
    limited.n,
    limited.n_pairs,
    round(limited.value, 6) as value,
    round(limited.low, 6) as low,
    round(limited.high, 6) as high,
    case limited.worst_grade
        when 1 then 'observed'
        when 2 then 'attested2'
        when 3 then 'attested1'
        when 4 then 'inferred'
        when 5 then 'assumed'
    end as worst_evidence,
    round(before.value, 6) as value_before,
    before.n as n_before
from limited
left join limited as before
    on
        limited.program_id = before.program_id
        and limited.cohort_key = before.cohort_key
        and limited.kpi = before.kpi
        and before.moment = 'before'
where limited.moment = 'now'
