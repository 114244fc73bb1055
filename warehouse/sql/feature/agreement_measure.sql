-- one row per number about what the two agreed on and message, check-in, or accepted pair, that counts in it
with event as (
    select * from staging.event where pair_id is not null
),

message as (
    select * from core.message_channel
),

accepted as (
    select
        pair_id,
        accepted_at::date as accepted_on
    from core.lifecycle
    where accepted_at is not null
),

ask as (
    select * from core.ask where n_asks > 0
),

run as (
    select * from ref.run
),

-- The first word on what stays between the two.
stated as (
    select
        pair_id,
        occurred_on,
        evidence,
        row_number() over (
            partition by pair_id
            order by occurred_on asc nulls last, evidence asc nulls last
        )::bigint as nth
    from event
    where event_type = 'relationship.expectations_agreed' and is_confidentiality_stated
),

measured as (
    select
        'confidentiality' as practice,
        accepted.pair_id,
        accepted.accepted_on as counts_on,
        stated.occurred_on as reached_on,
        stated.evidence
    from accepted
    left join stated on accepted.pair_id = stated.pair_id and stated.nth = 1
    union all
    select
        'elsewhere' as practice,
        message.pair_id,
        message.occurred_on as counts_on,
        case when message.is_elsewhere then message.occurred_on end as reached_on,
        message.evidence
    from message
    inner join accepted on message.pair_id = accepted.pair_id
    union all
    select
        'checkin_answered' as practice,
        ask.pair_id,
        ask.asked_at::date as counts_on,
        case
            when date_diff('day', ask.asked_at::date, ask.answered_at::date) <= run.presumed_checkin_days
                then ask.answered_at::date
        end as reached_on,
        event.evidence
    from ask
    cross join run
    inner join event
        on
            ask.pair_id = event.pair_id
            and ask.asked_at = event.occurred_at
            and event.event_type = 'exchange.checkin_sent'
)

select
    practice,
    pair_id,
    counts_on::date as counts_on,
    reached_on::date as reached_on,
    1 as n_units,
    null::double as amount,
    evidence
from measured
