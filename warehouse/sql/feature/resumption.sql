-- one row per pair with two contact days: the last completed gap, and who left the other waiting in it
with contact_day as (
    select * from feature.contact_day
),

contact as (
    select * from core.contact
),

ask as (
    select * from core.ask where n_asks > 0
),

checkin as (
    select * from core.checkin
),

gap as (
    select
        pair_id,
        max(case when recency = 1 then gap_days end) as last_gap_days,
        max(case when recency = 1 then contacted_on end) as ended_on,
        max(case when recency = 2 then contacted_on end) as began_on
    from contact_day
    group by pair_id
),

-- The gap lies between the last contact of one day and the first contact of the next.
bounded as (
    select
        gap.pair_id,
        gap.last_gap_days,
        max(contact.contacted_at) filter (where contact.contacted_on = gap.began_on) as began_at,
        min(contact.contacted_at) filter (where contact.contacted_on = gap.ended_on) as ended_at
    from gap
    inner join contact on gap.pair_id = contact.pair_id
    where gap.last_gap_days is not null
    group by gap.pair_id, gap.last_gap_days
),

owed as (
    select
        bounded.pair_id,
        ask.party,
        sum(ask.n_asks)::integer as owed_n
    from bounded
    inner join ask
        on
            bounded.pair_id = ask.pair_id
            and ask.asked_at > bounded.began_at
            and ask.asked_at < bounded.ended_at
    group by bounded.pair_id, ask.party
),

most as (
    select
        pair_id,
        max(owed_n) as owed_n,
        max_by(party, (owed_n, party)) as party
    from owed
    group by pair_id
),

-- What the program asked that side, or both, in the gap.
checked_in as (
    select
        bounded.pair_id,
        date_diff('day', min(checkin.occurred_on)::date, bounded.ended_at::date) as n_days
    from bounded
    inner join most on bounded.pair_id = most.pair_id
    inner join checkin
        on
            bounded.pair_id = checkin.pair_id
            and checkin.occurred_at > bounded.began_at
            and checkin.occurred_at < bounded.ended_at
            and (checkin.party is null or checkin.party = most.party)
    group by bounded.pair_id, bounded.ended_at
)

select
    bounded.pair_id,
    bounded.last_gap_days,
    coalesce(most.owed_n, 0) as last_gap_owed_n,
    most.party as last_gap_party,
    checked_in.n_days::integer as last_gap_checkin_days
from bounded
left join most on bounded.pair_id = most.pair_id
left join checked_in on bounded.pair_id = checked_in.pair_id
