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

grade as (
    select * from ref.grade
),

-- A group is the program, or a cohort of it: NULL is no key to join by.
member_group as (
    select distinct
        program_id,
        cohort_id,
        coalesce(cohort_id, '') as cohort_key
    from member
),

numbered_group as (
    select
        program_id,
        cohort_id,
        cohort_key,
        row_number() over (
            order by program_id asc nulls last, cohort_key asc nulls last
        )::bigint as group_no
    from member_group
),

grouped as (
    select
        numbered_group.group_no,
        numbered_group.program_id,
        numbered_group.cohort_key,
        member.pair_id
    from member
    inner join numbered_group
        on
            member.program_id = numbered_group.program_id
            and coalesce(member.cohort_id, '') = numbered_group.cohort_key
    where not member.is_hidden
),

-- A pair counts in its program and in at most one cohort of it.
homed as (
    select
        party.pair_id,
        party.mentor_id,
        party.mentee_id,
        program.group_no as program_no,
        cohort.group_no as cohort_no,
        coalesce(cohort.group_no, -program.group_no) as home_no
    from grouped as program
    inner join party on program.pair_id = party.pair_id
    left join grouped as cohort on program.pair_id = cohort.pair_id and cohort.cohort_key <> ''
    where program.cohort_key = ''
),

-- What each cohort, or those of none, add to the number of a program.
summand as (
    select
        program.group_no as program_no,
        cohort.group_no as cohort_no,
        kpi.ordinal as kpi_no,
        adding.moment,
        adding.amount,
        adding.grade,
        adding.n_pairs,
        adding.n_amounts,
        adding.n,
        adding.n_reached,
        adding.n_acts,
        adding.total,
        adding.total_reached,
        adding.squares
    from feature.kpi_cell as adding
    inner join kpi on adding.kpi = kpi.kpi
    inner join numbered_group as program
        on adding.program_id = program.program_id and program.cohort_key = ''
    left join numbered_group as cohort
        on adding.program_id = cohort.program_id and adding.cohort_id = cohort.cohort_id
),

cell as (
    select
        program_no,
        cohort_no,
        kpi_no,
        moment,
        sum(n_pairs)::bigint as n_pairs,
        sum(n_amounts)::bigint as n_amounts,
        sum(n)::bigint as n,
        sum(n_reached)::bigint as n_reached,
        sum(n_acts)::bigint as n_acts,
        sum(total)::bigint as total,
        sum(total_reached)::bigint as total_reached,
        sum(squares)::bigint as squares,
        max(grade)::integer as grade
    from summand
    group by program_no, cohort_no, kpi_no, moment
),

celled as (
    select
        program_no as group_no,
        cell.*
    from cell
    union all
    select
        cohort_no as group_no,
        cell.*
    from cell
    where cohort_no is not null
),

added as (
    select
        group_no,
        kpi_no,
        moment,
        sum(n)::bigint as n,
        sum(n_pairs)::bigint as n_pairs,
        sum(n_reached)::bigint as n_reached,
        sum(n_acts)::bigint as n_acts,
        sum(total)::bigint as total,
        sum(total_reached)::bigint as total_reached,
        sum(squares)::bigint as squares,
        max(grade)::integer as worst_grade
    from celled
    group by group_no, kpi_no, moment
),

-- Of how many pairs of a group the busiest mentor is; pairs without one count as those of one more.
load as (
    select
        grouped.group_no,
        party.mentor_id,
        count(*)::bigint as n_pairs
    from grouped
    inner join party on grouped.pair_id = party.pair_id
    group by grouped.group_no, party.mentor_id
),

-- From so many pairs on there are enough known mentors, whoever they are: nobody has to be told apart.
bound as (
    select
        load.group_no,
        max(load.n_pairs) * max(greatest(run.small_group, 3)) as n_pairs_enough
    from load
    cross join run
    group by load.group_no
),

summed as (
    select
        added.*,
        added.n_pairs > bound.n_pairs_enough as is_many
    from added
    inner join bound on added.group_no = bound.group_no
),

-- Only what so few add to a number can be all of one that it is not so clear of. Such pairs are looked for
-- first: mostly there are none.
rare as (
    select distinct coalesce(cell.cohort_no, -cell.program_no) as home_no
    from cell
    inner join bound on cell.program_no = bound.group_no
    where cell.n_pairs <= bound.n_pairs_enough
),

rarely as (
    select homed.*
    from homed
    inner join rare on homed.home_no = rare.home_no
),

behind as (
    select
        rarely.program_no,
        rarely.cohort_no,
        rarely.mentor_id,
        rarely.mentee_id,
        kpi.ordinal as kpi_no,
        adding.moment
    from rarely
    inner join feature.kpi_pair as adding on rarely.pair_id = adding.pair_id
    inner join kpi on adding.kpi = kpi.kpi
),

-- Where it is not so clear people are counted one by one.
unsure as (
    select
        summed.group_no,
        summed.kpi_no,
        summed.moment,
        behind.mentor_id,
        behind.mentee_id
    from summed
    cross join run
    inner join behind
        on
            summed.group_no = behind.program_no
            and summed.kpi_no = behind.kpi_no
            and summed.moment = behind.moment
    where summed.n_pairs >= run.small_group and not summed.is_many
    union all
    select
        summed.group_no,
        summed.kpi_no,
        summed.moment,
        behind.mentor_id,
        behind.mentee_id
    from summed
    cross join run
    inner join behind
        on
            summed.group_no = behind.cohort_no
            and summed.kpi_no = behind.kpi_no
            and summed.moment = behind.moment
    where summed.n_pairs >= run.small_group and not summed.is_many
),

either as (
    select group_no, kpi_no, moment, mentor_id, mentor_id as person_id
    from unsure
    union
    select group_no, kpi_no, moment, null as mentor_id, mentee_id as person_id
    from unsure
),

people as (
    select
        group_no,
        kpi_no,
        moment,
        count(distinct mentor_id)::bigint as n_mentors,
        count(distinct person_id)::bigint as n_people
    from either
    group by group_no, kpi_no, moment
),

-- Acts that no pair of the program has ever done are taken as not recorded.
recorded as (
    select
        numbered_group.program_id,
        summed.kpi_no
    from summed
    inner join numbered_group on summed.group_no = numbered_group.group_no
    group by numbered_group.program_id, summed.kpi_no
    having max(summed.n_acts) > 0
),

told as (
    select
        numbered_group.program_id,
        numbered_group.cohort_id,
        numbered_group.cohort_key,
        summed.group_no,
        summed.kpi_no,
        summed.moment,
        kpi.kpi,
        kpi.kind,
        kpi.is_personal,
        summed.n,
        summed.n_pairs,
        summed.n_reached,
        summed.n_acts,
        summed.total,
        summed.total_reached,
        summed.squares,
        summed.worst_grade
    from summed
    cross join run
    inner join kpi on summed.kpi_no = kpi.ordinal
    inner join numbered_group on summed.group_no = numbered_group.group_no
    left join recorded
        on numbered_group.program_id = recorded.program_id and summed.kpi_no = recorded.kpi_no
    left join people
        on
            summed.group_no = people.group_no
            and summed.kpi_no = people.kpi_no
            and summed.moment = people.moment
    where
        summed.n >= run.small_group
        and summed.n_pairs >= run.small_group
        and (summed.is_many or (people.n_people >= run.small_group and people.n_mentors not in (1, 2)))
        and (recorded.kpi_no is not null or not kpi.is_gated)
        and (not kpi.is_personal or summed.n_reached between 1 and summed.n - 1)
        -- A tenth of fewer would be the value of one pair.
        and (kpi.kind <> 'tenth' or summed.n_pairs >= 4 * run.small_group)
),

-- What is left of a program's number once the cohorts told of are taken away.
untold as (
    select
        cell.*
    from cell
    left join told
        on
            cell.cohort_no = told.group_no
            and cell.kpi_no = told.kpi_no
            and cell.moment = told.moment
    where told.kpi_no is null
),

left_over as (
    select
        untold.program_no as group_no,
        untold.kpi_no,
        untold.moment,
        sum(untold.n)::bigint as n,
        sum(untold.n_pairs)::bigint as n_pairs,
        sum(untold.n_reached)::bigint as n_reached,
        sum(untold.n_pairs) > max(bound.n_pairs_enough) as is_many
    from untold
    inner join bound on untold.program_no = bound.group_no
    group by untold.program_no, untold.kpi_no, untold.moment
),

left_people as (
    select
        left_over.group_no,
        left_over.kpi_no,
        left_over.moment,
        count(distinct behind.mentor_id)::bigint as n_mentors,
        count(distinct behind.mentee_id)::bigint as n_mentees
    from left_over
    inner join untold
        on
            left_over.group_no = untold.program_no
            and left_over.kpi_no = untold.kpi_no
            and left_over.moment = untold.moment
    inner join behind
        on
            untold.program_no = behind.program_no
            and coalesce(untold.cohort_no, 0) = coalesce(behind.cohort_no, 0)
            and untold.kpi_no = behind.kpi_no
            and untold.moment = behind.moment
    where not left_over.is_many
    group by left_over.group_no, left_over.kpi_no, left_over.moment
),

remainder as (
    select
        left_over.group_no,
        left_over.kpi_no,
        left_over.moment,
        left_over.n,
        left_over.n_pairs,
        left_over.n_reached,
        not left_over.is_many as is_unsure,
        left_people.n_mentors,
        left_people.n_mentees
    from left_over
    left join left_people
        on
            left_over.group_no = left_people.group_no
            and left_over.kpi_no = left_people.kpi_no
            and left_over.moment = left_people.moment
),

given_away as (
    select
        program.program_id,
        remainder.kpi_no,
        remainder.moment
    from remainder
    cross join run
    inner join kpi on remainder.kpi_no = kpi.ordinal
    inner join numbered_group as program on remainder.group_no = program.group_no
    where
        remainder.n < run.small_group
        or remainder.n_pairs < run.small_group
        or (
            remainder.is_unsure
            and (
                greatest(remainder.n_mentors, remainder.n_mentees) < run.small_group
                or remainder.n_mentors in (1, 2)
            )
        )
        or (kpi.is_personal and remainder.n_reached not between 1 and remainder.n - 1)
),

ranked as (
    select
        program_id,
        group_no,
        kpi_no,
        moment,
        row_number() over (
            partition by program_id, kpi_no, moment
            order by n_pairs asc nulls last, cohort_key asc nulls last
        )::bigint as nth
    from told
    where cohort_key <> ''
),

covering as (
    select
        ranked.group_no,
        ranked.kpi_no,
        ranked.moment
    from ranked
    inner join given_away
        on
            ranked.program_id = given_away.program_id
            and ranked.kpi_no = given_away.kpi_no
            and ranked.moment = given_away.moment
    where ranked.nth = 1
),

shown as (
    select
        told.program_id,
        told.cohort_id,
        told.group_no,
        told.kpi_no,
        told.moment,
        told.kpi,
        told.kind,
        told.n,
        told.n_pairs,
        told.n_reached,
        told.n_acts,
        told.total,
        told.total_reached,
        told.squares,
        told.worst_grade,
        case told.kind when 'tenth' then 0.1 when 'median' then 0.5 end as part
    from told
    left join covering
        on
            told.group_no = covering.group_no
            and told.kpi_no = covering.kpi_no
            and told.moment = covering.moment
    where covering.kpi_no is null
),

-- How many of a group have each amount, and up to which place: sorting all of them would hold all at once.
tallied as (
    select
        program_no,
        cohort_no,
        kpi_no,
        moment,
        amount,
        sum(n_amounts)::bigint as n_amounts
    from summand
    where amount is not null
    group by program_no, cohort_no, kpi_no, moment, amount
),

heaped as (
    select program_no as group_no, kpi_no, moment, amount, n_amounts
    from tallied
    union all
    select cohort_no as group_no, kpi_no, moment, amount, n_amounts
    from tallied
    where cohort_no is not null
),

heap as (
    select
        group_no,
        kpi_no,
        moment,
        amount,
        sum(n_amounts)::bigint as n_amounts
    from heaped
    group by group_no, kpi_no, moment, amount
),

stacked as (
    select
        group_no,
        kpi_no,
        moment,
        amount,
        sum(n_amounts) over (
            partition by group_no, kpi_no, moment
            order by amount asc nulls last
        )::bigint - n_amounts + 1 as first_place,
        sum(n_amounts) over (
            partition by group_no, kpi_no, moment
            order by amount asc nulls last
        )::bigint as last_place,
        sum(n_amounts) over (partition by group_no, kpi_no, moment)::bigint as n_places
    from heap
),

-- The limits of a median or a tenth are values of its own: those at the places that chance allows.
bounded as (
    select
        group_no,
        kpi_no,
        moment,
        greatest(1, ceil(n * part)) as own_place,
        floor(n * part - 1.959964 * pow(n * part * (1 - part), 0.5)) as low_place,
        ceil(1 + n * part + 1.959964 * pow(n * part * (1 - part), 0.5)) as high_place
    from shown
    where part is not null
),

placed as (
    select
        bounded.group_no,
        bounded.kpi_no,
        bounded.moment,
        max(
            case
                when bounded.own_place between stacked.first_place and stacked.last_place
                    then stacked.amount
            end
        ) as own,
        max(
            case
                when bounded.low_place between stacked.first_place and stacked.last_place
                    then stacked.amount
            end
        ) as low,
        max(
            case
                when bounded.high_place between stacked.first_place and stacked.last_place
                    then stacked.amount
            end
        ) as high,
        -- The middle lies between two places where there are as many below as above.
        max(
            case
                when floor((stacked.n_places + 1) / 2.0) between stacked.first_place and stacked.last_place
                    then stacked.amount
            end
        ) as lower_middle,
        max(
            case
                when ceil((stacked.n_places + 1) / 2.0) between stacked.first_place and stacked.last_place
                    then stacked.amount
            end
        ) as upper_middle
    from bounded
    inner join stacked
        on
            bounded.group_no = stacked.group_no
            and bounded.kpi_no = stacked.kpi_no
            and bounded.moment = stacked.moment
    group by bounded.group_no, bounded.kpi_no, bounded.moment
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
    case shown.kind
        when 'tenth' then placed.own
        else (placed.lower_middle + placed.upper_middle) / 2.0
    end::double as middle,
    placed.low,
    placed.high,
    grade.evidence as worst_evidence
from shown
left join grade on shown.worst_grade = grade.ordinal
left join placed
    on
        shown.group_no = placed.group_no
        and shown.kpi_no = placed.kpi_no
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
