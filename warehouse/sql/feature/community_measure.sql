-- one row per number about what goes on beyond a pair and pair that counts in it
with accepted as (
    select
        pair_id,
        accepted_at::date as accepted_on,
        network_at::date as network_on
    from core.lifecycle
    where accepted_at is not null
),

pair as (
    select * from core.pair
),

community as (
    select * from feature.community
),

ending as (
    select * from core.ending
),

measured as (
    select
        'pays_forward' as practice,
        pair.pair_id,
        accepted.accepted_on as counts_on,
        community.became_mentor_on as reached_on
    from pair
    inner join accepted on pair.pair_id = accepted.pair_id
    inner join community on pair.mentee_id = community.person_id
    where pair.direction is distinct from 'peer'
    union all
    select
        'linked' as practice,
        pair.pair_id,
        accepted.accepted_on as counts_on,
        community.linked_on as reached_on
    from pair
    inner join accepted on pair.pair_id = accepted.pair_id
    inner join community on pair.mentor_id = community.person_id
    union all
    select
        'stays_in_touch' as practice,
        ending.pair_id,
        ending.ended_at::date as counts_on,
        accepted.network_on as reached_on
    from ending
    inner join accepted on ending.pair_id = accepted.pair_id
    where
        ending.end_reason in ('goals_met', 'term_completed', 'needs_evolved', 'moved_to_network')
        and not ending.is_auto_closed
        and not ending.is_end_disputed
)

select
    practice,
    pair_id,
    counts_on::date as counts_on,
    reached_on::date as reached_on,
    1 as n_units,
    null::double as amount,
    null::text as evidence
from measured
