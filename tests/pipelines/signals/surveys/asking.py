"""Answers made by hand, and what is told of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from pipelines.signals.surveys import Surveys, surveys
from warehouse.policy import Policy

POLICY = Policy()
QUARTER_BEFORE = dt.date(2026, 9, 30)
ITEMS = ("a", "b")
DAYS = {"w1": "2026-08-10", "w2": "2026-10-10", "pre": "2026-01-10", "post": "2026-06-10"}
Row = dict[str, Any]


def answer(who: int, wave: str, a: float | None, b: float | None = None, **about: Any) -> Row:
    """What a mentee answered; everybody has a pair and a mentor of their own."""
    return {"who": who, "wave": wave, "a": a, "b": a if b is None else b} | about


def tables(given: Iterable[Row], **columns: Any) -> tuple[pd.DataFrame, ...]:
    """Scores, items and pairs of these answers."""
    scores, items, pairs = [], [], {}
    for row in given:
        who, outside = row["who"], row.get("is_outside", False)
        about = {
            "respondent_id": f"e{who}", "person_id": f"e{who}", "pair_id": None if outside else f"p{who}",
            "side": "mentee", "wave": row["wave"], "instrument": "trust", "version": "1", "subscale": "total",
            "answered_on": pd.Timestamp(DAYS[row["wave"]]), "evidence": row.get("evidence", "observed"),
            "is_aggregate_only": False, "scale_min": 1, "scale_max": 5,
            "small_group": row.get("promised"),
        }  # fmt: skip
        said = {item: row[item] for item in ITEMS if row[item] is not None and not np.isnan(row[item])}
        items += [
            about | {"item": item, "score": score, "subscale": scale}
            for item, score in said.items()
            for scale in ("total", item)
        ]
        if said:
            scores.append(about | {"score": float(np.mean(list(said.values())))})
        for at, item in enumerate(ITEMS):
            if item in said:
                scores.append(about | {"subscale": item, "score": said[item], "ordinal": at})
        if not outside:
            pairs[who] = {
                "program_id": "prog", "cohort_id": row.get("cohort", "c1"), "form": row.get("form", "formal"),
                "pair_id": f"p{who}", "mentee_id": f"e{who}", "mentor_id": row.get("mentor", f"m{who}"),
                "is_member": True,
            }  # fmt: skip
    return pd.DataFrame(scores), pd.DataFrame(items), pd.DataFrame(list(pairs.values())).assign(**columns)


def invitations(*rows: tuple[int, str, bool], promised: int | None = None) -> pd.DataFrame:
    """Surveys sent to the mentees of pairs, and whether they answered."""
    return pd.DataFrame(
        [
            {
                "pair_id": f"p{who}", "side": "mentee", "wave": wave, "instrument": "trust",
                "sent_on": pd.Timestamp(DAYS[wave]), "is_open": False,
                "answered_on": pd.Timestamp(DAYS[wave]) if is_answered else pd.NaT, "small_group": promised,
            }
            for who, wave, is_answered in rows
        ],
        columns=["pair_id", "side", "wave", "instrument", "sent_on", "is_open", "answered_on", "small_group"],
    )  # fmt: skip


def told(given: Iterable[Row], asked: pd.DataFrame | None = None, policy: Policy = POLICY) -> Surveys:
    scores, items, pairs = tables(given)
    sent = invitations() if asked is None else asked
    return surveys(scores, items, sent, pairs, QUARTER_BEFORE, policy)


def one(frame: pd.DataFrame, **wanted: Any) -> Any:
    found = frame[(frame[list(wanted)] == pd.Series(wanted)).all(axis=1)]
    assert len(found) == 1, found
    return next(found.itertuples(index=False))


WAVE = [answer(i, "w1", score) for i, score in enumerate((2, 3, 3, 4, 5))]
"""Mean 3.4, SD 1.140, so 3.4 +- 2.776 x 1.140 / sqrt(5) = 1.416."""


def is_told(found: pd.DataFrame, **wanted: Any) -> bool:
    return not one(found, **wanted).is_hidden


def drawn(seed: int) -> list[Row]:
    """People of some cohorts and forms who answer two waves, now and then; some leave out an item."""
    rng = np.random.default_rng(seed)
    waves = ("pre", "post") if seed % 2 else ("w1", "w2")
    shares = rng.choice([0.3, 0.7, 0.95, 1.0], 2)
    given = []
    for who in range(int(rng.integers(12, 70))):
        cohort = str(rng.choice(["c1", "c2", "c3", "c4"], p=(0.45, 0.35, 0.15, 0.05)))
        about = {"cohort": cohort, "form": str(rng.choice(["formal", "informal"], p=(0.8, 0.2))),
                 "mentor": f"m{rng.integers(0, 25)}"}  # fmt: skip
        for wave, share in zip(waves, shares, strict=True):
            if rng.random() < share:
                a, b = (float(score) for score in rng.integers(1, 6, 2))
                is_skipped = rng.random() < rng.choice([0.0, 0.0, 0.04])
                given.append(answer(who, wave, a, np.nan if is_skipped else b, **about))
    return given
