"""Reasons: why a pair is where it is, as rows: a code, a sentence and its message, its numbers.

A pair has one reason or several; the first is the one its band rests on, and its next step follows from
it. Sentences are built row by row, but each only for the pairs it is about.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipelines.signals.bands import is_fit_poor, silence_counts
from pipelines.signals.cadence import is_away
from pipelines.signals.frames import Flags, days, flags, instants, numbers, texts
from pipelines.signals.sentences import READ, TEXT_READ, Teller
from pipelines.signals.states import OVER, is_alive
from warehouse.messages import Message, packed, render
from warehouse.policy import Policy

NEVER = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class Kind:
    """A kind of reason: its code, and which facts are its value, its expectation and its beginning."""

    code: str
    value: str | None = None
    expected: str | None = None
    since: str | None = None


KINDS = (
    Kind("safety_flag"),
    Kind("too_early", value="age_days"),
    Kind("network", since="network_at"),
    Kind("ended", since="ended_at"),
    Kind("declined", since="declined_at"),
    Kind("closing", since="closing_since"),
    Kind("paused"),
    Kind("no_contact_feed"),
    Kind("data_late", since="last_contact_at"),
    Kind("delivery_problem"),
    Kind("no_reply_to_outreach", value="asked_days", expected="outreach_days", since="outreach_sent_at"),
    Kind("proposed", since="proposed_at"),
    Kind("probably_finished", value="silence_days", expected="tau_days", since="last_contact_at"),
    Kind("never_started", value="age_days", expected="not_started_days", since="accepted_at"),
    Kind("presumed_ghosted", value="owed_days", expected="tau_days", since="owed_since"),
    Kind("suspected_ghosting", value="owed_days", expected="tau_days", since="owed_since"),
    Kind("faded", value="silence_days", expected="tau_days", since="last_contact_at"),
    Kind("stalled", value="silence_days", expected="tau_days", since="last_contact_at"),
    Kind("poor_fit"),
    Kind("waiting", value="owed_days", expected="tau_days", since="owed_since"),
    Kind("on_leave"),
    Kind("long_silence", value="silence_days", expected="tau_days", since="last_contact_at"),
    Kind("low_score", value="health", expected="on_track_score"),
    Kind("score_fell", value="health_fall", expected="fall_points"),
    Kind("settling"),
    Kind("resumed", value="last_gap_days", expected="tau_days", since="last_contact_at"),
    Kind("in_rhythm", value="silence_days", expected="tau_days", since="last_contact_at"),
    Kind("unanswered", value="owed_days", expected="tau_days", since="owed_since"),
    Kind("no_shows", value="no_show_streak"),
    Kind("time_constraint", value="push_streak"),
    Kind("renegotiate_cadence", value="gap_1", expected="agreed_days"),
    Kind("agree_cadence", value="gap_1", expected="agreed_days"),
    Kind("natural_end_asked"),
    Kind("session_confirmed", since="next_session_at"),
)
"""All kinds of reasons in the order in which a pair shows them."""


def findings_of(pairs: pd.DataFrame, facts: pd.DataFrame, policy: Policy) -> dict[str, Flags]:
    """Which pairs each kind of reason is true of: a state tells for itself, the others are named here."""
    state, band = texts(facts, "state"), texts(facts, "band")
    alive, looked_at = is_alive(texts(facts, "stage")), np.isin(band, ["watch", "needs_check_in"])
    in_rhythm, is_silent = state == "in_rhythm", numbers(facts, "silence_ratio") >= policy.watch_ratio
    said = {kind.code: np.asarray(state == kind.code) for kind in KINDS}
    said["safety_flag"] = flags(pairs, "has_safety_flag") & ~np.isin(state, OVER)
    is_settling = band != texts(facts, "band_raw")
    is_blind = np.isin(state, ["data_late", "no_contact_feed"])
    said["too_early"] = alive & (band == "too_early") & ~is_settling & ~is_blind
    said["poor_fit"] = alive & is_fit_poor(pairs)
    said["on_leave"] = alive & is_away(pairs) & in_rhythm
    said["long_silence"] = looked_at & in_rhythm & is_silent & silence_counts(pairs, facts)
    said["low_score"] = (
        looked_at
        & (numbers(facts, "coverage") >= policy.too_early_coverage)
        & (numbers(facts, "health") < policy.on_track_score)
        & ~(np.asarray(texts(facts, "weakest") == "cadence") & is_silent)  # told already
    )
    said["score_fell"] = (
        alive
        & looked_at
        & flags(facts, "is_fall_counted")
        & (numbers(facts, "health_fall") >= policy.fall_points)
    )
    said["settling"] = alive & is_settling & (band != "on_track")
    said["in_rhythm"] = in_rhythm & ((band == "on_track") | flags(facts, "is_labelled"))
    said["unanswered"] = (state == "probably_finished") & facts["owed_by"].notna().to_numpy()
    said["no_shows"] = alive & (numbers(facts, "no_show_streak") >= policy.presumed_no_shows)
    said["time_constraint"] = alive & (numbers(pairs, "push_streak") >= policy.pushes)
    is_agreed = ~np.isnan(numbers(pairs, "cadence_days"))
    said["renegotiate_cadence"] = alive & flags(pairs, "is_drifting") & is_agreed
    said["agree_cadence"] = alive & flags(pairs, "is_drifting") & ~is_agreed
    said["natural_end_asked"] = alive & flags(pairs, "is_natural_end_asked") & (state != "probably_finished")
    said["session_confirmed"] = alive & ~np.isnat(instants(pairs, "next_session_at"))
    return said


def reasons(
    facts: pd.DataFrame, findings: dict[str, Flags], as_of: dt.datetime, policy: Policy
) -> pd.DataFrame:
    """All reasons of all pairs: the columns of mart.pair_reason, and `row`, the pair's place in `facts`.

    Needs `facts` (see `facts_of`) and `findings` (see `findings_of`). Rows come in the order of pair and
    ordinal; every pair has at least one.
    """
    teller = Teller(as_of, policy)
    pairs = facts.astype(TEXT_READ)
    written = [_written(pairs, findings[kind.code], kind, teller) for kind in KINDS]
    table = pd.DataFrame({name: np.concatenate([part[name] for part in written]) for name in written[0]})
    table = table.sort_values("row", kind="stable", ignore_index=True)
    table.insert(1, "ordinal", table.groupby("row", sort=False).cumcount().to_numpy() + 1)
    shapes = dict.fromkeys(("pair_id", "code", "reason", "reason_message"), "str") | {
        "since_on": "datetime64[us]"
    }
    return table.astype(shapes)


def _written(facts: pd.DataFrame, mask: Flags, kind: Kind, teller: Teller) -> dict[str, Any]:
    """The reasons of one kind: a sentence and its numbers for each pair it is true of."""
    row = np.flatnonzero(mask)
    tell: Callable[[Any], Message] = getattr(teller, kind.code)
    about = facts.loc[mask, list(READ)].itertuples(index=False) if len(row) else ()
    told = [
        teller.confirmed(pair) if pair.is_labelled and pair.state == kind.code else tell(pair)
        for pair in about
    ]
    return {
        "pair_id": texts(facts, "pair_id")[row],
        "code": np.full(len(row), kind.code, dtype=np.object_),
        "reason": np.array([render(each) for each in told], dtype=np.object_),
        "reason_message": np.array([packed(each) for each in told], dtype=np.object_),
        "value": numbers(facts, kind.value)[row] if kind.value else np.full(len(row), np.nan),
        "expected": numbers(facts, kind.expected)[row] if kind.expected else np.full(len(row), np.nan),
        "since_on": days(facts, kind.since)[row] if kind.since else np.full(len(row), NEVER),
        "row": row,
    }
