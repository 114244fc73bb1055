-- one row per group (a program, or one of its cohorts), moment and number that tells how healthy it is
--
-- A number is of all that counts by the run, and again of all that counted by the end of the quarter before.
-- The rules of pipelines/signals/disclosure.py in SQL: a row that too few stand behind, or of whom all or
-- none did so, is absent, and so is the smallest other cohort where subtraction from the program would tell.
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
    union all
    select kpi, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.limbo_measure
    union all
    select kpi, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.survey_measure
    union all
    select kpi, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.support_measure
    union all
    select kpi, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.return_measure
),

standing as (
    select kpi, moment, pair_id, reached_on, n_units, amount, evidence
    from feature.standing_measure
    union all
    select kpi, moment, pair_id, reached_on, n_units, amount, evidence
    from feature.history_measure
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
    from standing
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
        sum(case when is_reached then thousandths else 0 end)::bigint as total_reached,
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
        member.program_id,
        coalesce(member.cohort_id, '') as cohort_key,
        member.cohort_id,
        member.pair_id,
        party.mentor_id,
        party.mentee_id
    from member
    inner join party on member.pair_id = party.pair_id
    where not member.is_hidden
),

measured as (
    select
        grouped.program_id,
        grouped.cohort_key,
        grouped.cohort_id,
        grouped.pair_id,
        grouped.mentor_id,
        grouped.mentee_id,
        counted.kpi,
        counted.moment,
        counted.n,
        counted.n_reached,
        counted.n_acts,
        counted.total,
        counted.total_reached,
        counted.squares,
        counted.grade
    from grouped
    inner join counted on grouped.pair_id = counted.pair_id
),

-- Only medians and tenths are read off by place: numbering all that counts would hold all of it at once.
valued as (
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
    where kpi.kind in ('median', 'tenth')
),

middling as (
    select
        program_id,
        cohort_key,
        kpi,
        moment,
        median(thousandths)::double as middle
    from valued
    group by program_id, cohort_key, kpi, moment
),

summed as (
    select
        program_id,
        cohort_key,
        cohort_id,
        kpi,
        moment,
        sum(n)::bigint as n,
        count(distinct pair_id)::bigint as n_pairs,
        count(distinct mentor_id)::bigint as n_mentors,
        count(distinct mentee_id)::bigint as n_mentees,
        sum(n_reached)::bigint as n_reached,
        sum(n_acts)::bigint as n_acts,
        sum(total)::bigint as total,
        sum(total_reached)::bigint as total_reached,
        sum(squares)::bigint as squares,
        max(grade)::integer as worst_grade
    from measured
    group by program_id, cohort_key, cohort_id, kpi, moment
),

-- People are counted one by one only where neither side alone is enough of them.
unsure as (
    select
        measured.program_id,
        measured.cohort_key,
        measured.kpi,
        measured.moment,
        measured.mentor_id,
        measured.mentee_id
    from summed
    cross join run
    inner join measured
        on
            summed.program_id = measured.program_id
            and summed.cohort_key = measured.cohort_key
            and summed.kpi = measured.kpi
            and summed.moment = measured.moment
    where
        summed.n_pairs >= run.small_group
        and summed.n_mentors < run.small_group
        and summed.n_mentees < run.small_group
),

named as (
    select program_id, cohort_key, kpi, moment, mentor_id as person_id
    from unsure
    union
    select program_id, cohort_key, kpi, moment, mentee_id as person_id
    from unsure
),

people as (
    select
        program_id,
        cohort_key,
        kpi,
        moment,
        count(person_id)::bigint as n_people
    from named
    group by program_id, cohort_key, kpi, moment
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
        kpi.kind,
        kpi.is_personal,
        summed.n,
        summed.n_pairs,
        summed.n_reached,
        summed.n_acts,
        summed.total,
        summed.total_reached,
        summed.squares,
        middling.middle,
        summed.worst_grade
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
    left join people
        on
            summed.program_id = people.program_id
            and summed.cohort_key = people.cohort_key
            and summed.kpi = people.kpi
            and summed.moment = people.moment
    where
        summed.n >= run.small_group
        and summed.n_pairs >= run.small_group
        and greatest(summed.n_mentors, summed.n_mentees, coalesce(people.n_people, 0)) >= run.small_group
        and summed.n_mentors not in (1, 2)
        and (recorded.kpi is not null or not kpi.is_gated)
        and (not kpi.is_personal or summed.n_reached between 1 and summed.n - 1)
        -- A tenth of fewer would be the value of one pair.
        and (kpi.kind <> 'tenth' or summed.n_pairs >= 4 * run.small_group)
),

-- What is left of a program's number once the cohorts told of are taken away.
homed as (
    select
        member.pair_id,
        member.program_id,
        member.cohort_id
    from member
    where member.cohort_id is not null and not member.is_hidden
),

remainder as (
    select
        measured.program_id,
        measured.kpi,
        measured.moment,
        sum(measured.n)::bigint as n,
        count(distinct measured.pair_id)::bigint as n_pairs,
        count(distinct measured.mentor_id)::bigint as n_mentors,
        count(distinct measured.mentee_id)::bigint as n_mentees,
        sum(measured.n_reached)::bigint as n_reached
    from measured
    left join homed on measured.pair_id = homed.pair_id and measured.program_id = homed.program_id
    left join told
        on
            homed.program_id = told.program_id
            and homed.cohort_id = told.cohort_key
            and measured.kpi = told.kpi
            and measured.moment = told.moment
    where measured.cohort_key = '' and told.kpi is null
    group by measured.program_id, measured.kpi, measured.moment
),

given_away as (
    select
        remainder.program_id,
        remainder.kpi,
        remainder.moment
    from remainder
    cross join run
    inner join kpi on remainder.kpi = kpi.kpi
    where
        remainder.n < run.small_group
        or remainder.n_pairs < run.small_group
        or greatest(remainder.n_mentors, remainder.n_mentees) < run.small_group
        or remainder.n_mentors in (1, 2)
        or (kpi.is_personal and remainder.n_reached not between 1 and remainder.n - 1)
),

ranked as (
    select
        program_id,
        cohort_key,
        kpi,
        moment,
        row_number() over (
            partition by program_id, kpi, moment
            order by n_pairs asc nulls last, cohort_key asc nulls last
        )::bigint as nth
    from told
    where cohort_key <> ''
),

covering as (
    select
        ranked.program_id,
        ranked.cohort_key,
        ranked.kpi,
        ranked.moment
    from ranked
    inner join given_away
        on
            ranked.program_id = given_away.program_id
            and ranked.kpi = given_away.kpi
            and ranked.moment = given_away.moment
    where ranked.nth = 1
),

shown as (
    select
        told.program_id,
        told.cohort_key,
        told.cohort_id,
        told.kpi,
        told.moment,
        told.kind,
        told.n,
        told.n_pairs,
        told.n_reached,
        told.n_acts,
        told.total,
        told.total_reached,
        told.squares,
        told.middle,
        told.worst_grade,
        case told.kind when 'tenth' then 0.1 when 'median' then 0.5 end as part
    from told
    left join covering
        on
            told.program_id = covering.program_id
            and told.cohort_key = covering.cohort_key
            and told.kpi = covering.kpi
            and told.moment = covering.moment
    where covering.kpi is null
),

-- The limits of a median or a tenth are values of its own: those at the places that chance allows.
bounded as (
    select
        program_id,
        cohort_key,
        kpi,
        moment,
        greatest(1, ceil(n * part)) as own_place,
        floor(n * part - 1.959964 * pow(n * part * (1 - part), 0.5)) as low_place,
        ceil(1 + n * part + 1.959964 * pow(n * part * (1 - part), 0.5)) as high_place
    from shown
    where part is not null
),

placed as (
    select
        bounded.program_id,
        bounded.cohort_key,
        bounded.kpi,
        bounded.moment,
        max(case when valued.place = bounded.own_place then valued.thousandths end) as own,
        max(case when valued.place = bounded.low_place then valued.thousandths end) as low,
        max(case when valued.place = bounded.high_place then valued.thousandths end) as high
    from bounded
    inner join valued
        on
            bounded.program_id = valued.program_id
            and bounded.cohort_key = valued.cohort_key
            and bounded.kpi = valued.kpi
            and bounded.moment = valued.moment
            and valued.place in (bounded.own_place, bounded.low_place, bounded.high_place)
    group by bounded.program_id, bounded.cohort_key, bounded.kpi, bounded.moment
),

-- Lines belong to the home, not to a pair: told of programs alone, of all files that had landed.
delivered as (
    select
        quarter.moment,
        sum(ledger.lines_in)::bigint as n_lines,
        sum(ledger.quarantined)::bigint as n_quarantined
    from log.ledger as ledger
    inner join feature.quarter as quarter on ledger.landed_at::date <= quarter.until_on
    group by quarter.moment
),

program as (
    select distinct program_id
    from member
    where cohort_id is null
)

select
    shown.program_id,
    shown.cohort_id,
    shown.kpi,
    shown.moment,
    shown.kind,
    shown.n,
    shown.n_pairs,
    shown.n_reached,
    shown.n_acts,
    shown.total,
    shown.total_reached,
    shown.squares,
    case shown.kind when 'tenth' then placed.own else shown.middle end::double as middle,
    placed.low,
    placed.high,
    case shown.worst_grade
        when 1 then 'observed'
        when 2 then 'attested2'
        when 3 then 'attested1'
        when 4 then 'inferred'
        when 5 then 'assumed'
    end as worst_evidence
from shown
left join placed
    on
        shown.program_id = placed.program_id
        and shown.cohort_key = placed.cohort_key
        and shown.kpi = placed.kpi
        and shown.moment = placed.moment
union all
select
    program.program_id,
    null as cohort_id,
    'quarantined' as kpi,
    delivered.moment,
    'share' as kind,
    delivered.n_lines as n,
    null as n_pairs,
    delivered.n_quarantined as n_reached,
    delivered.n_quarantined as n_acts,
    null as total,
    null as total_reached,
    null as squares,
    null as middle,
    null as low,
    null as high,
    null as worst_evidence
from program
cross join delivered
where delivered.n_lines > 0
