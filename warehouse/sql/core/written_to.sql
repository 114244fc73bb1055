-- one row per person the program wrote to: when last, whichever of their pairs it was about
select
    party.person_id,
    max(message.occurred_on) as written_on
from core.program_message as message
inner join core.pair_party as party
    on message.pair_id = party.pair_id and coalesce(message.party, party.side) = party.side
where not message.is_held_back
group by party.person_id
