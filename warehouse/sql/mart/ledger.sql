-- one row per delivered file: what came in and what became of it
select
    ledger.file_id,
    ledger.name,
    ledger.source,
    ledger.mapping,
    ledger.landed_at,
    ledger.status,
    ledger.lines_in,
    ledger.accepted,
    ledger.duplicate,
    ledger.quarantined,
    ledger.n_events,
    ledger.notes
from log.ledger as ledger
