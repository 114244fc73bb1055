-- one row per pair and side that the program wrote to, about this pair or another: when last
select
    party.pair_id,
    party.side,
    max(written_to.written_on) as written_on
from core.pair_party as party
inner join core.written_to as written_to on party.person_id = written_to.person_id
group by party.pair_id, party.side
