"""What surveys say, as blocks of the report: how reliable a scale is, what changed from before to after.

The numbers come from `pipelines.signals.impact`. Every group needs k people, and k relationships of three
mentors where it is known which they are of; waves are called `pre` and `post`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from pipelines.report import say
from pipelines.report.facts import Row
from pipelines.report.model import Block, Paragraph, Table
from pipelines.signals import disclosure, impact
from pipelines.signals.impact import Change, Estimate

BEFORE, AFTER = "pre", "post"
GROUP = ["instrument", "subscale", "side"]
SIDE = {"mentee": "Mentees", "mentor": "Mentors", "": "All"}

NO_OUTCOME = (
    f"No outcome was measured before and after: send a scale in waves called {BEFORE} and {AFTER}, and the "
    "change is told here with its interval, its effect size and who was lost."
)
NOT_CAUSED = (
    "Change from before to after, of those who answered twice. People choose to take part and to answer, and "
    "nobody else was measured, so it is a change, not an effect of the program. g is the change over the "
    "spread before, with the small-sample factor; under {fewest} pairs only counts and intervals are told."
)


def reliability_blocks(items: Sequence[Row], k: int) -> tuple[Block, ...]:
    """Alpha and omega of each scale, of the latest answer of every respondent."""
    frame = pd.DataFrame(items)
    rows = []
    for (instrument, subscale, side), answers in _groups(frame):
        latest = (
            answers.sort_values(["answered_on", "wave"]).groupby(["respondent_id", "item"]).last()["score"]
        )
        wide = latest.unstack("item").astype("float64")
        found = impact.reliability(wide)
        if found is None or not _is_enough(answers[answers["respondent_id"].isin(wide.dropna().index)], k):
            continue
        rows.append(
            (
                f"{instrument}, {subscale}",
                SIDE[side],
                f"{found.n:,}",
                f"{found.n_items}",
                _with_limits(found.alpha),
                say.NONE if math.isnan(found.omega) else f"{found.omega:.2f}",
            )
        )
    if not rows:
        return ()
    heads = ("Scale", "Side", "n", "Items", "Alpha (95% interval)", "Omega")
    note = "Of each respondent's latest complete answer. Alpha above 0.7 is usual for comparing groups."
    return (Table("reliability", "How reliable the scales are", heads, tuple(rows), (2, 3, 4, 5), note),)


def change_blocks(scores: Sequence[Row], k: int, fewest: int) -> tuple[Block, ...]:
    """What changed from before to after, scale by scale and side by side."""
    frame = pd.DataFrame(scores)
    rows = []
    for (instrument, subscale, side), group in _groups(frame):
        before, after = (
            group[group["wave"] == wave].groupby("respondent_id")["score"].mean() for wave in (BEFORE, AFTER)
        )
        paired = group[group["respondent_id"].isin(before.dropna().index.intersection(after.dropna().index))]
        if not _is_enough(paired, k) or _tells_of_the_lost(before, after, k):
            continue
        found = impact.change(before, after, fewest)
        if found is not None:
            rows.append((f"{instrument}, {subscale}", SIDE[side], *_change_cells(found)))
    if not rows:
        return (Paragraph(NO_OUTCOME, "gap"),)
    heads = (
        "Scale",
        "Side",
        "Pairs of answers",
        "Before",
        "After",
        "Change",
        "g (95% interval)",
        "Stayed less lost",
    )
    return (
        Table("changes", "Before and after", heads, tuple(rows), (3, 4, 5, 6, 7)),
        Paragraph(NOT_CAUSED.format(fewest=fewest)),
    )


def _change_cells(found: Change) -> tuple[str, ...]:
    return (
        f"{found.n_paired:,} of {found.n_before:,}, {found.n_lost:,} lost",
        f"{found.mean_before:.2f}",
        f"{found.mean_after:.2f}",
        _with_limits(found.change),
        _with_limits(found.effect) if found.effect else "too few pairs",
        _with_limits(found.stayed_less_lost) if found.stayed_less_lost else say.NONE,
    )


def _tells_of_the_lost(before: pd.Series, after: pd.Series, k: int) -> bool:
    """Whether those who were lost are so few that comparing them would tell of them."""
    lost = before.dropna().index.difference(after.dropna().index)
    return 0 < len(lost) < k


def _groups(frame: pd.DataFrame) -> list[tuple[tuple[str, str, str], pd.DataFrame]]:
    if frame.empty:
        return []
    frame = frame.assign(side=frame["side"].fillna(""))
    grouped = frame.groupby(GROUP, sort=True)
    return [
        ((str(key[0]), str(key[1]), str(key[2])), rows) for key, rows in grouped if isinstance(key, tuple)
    ]


def _is_enough(answers: pd.DataFrame, k: int) -> bool:
    n_people = answers["respondent_id"].nunique()
    pairs = answers["pair_id"].dropna().nunique()
    mentors = answers["mentor_id"].dropna().nunique() if "mentor_id" in answers else 0
    return disclosure.is_enough(disclosure.Size(n_people, pairs or n_people, mentors), k)


def _with_limits(found: Estimate) -> str:
    if math.isnan(found.low):
        return f"{found.value:.2f}"
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})".replace("-", "−").replace(" ", "\u00a0")
