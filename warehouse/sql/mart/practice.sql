-- one row per group (a program, or one of its cohorts) and number that tells how a practice is kept
--
-- Numbers that would tell about too few are NULL; where one group alone would be missing, the smallest of the
-- others is hidden with it, so that no difference tells.
with member as (
    select * from feature.group_pair
),

practice as (
    select * from ref.practice
),

pair as (
    select * from core.pair
),

run as (
    select * from ref.run
),

dated as (
    select practice, pair_id, is_reached, n_units, amount
    from feature.time_measure
    union all
    select practice, pair_id, is_reached, n_units, amount
    from feature.load_measure
    union all
    select practice, pair_id, is_reached, n_units, amount
    from feature.match_measure
    union all
    select practice, pair_id, is_reached, n_units, amount
    from feature.growth_measure
),

-- Amounts are whole thousandths, so that sums are exact in any order.
measured as (
    select
        member.program_id,
        coalesce(member.cohort_id, '') as cohort_key,
        member.cohort_id,
        member.is_hidden,
        dated.practice,
        dated.pair_id,
        pair.mentor_id,
        dated.is_reached,
        dated.n_units,
        round(1000.0 * dated.amount)::bigint as thousandths,
        row_number() over (
            partition by member.program_id, member.cohort_id, dated.practice
            order by dated.amount asc nulls last, dated.pair_id asc nulls last
        )::bigint as place
    from member
    inner join dated on member.pair_id = dated.pair_id
    inner join pair on member.pair_id = pair.pair_id
),

-- What one pair adds up to: pairs are independent of each other, the minutes of one pair are not.
paired as (
    select
        program_id,
        cohort_key,
        practice,
        pair_id,
        sum(n_units)::bigint as n_units,
        sum(case when is_reached then n_units else 0 end)::bigint as n_reached
    from measured
    group by program_id, cohort_key, practice, pair_id
),

spread as (
    select
        program_id,
        cohort_key,
        practice,
        sum(n_reached * n_reached)::bigint as reached_squares,
        sum(n_reached * n_units)::bigint as products,
        sum(n_units * n_units)::bigint as unit_squares
    from paired
    group by program_id, cohort_key, practice
),

summed as (
    select
        measured.program_id,
        measured.cohort_key,
        measured.cohort_id,
        measured.practice,
        sum(measured.n_units)::bigint as n,
        count(distinct measured.pair_id)::bigint as n_pairs,
        sum(case when measured.is_reached then measured.n_units else 0 end)::bigint as n_reached,
        sum(measured.thousandths)::bigint as total,
        sum(measured.thousandths * measured.thousandths)::bigint as squares,
        median(measured.thousandths)::double as middle,
        bool_or(measured.is_hidden)
        or count(distinct measured.pair_id)::bigint < max(run.small_group)
        or count(distinct measured.mentor_id)::bigint in (1, 2)
        -- That all, or none, of a group said something would tell what each of them said.
        or (
            bool_or(practice.is_said)
            and (
                coalesce(
                    sum(measured.thousandths), sum(case when measured.is_reached then 1000 else 0 end)
                )::bigint
                in (0, 1000 * sum(measured.n_units)::bigint)
            )
        ) as is_small
    from measured
    cross join run
    inner join practice on measured.practice = practice.practice
    group by measured.program_id, measured.cohort_key, measured.cohort_id, measured.practice
),

ranked as (
    select
        program_id,
        cohort_key,
        cohort_id,
        practice,
        n,
        n_pairs,
        n_reached,
        total,
        squares,
        middle,
        is_small,
        sum(case when is_small and cohort_id is not null then 1 else 0 end) over (
            partition by program_id, practice
        )::integer as n_small,
        row_number() over (
            partition by program_id, practice, is_small, cohort_id is null
            order by n_pairs asc nulls last, cohort_key asc nulls last
        )::integer as smallness
    from summed
),

shown as (
    select
        ranked.program_id,
        ranked.cohort_key,
        ranked.cohort_id,
        practice.ordinal,
        practice.section,
        practice.practice,
        practice.kind,
        practice.unit,
        practice.of_what,
        ranked.n,
        ranked.n_pairs,
        ranked.n_reached,
        ranked.middle,
        1.0 * ranked.n_reached / ranked.n as p,
        3.841459 / ranked.n as z2_n,
        1.959964 / ranked.n * pow(
            greatest(
                0.0,
                1.0 * spread.reached_squares
                - 2.0 * ranked.n_reached / ranked.n * spread.products
                + pow(1.0 * ranked.n_reached / ranked.n, 2) * spread.unit_squares
            )
            * ranked.n_pairs / nullif(ranked.n_pairs - 1, 0),
            0.5
        ) as ratio_half,
        ranked.total / 1000.0 / ranked.n as mean,
        1.959964 * pow(
            greatest(0.0, 1.0 * ranked.squares / ranked.n - pow(1.0 * ranked.total / ranked.n, 2)) / ranked.n,
            0.5
        ) / 1000.0 as half,
        floor(ranked.n / 2.0 - 0.979982 * pow(ranked.n, 0.5)) as low_place,
        ceil(1 + ranked.n / 2.0 + 0.979982 * pow(ranked.n, 0.5)) as high_place,
        ranked.is_small
        or (ranked.cohort_id is not null and ranked.n_small = 1 and ranked.smallness = 1) as is_hidden
    from ranked
    inner join practice on ranked.practice = practice.practice
    inner join spread
        on
            ranked.program_id = spread.program_id
            and ranked.cohort_key = spread.cohort_key
            and ranked.practice = spread.practice
),

-- The limits of a median are values of its own: those at the places that chance allows.
placed as (
    select
        shown.program_id,
        shown.cohort_key,
        shown.practice,
        max(case when measured.place = shown.low_place then measured.thousandths end) as low,
        max(case when measured.place = shown.high_place then measured.thousandths end) as high
    from shown
    inner join measured
        on
            shown.program_id = measured.program_id
            and shown.cohort_key = measured.cohort_key
            and shown.practice = measured.practice
            and measured.place in (shown.low_place, shown.high_place)
    where shown.kind = 'median'
    group by shown.program_id, shown.cohort_key, shown.practice
),

-- Shares as Wilson, ratios by how pairs differ (Cochran 1977, 6.4), medians by order, means by their error.
limited as (
    select
        shown.program_id,
        shown.cohort_id,
        shown.ordinal,
        shown.section,
        shown.practice,
        shown.unit,
        shown.of_what,
        shown.is_hidden,
        shown.n,
        shown.n_pairs,
        case
            when shown.kind in ('share', 'ratio') then shown.p
            when shown.kind = 'median' then shown.middle / 1000.0
            else shown.mean
        end as value,
        case shown.kind
            when 'share'
                then
                    greatest(
                        0.0,
                        (
                            shown.p
                            + shown.z2_n / 2
                            - pow(shown.z2_n * shown.p * (1 - shown.p) + shown.z2_n * shown.z2_n / 4, 0.5)
                        )
                        / (1 + shown.z2_n)
                    )
            when 'ratio' then greatest(0.0, shown.p - shown.ratio_half)
            when 'median' then placed.low / 1000.0
            else greatest(0.0, shown.mean - shown.half)
        end as low,
        case shown.kind
            when 'share'
                then
                    least(
                        1.0,
                        (
                            shown.p
                            + shown.z2_n / 2
                            + pow(shown.z2_n * shown.p * (1 - shown.p) + shown.z2_n * shown.z2_n / 4, 0.5)
                        )
                        / (1 + shown.z2_n)
                    )
            when 'ratio' then least(1.0, shown.p + shown.ratio_half)
            when 'median' then placed.high / 1000.0
            else least(1.0, shown.mean + shown.half)
        end as high
    from shown
    left join placed
        on
            shown.program_id = placed.program_id
            and shown.cohort_key = placed.cohort_key
            and shown.practice = placed.practice
)

select
    program_id,
    cohort_id,
    ordinal,
    section,
    practice,
    unit,
    of_what,
    is_hidden,
    case when not is_hidden then n end as n,
    case when not is_hidden then n_pairs end as n_pairs,
    case when not is_hidden then round(value, 6) end as value,
    case when not is_hidden then round(low, 6) end as low,
    case when not is_hidden then round(high, 6) end as high
from limited
