"""What surveys say, as blocks of the report: how reliable a scale is, what changed from before to after.

The numbers come from `pipelines.signals.impact`. Every group needs k people, and k relationships of three
mentors where it is known which they are of; waves are called `pre` and `post`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from pipelines.report import say, words
from pipelines.report.facts import Row
from pipelines.report.guard import Guard
from pipelines.report.model import Block, Paragraph, Table
from pipelines.signals import impact
from pipelines.signals.impact import Change, Comparison, Estimate
from pipelines.signals.surveys.answers import AFTER, BEFORE, by_scale, inside, outside, waves_of
from pipelines.signals.surveys.telling import is_enough, may_be_told

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


COMPARED = (
    "Beside them stand people who answered twice as well and are in no relationship. Whoever takes part "
    "chose to, and was matched: the two groups may have differed from the start, in what was asked and in "
    "what was not. The difference is what changed more among those who take part; it does not prove that the "
    "program did it."
)


def reliability_blocks(items: Sequence[Row], k: int) -> tuple[Block, ...]:
    """Alpha and omega of each scale, of the latest answer of every respondent."""
    frame = inside(pd.DataFrame(items))
    rows = []
    for (instrument, subscale, side), answers in by_scale(frame):
        latest = (
            answers.sort_values(["answered_on", "wave"]).groupby(["respondent_id", "item"]).last()["score"]
        )
        wide = latest.unstack("item").astype("float64")
        found = impact.reliability(wide)
        if found is None or not is_enough(answers[answers["respondent_id"].isin(wide.dropna().index)], k):
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


def change_blocks(scores: Sequence[Row], guard: Guard, fewest: int) -> tuple[Block, ...]:
    """What changed from before to after, scale by scale and side by side, and beside people outside."""
    frame = pd.DataFrame(scores)
    rows, compared = [], []
    for (instrument, subscale, side), group in by_scale(inside(frame)):
        waves = waves_of(group)
        if not may_be_told(group, waves, guard.k):
            continue
        found = impact.change(*waves, fewest)
        if found is None or not _is_told(
            guard, words.scale_code("change", instrument, subscale, side), found.n_paired
        ):
            continue
        name = (f"{instrument}, {subscale}", SIDE[side])
        rows.append((*name, *_change_cells(found)))
        others = outside(frame, instrument, subscale, side)
        if len(others) and may_be_told(others, waves_of(others), guard.k):
            beside = impact.compare(waves, waves_of(others), fewest)
            code = words.scale_code("beside", instrument, subscale, side)
            if beside is not None and _is_told(guard, code, beside.control.n_paired):
                compared.append((*name, *_compared_cells(beside)))
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
        *_comparison(compared),
    )


def _comparison(rows: Sequence[tuple[str, ...]]) -> tuple[Block, ...]:
    if not rows:
        return ()
    heads = (
        "Scale",
        "Side",
        "Answered twice",
        "Change, taking part",
        "Change, outside",
        "Difference (95% interval)",
        "Difference of g (95% interval)",
    )
    return (
        Table("comparison", "Beside people outside the program", heads, tuple(rows), (3, 4, 5, 6)),
        Paragraph(COMPARED),
    )


def _compared_cells(found: Comparison) -> tuple[str, ...]:
    return (
        f"{found.treated.n_paired:,} and {found.control.n_paired:,} outside",
        _with_limits(found.treated.change),
        _with_limits(found.control.change),
        _with_limits(found.difference),
        _with_limits(found.effect) if found.effect else "too few pairs",
    )


def _is_told(guard: Guard, code: str, n: int) -> bool:
    """Whether it passes the guard anew: a change between two groups of n cannot be told as it was."""
    row = {
        "cohort_id": None, "kpi": code, "unit": "people", "of_what": "people", "n": n, "n_pairs": n,
        "value": float(n), "low": None, "high": None,
    }  # fmt: skip
    return any("told_in" not in told for told in guard.tell([row]))


def _change_cells(found: Change) -> tuple[str, ...]:
    return (
        f"{found.n_paired:,} of {found.n_before:,}, {found.n_lost:,} lost",
        f"{found.mean_before:.2f}",
        f"{found.mean_after:.2f}",
        _with_limits(found.change),
        _with_limits(found.effect) if found.effect else "too few pairs",
        _with_limits(found.stayed_less_lost) if found.stayed_less_lost else say.NONE,
    )


def _with_limits(found: Estimate) -> str:
    """The value and, on a line of their own where a column is narrow, its limits."""
    value = f"{found.value:.2f}"
    if not math.isnan(found.low):
        limits = f"({found.low:.2f} to {found.high:.2f})".replace(" ", "\u00a0")
        value = f"{value} {limits}"
    return value.replace("-", "−")
