-- one row per proposed or accepted pair: when each side first said yes
select
    yes.pair_id,
    min(case when yes.side in ('mentor', 'both') then yes.occurred_at end) as mentor_at,
    min(case when yes.side in ('mentee', 'both') then yes.occurred_at end) as mentee_at
from core.yes as yes
group by yes.pair_id
