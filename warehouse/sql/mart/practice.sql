-- one row per group (a program, or one of its cohorts) and number that tells how a practice is kept
--
-- A number is of all that counts by the run, and again of all that counted by the end of the quarter before.
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

quarter as (
    select * from feature.quarter
),

dated as (
    select
        measure.practice,
        quarter.moment,
        measure.pair_id,
        coalesce(measure.reached_on <= quarter.until_on, false) as is_reached,
        measure.n_units,
        measure.amount,
        measure.evidence
    from feature.match_measure as measure
    inner join quarter on measure.counts_on <= quarter.until_on
    union all
    select
        practice,
        moment,
        pair_id,
        is_reached,
        n_units,
        amount,
        null::text as evidence
    from feature.load_measure
),

grade as (
    select * from ref.grade
),

-- Amounts are whole thousandths, as they are in feature.practice_pair.
counted as (
    select practice, moment, pair_id, amount, n, n_reached, total, squares, grade
    from feature.practice_pair
    union all
    select
        dated.practice,
        dated.moment,
        dated.pair_id,
        case when practice.kind = 'median' then round(1000.0 * dated.amount)::bigint end as amount,
        dated.n_units as n,
        case when dated.is_reached then dated.n_units else 0 end as n_reached,
        round(1000.0 * dated.amount)::bigint as total,
        round(1000.0 * dated.amount)::bigint * round(1000.0 * dated.amount)::bigint as squares,
        grade.ordinal as grade
    from dated
    inner join practice on dated.practice = practice.practice
    left join grade on dated.evidence = grade.evidence
),

measured as (
    select
        member.program_id,
        coalesce(member.cohort_id, '') as cohort_key,
        member.cohort_id,
        member.is_hidden,
        counted.practice,
        counted.moment,
        counted.pair_id,
        pair.mentor_id,
        counted.amount,
        counted.n,
        counted.n_reached,
        counted.total,
        counted.squares,
        counted.grade
    from member
    inner join counted on member.pair_id = counted.pair_id
    inner join pair on member.pair_id = pair.pair_id
),

-- Pairs are independent of each other, the minutes of one pair are not: of a ratio each row is of a pair.
summed as (
    select
        measured.program_id,
        measured.cohort_key,
        measured.cohort_id,
        measured.practice,
        measured.moment,
        sum(measured.n)::bigint as n,
        count(distinct measured.pair_id)::bigint as n_pairs,
        sum(measured.n_reached)::bigint as n_reached,
        sum(measured.total)::bigint as total,
        sum(measured.squares)::bigint as squares,
        sum(measured.n_reached * measured.n_reached)::bigint as reached_squares,
        sum(measured.n_reached * measured.n)::bigint as products,
        sum(measured.n * measured.n)::bigint as unit_squares,
        max(measured.grade)::integer as worst_grade,
        bool_or(measured.is_hidden)
        or count(distinct measured.pair_id)::bigint < max(run.small_group)
        or count(distinct measured.mentor_id)::bigint in (1, 2)
        -- That all, or none, of a group said something would tell what each of them said.
        or (
            bool_or(practice.is_said)
            and (
                coalesce(sum(measured.total), 1000 * sum(measured.n_reached))::bigint
                in (0, 1000 * sum(measured.n)::bigint)
            )
        ) as is_small
    from measured
    cross join run
    inner join practice on measured.practice = practice.practice
    group by
        measured.program_id, measured.cohort_key, measured.cohort_id, measured.practice, measured.moment
),

ranked as (
    select
        summed.*,
        sum(case when is_small and cohort_id is not null then 1 else 0 end) over (
            partition by program_id, practice, moment
        )::integer as n_small,
        row_number() over (
            partition by program_id, practice, moment, is_small, cohort_id is null
            order by n_pairs asc nulls last, cohort_key asc nulls last
        )::integer as smallness
    from summed
),

shown as (
    select
        ranked.program_id,
        ranked.cohort_key,
        ranked.cohort_id,
        ranked.moment,
        practice.ordinal,
        practice.section,
        practice.practice,
        practice.kind,
        practice.unit,
        practice.of_what,
        ranked.n,
        ranked.n_pairs,
        ranked.worst_grade,
        1.0 * ranked.n_reached / ranked.n as p,
        3.841459 / ranked.n as z2_n,
        1.959964 / ranked.n * pow(
            greatest(
                0.0,
                1.0 * ranked.reached_squares
                - 2.0 * ranked.n_reached / ranked.n * ranked.products
                + pow(1.0 * ranked.n_reached / ranked.n, 2) * ranked.unit_squares
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
),

-- How many of a group have each amount, and up to which place.
heap as (
    select
        program_id,
        cohort_key,
        practice,
        moment,
        amount,
        sum(n)::bigint as n_amounts
    from measured
    where amount is not null
    group by program_id, cohort_key, practice, moment, amount
),

stacked as (
    select
        program_id,
        cohort_key,
        practice,
        moment,
        amount,
        sum(n_amounts) over (
            partition by program_id, cohort_key, practice, moment
            order by amount asc nulls last
        )::bigint - n_amounts + 1 as first_place,
        sum(n_amounts) over (
            partition by program_id, cohort_key, practice, moment
            order by amount asc nulls last
        )::bigint as last_place
    from heap
),

-- The limits of a median are values of its own: those at the places that chance allows. The middle lies
-- between two places where there are as many below as above.
placed as (
    select
        shown.program_id,
        shown.cohort_key,
        shown.practice,
        shown.moment,
        max(
            case
                when shown.low_place between stacked.first_place and stacked.last_place then stacked.amount
            end
        ) as low,
        max(
            case
                when shown.high_place between stacked.first_place and stacked.last_place then stacked.amount
            end
        ) as high,
        max(
            case
                when floor((shown.n + 1) / 2.0) between stacked.first_place and stacked.last_place
                    then stacked.amount
            end
        ) as lower_middle,
        max(
            case
                when ceil((shown.n + 1) / 2.0) between stacked.first_place and stacked.last_place
                    then stacked.amount
            end
        ) as upper_middle
    from shown
    inner join stacked
        on
            shown.program_id = stacked.program_id
            and shown.cohort_key = stacked.cohort_key
            and shown.practice = stacked.practice
            and shown.moment = stacked.moment
    where shown.kind = 'median'
    group by shown.program_id, shown.cohort_key, shown.practice, shown.moment
),

-- Shares as Wilson, ratios by how pairs differ (Cochran 1977, 6.4), medians by order, means by their error.
limited as (
    select
        shown.program_id,
        shown.cohort_id,
        shown.cohort_key,
        shown.moment,
        shown.ordinal,
        shown.section,
        shown.practice,
        shown.unit,
        shown.of_what,
        shown.is_hidden,
        shown.n,
        shown.n_pairs,
        shown.worst_grade,
        case
            when shown.kind in ('share', 'ratio') then shown.p
            when shown.kind = 'median' then (placed.lower_middle + placed.upper_middle) / 2000.0
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
            and shown.moment = placed.moment
)

select
    now.program_id,
    now.cohort_id,
    now.ordinal,
    now.section,
    now.practice,
    now.unit,
    now.of_what,
    now.is_hidden,
    case when not now.is_hidden then now.n end as n,
    case when not now.is_hidden then now.n_pairs end as n_pairs,
    case when not now.is_hidden then round(now.value, 6) end as value,
    case when not now.is_hidden then round(now.low, 6) end as low,
    case when not now.is_hidden then round(now.high, 6) end as high,
    case when not now.is_hidden then grade.evidence end as worst_evidence,
    case when not now.is_hidden and not before.is_hidden then round(before.value, 6) end as value_before,
    case when not now.is_hidden and not before.is_hidden then before.n end as n_before
from limited as now
left join grade on now.worst_grade = grade.ordinal
left join limited as before
    on
        now.program_id = before.program_id
        and now.cohort_key = before.cohort_key
        and now.practice = before.practice
        and before.moment = 'before'
where now.moment = 'now'
