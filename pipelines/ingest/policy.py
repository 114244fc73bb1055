"""Which policy was in force when: a run that judges by another one than the run before notes it in the log.

Nobody has to remember to say so: a policy counts once something is judged by it. All of it is noted, so that
the defaults of an older version stay readable after an upgrade, and what differs from the one before.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.ingest.drain import deliver, delivery
from warehouse import database
from warehouse.clock import Clock, system_clock
from warehouse.events.base import ID_PATTERN, TYPE_PREFIX
from warehouse.policy import Policy
from warehouse.settings import Settings

SOURCE = "kinkeeper/policy"
EVENT = "program.policy_set"

_RECORDED = f"""
select policy_fingerprint, settings
from log.typed_event
where event_type = '{EVENT}' and source = '{SOURCE}'
order by position
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The policy recorded last, setting by setting as text, and how many were recorded; none at first."""

    fingerprint: str
    settings: Mapping[str, str]
    n_recorded: int


def record_policy(settings: Settings, clock: Clock = system_clock, at: dt.datetime | None = None) -> int:
    """Note the policy of this run where it differs from the last one noted; call it under the writer lock.

    `at` is the instant the run is of, so that it sees its own note; now unless said. Returns how many events
    are new: 0 or 1. A home without a log has nothing to judge yet.
    """
    if not settings.log_file.exists():
        return 0
    before, policy = _last(settings), settings.policy
    if before.fingerprint == policy.fingerprint():
        return 0
    line = json.dumps(_record(policy, before, at or clock()), sort_keys=True)
    (result,) = deliver(settings, [delivery("policy", SOURCE, [line])], clock)
    return result.n_events


def _last(settings: Settings) -> Recorded:
    with database.open_log(settings.log_file) as log:
        rows = log.execute(_RECORDED).fetchall()
    if not rows:
        return Recorded("", told(Policy()), 0)
    fingerprint, said = rows[-1]
    return Recorded(fingerprint, dict(each.split(" = ", 1) for each in said), len(rows))


def told(policy: Policy) -> dict[str, str]:
    """Every setting of a policy as text, by name."""
    return {name: json.dumps(value) for name, value in policy.as_columns().items()}


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What differs between two policies, `name: old -> new`; what one of them lacks is `none` there."""
    names = [*now, *(name for name in before if name not in now)]
    return [
        f"{name}: {before.get(name, 'none')} -> {now.get(name, 'none')}"
        for name in names
        if before.get(name) != now.get(name)
    ]


def _record(policy: Policy, before: Recorded, at: dt.datetime) -> dict[str, Any]:
    now, fingerprint, instant = told(policy), policy.fingerprint(), at.astimezone(dt.UTC).isoformat()
    program = {"programid": policy.program_id} if re.fullmatch(ID_PATTERN, policy.program_id) else {}
    return {
        "specversion": "1.0",
        "id": f"{before.n_recorded + 1}-{fingerprint}",
        "source": SOURCE,
        "type": f"{TYPE_PREFIX}.{EVENT}.v1",
        "time": instant,
        "recordedat": instant,
        "actorrole": "system",
        **program,
        "data": {
            "policy_fingerprint": fingerprint,
            "changes": changes(before.settings, now),
            "settings": [f"{name} = {value}" for name, value in now.items()],
        },
    }
