"""Alerts on their way into the log: a build as of now writes down whom it alerts, like any dropped file.

An alert is an event of the source `kinkeeper/alerts` with the model that risk was judged by, so that what was
alerted when is in the log and replays with it. Nothing that judges pairs reads these events. A build that
found no new reason adds nothing.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pandas as pd

from pipelines.ingest.drain import deliver, delivery
from pipelines.signals.alerts import Turn, turn
from warehouse.accounts import MANAGER, Account, Accounts
from warehouse.clock import Clock, system_clock
from warehouse.events.base import TYPE_PREFIX
from warehouse.operations import open_operations
from warehouse.policy import Policy
from warehouse.settings import Settings
from warehouse.vault import is_there

SOURCE = "kinkeeper/alerts"

_PAIRS = """
select
    pair.pair_id, pair.program_id, pair.band, pair.state, pair.silence_days, pair.last_contact_at,
    pair.risk_30d, pair.risk_tier, pair.risk_basis, judged.priority, reason.code, reason.since_on,
    risk.code as risk_code, quiet.pair_id is not null as is_quiet
from mart.pair as pair
inner join signal.pair as judged on pair.pair_id = judged.pair_id
left join mart.pair_reason as reason on pair.pair_id = reason.pair_id and reason.ordinal = 1
left join mart.pair_risk_reason as risk on pair.pair_id = risk.pair_id and risk.ordinal = 1
left join (
    select distinct leave.pair_id from core.side_leave as leave cross join ref.run as run
    where leave.ends_on < run.as_of::date
      and leave.ends_on >= (run.as_of::date - run.alert_quiet_days * interval 1 day)::date
) as quiet on pair.pair_id = quiet.pair_id
order by pair.pair_id
"""

_ALERTS = """
select alert.*, later.alert_id is null as is_undisturbed
from core.alert as alert
left join (
    select distinct alert.alert_id
    from core.alert as alert
    inner join staging.event as event
        on alert.pair_id = event.pair_id
        and event.occurred_at > alert.raised_at
        and event.occurred_on = alert.raised_at::date
        and event.event_type not like 'ops.%'
) as later on alert.alert_id = later.alert_id
order by alert.alert_id
"""


@dataclass(frozen=True)
class Judgement:
    """What a build found about alerts, and by which model; kept until the log can be written."""

    turn: Turn
    model: str

    @property
    def n_events(self) -> int:
        """How many events it makes."""
        return len(self.turn.raised) + len(self.turn.closed)


def judge_alerts(
    con: duckdb.DuckDBPyConnection, policy: Policy, accounts: Sequence[Account] = ()
) -> Judgement:
    """Whom the models of a finished build alert. Needs the built models, and who may look after whom."""
    ((as_of, model),) = con.execute("select as_of, risk_model from ref.run").fetchall()
    pairs, alerts = con.execute(_PAIRS).df(), con.execute(_ALERTS).df()
    days = con.execute("select pair_id, day, state, band from signal.pair_day").df()
    managers = managers_of(accounts, pairs["program_id"].unique())
    return Judgement(turn(pairs, alerts, days, pd.Timestamp(as_of), policy, managers), model)


def managers_of(accounts: Iterable[Account], programs: Iterable[str]) -> dict[str, int]:
    """How many program managers look after each program; one where there are no accounts."""
    managers = [one for one in accounts if one.role == MANAGER and not one.is_disabled]
    return {
        program: max(1, sum(one.programs is None or program in one.programs for one in managers))
        for program in programs
    }


def accounts_of(settings: Settings) -> list[Account]:
    """The accounts of a home; none where it has no operational store yet."""
    if not is_there(settings.operations_url):
        return []
    engine = open_operations(settings.operations_url)
    try:
        return Accounts(engine).all()
    finally:
        engine.dispose()


def record_alerts(settings: Settings, found: Judgement, clock: Clock = system_clock) -> int:
    """Write alerts into the log, for the next build to see; call it under the writer lock.

    Returns how many events are new.
    """
    if not found.n_events:
        return 0
    lines = (json.dumps(each, sort_keys=True) for each in _records(found, clock()))
    (result,) = deliver(settings, [delivery("alerts", SOURCE, lines)], clock)
    return result.n_events


def _records(found: Judgement, at: dt.datetime) -> Iterator[dict[str, Any]]:
    for row in found.turn.raised.itertuples():
        data = {
            "alert_id": row.alert_id,
            "alert_state": row.reason,
            "signal": row.signal,
            "model": found.model,
        }
        if row.arm is not None:
            data["arm"] = row.arm
        onset_on: Any = row.onset_on
        if not pd.isna(onset_on):
            data["onset_on"] = f"{onset_on:%Y-%m-%d}"
        yield _record(row.alert_id, "ops.alert_raised", row.pair_id, data, at)
    for row in found.turn.closed.itertuples():
        data = {"alert_id": row.alert_id, "reason": row.closed_for}
        yield _record(f"{row.alert_id}-{row.closed_for}", "ops.alert_closed", row.pair_id, data, at)


def _record(event_id: Any, event: str, pair_id: Any, data: dict[str, Any], at: dt.datetime) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": SOURCE,
        "type": f"{TYPE_PREFIX}.{event}.v1",
        "subject": f"relationship/{pair_id}",
        "time": at.astimezone(dt.UTC).isoformat(),
        "actorrole": "system",
        "data": data,
    }
