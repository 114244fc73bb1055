"""A builder of feature rows: a pair that is doing fine, of which a test names only what differs."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from pipelines.signals import Signals, evaluate
from pipelines.signals.frames import FLAGS, INSTANTS, NUMBERS, TEXTS
from warehouse.policy import Policy

AS_OF = dt.datetime(2026, 11, 20, 12)
Row = dict[str, Any]


def days_ago(n: float) -> dt.datetime:
    """The instant n days before the as-of instant of these tests; a negative n lies ahead."""
    return AS_OF - dt.timedelta(days=n)


def pair(*parts: Row, **differs: Any) -> Row:
    """A feature row of a calm pair: agreed every 7 days, last contact 3 days ago, 200 days old.

    `parts` and `differs` overwrite it; what is unknown is None, acts that nobody owes are 0.
    """
    differs = {name: value for part in parts for name, value in part.items()} | differs
    row: Row = dict.fromkeys((*TEXTS, *INSTANTS, *NUMBERS)) | dict.fromkeys(FLAGS, False)
    row |= {name: 0 for name in NUMBERS if name.startswith("n_") or name.endswith(("_n", "_n_days"))}
    row |= {f"gap_{k}": 7 for k in range(1, 7)}
    row |= {
        "pair_id": "pair-1",
        "program_id": "program",
        "cohort_id": "cohort-1",
        "direction": "standard",
        "accepted_at": days_ago(200),
        "cadence_days": 7,
        "age_days": 200,
        "n_contacts": 25,
        "n_sessions_held": 12,
        "n_windows": 6,
        "n_windows_met": 6,
        "silence_days": 3,
        "has_contact_feed": True,
        "push_streak": 0,
    }
    silence_days = differs.get("silence_days", 3)
    if silence_days is not None:
        for name in ("last_contact_at", "last_mentor_touch_at", "last_mentee_touch_at"):
            row[name] = days_ago(silence_days)
    return row | differs


def silent(days: int) -> Row:
    """What differs after so many days without contact in which nobody asked."""
    return {"silence_days": days, "mentor_silence_days": days, "mentee_silence_days": days}


def owing(side: str, *, n: int, days: int) -> Row:
    """What differs when a side owes an answer to n acts on n days, the first of them `days` days ago."""
    return {
        f"{side}_owes_n": n,
        f"{side}_owes_n_days": n,
        f"{side}_owes_days": days,
        f"{side}_owes_since": days_ago(days),
    }


def unmet(age_days: int) -> Row:
    """What differs in a pair that accepted so many days ago and has not been in touch."""
    gaps = {f"gap_{k}": None for k in range(1, 7)}
    never = dict.fromkeys(("last_contact_at", "last_mentor_touch_at", "last_mentee_touch_at"))
    age: Row = {"age_days": age_days, "silence_days": age_days, "accepted_at": days_ago(age_days)}
    return gaps | never | age | {"n_contacts": 0, "n_sessions_held": 0, "n_windows": 0, "n_windows_met": 0}


def proposed() -> Row:
    """What differs before anybody accepted: no age, no silence."""
    return unmet(0) | {"age_days": None, "silence_days": None, "accepted_at": None}


def judge(*rows: Row, policy: Policy | None = None) -> Signals:
    """Evaluate hand-written rows."""
    return evaluate(pd.DataFrame(list(rows)), AS_OF, policy or Policy())


def one(*parts: Row, **differs: Any) -> Any:
    """Evaluate one pair: its row of Signals.pair."""
    return next(judge(pair(*parts, **differs)).pair.itertuples(index=False))


def codes(*parts: Row, **differs: Any) -> list[str]:
    """Evaluate one pair: the codes of its reasons in their order."""
    return list(judge(pair(*parts, **differs)).pair_reason["code"])


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """The builders above, for tests to use: `make.one(make.silent(17))`."""
    names = (days_ago, pair, silent, owing, unmet, proposed, judge, one, codes)
    return SimpleNamespace(as_of=AS_OF, **{function.__name__: function for function in names})
