-- one row per answer of one side about the relationship, on a scale from 0 to 1 in millionths
--
-- Waves named pre and post measure an outcome, not the relationship, and are left out. So are answers that
-- were promised to be shown for groups only: a pair's health would tell them.
with answer as (
    select * from core.item_score
),

party as (
    select * from core.pair_party
)

select
    answer.event_id,
    answer.pair_id,
    coalesce(answer.party, party.side, answer.actor_role) as side,
    answer.occurred_at as rated_at,
    answer.occurred_on as rated_on,
    round(1000000.0 * answer.score_rate)::bigint as rating_ppm
from answer
left join party on answer.pair_id = party.pair_id and answer.actor_id = party.person_id
where
    answer.wave not in ('pre', 'post')
    and coalesce(answer.survey_mode, 'coordinator_visible') <> 'aggregate_only'
    and coalesce(answer.party, party.side, answer.actor_role) in ('mentor', 'mentee')
