"""How relationships end, by reason and by age."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipelines.report import say, words
from pipelines.report.facts import Row
from pipelines.report.guard import POOLED, pooled
from pipelines.report.measures import of_measures
from pipelines.report.model import Block, Figure, Paragraph, Section
from pipelines.report.told import Told, is_enough
from warehouse.charts import Steps, ending_bars, ending_curve, risk_ticks
from warehouse.looks import ENDING_KINDS, GREEN, GREY, ORANGE, PURPLE, VERMILION
from warehouse.words import END_REASON, ENDING_CURVE

CURVES = {
    "natural": GREEN,
    "mismatch": ORANGE,
    "ghosted_by_mentor": PURPLE,
    "ghosted_by_mentee": VERMILION,
    "faded": GREY,
}
"""The ways to end that are drawn, with their colours."""


def section(told: Told) -> Section:
    """How relationships end: natural ends as the successes they are, and the other ways, competing."""
    blocks: list[Block] = []
    figure = reasons_figure(told)
    if figure is not None:
        blocks.append(figure)
    curves = curves_figure(told)
    if curves is not None:
        blocks.append(curves)
    blocks += [
        Paragraph(f"{row['cohort_id']}: {row['sentence']}")
        for row in told.facts.comparisons
        if row["outcome"] == "early" and row["verdict"] in {"more", "fewer", "higher", "lower", "differs"}
    ]
    return of_measures(told, words.ENDINGS, "natural_end", tuple(blocks))


def reasons_figure(told: Told) -> Figure | None:
    """All ends so far by reason; reasons too rare to name are taken together."""
    ended = [pair for pair in told.facts.now.pairs if pair["band"] == "ended"]
    named = {
        (success, reason): len(pairs)
        for success, (kind, _) in ENDING_KINDS.items()
        for reason, pairs in _reasons(told, [pair for pair in ended if pair["is_success"] is success], kind)
    }
    counts = told.guard.tell_counts("end", {f"{success}:{name}": n for (success, name), n in named.items()})
    if not counts:
        return None
    success_of = {str(success): success for success in ENDING_KINDS}
    rows: list[dict[str, Any]] = []
    for key, n in counts.items():
        success, _, reason = key.partition(":")
        rows.append({"end_reason": reason, "is_success": success_of[success], "n_pairs": n})
    parts = [f"{row['end_reason'].lower()} {row['n_pairs']:,}" for row in rows]
    return Figure(
        "reasons",
        "Why relationships have ended",
        ending_bars(rows),
        f"Ends up to the end of {told.quarter}. A natural end is a success; ends that nobody could judge are "
        "left out where they are too few to tell.",
        f"Bars of ended pairs by reason: {say.listed(parts)}.",
    )


def _reasons(told: Told, ended: Sequence[Row], kind: str) -> list[tuple[str, Sequence[Row]]]:
    """The ends of one kind by reason; reasons too rare to name are taken together within their kind."""
    groups = pooled(ended, reason_of, lambda rows: is_enough(rows, told.guard.k))
    rest = f"{kind}, other reasons" if len(groups) > 1 else f"{kind}, all reasons"
    return [(rest if reason == POOLED else reason, pairs) for reason, pairs in groups.items()]


def reason_of(pair: Row) -> str:
    """Why a relationship ended, in the words of reports."""
    return END_REASON[pair["end_reason"] or "unknown"]


def curves_figure(told: Told) -> Figure | None:
    """The share of relationships that have ended in each way, by age."""
    shown = {name: told.facts.curves[name] for name in CURVES if told.facts.curves.get(name)}
    if not shown:
        return None
    thin = {name: _monthly(points) for name, points in shown.items()}
    ticks = risk_ticks(next(iter(thin.values())))
    last = {name: points[-1] for name, points in thin.items()}
    top = max(row["high"] if row["high"] is not None else row["rate"] for row in last.values())
    parts = [f"{ENDING_CURVE[name].lower()} {say.percent(row['rate'])}" for name, row in last.items()]
    day = next(iter(last.values()))["day"]
    return Figure(
        "curves",
        "Share of relationships that have ended, by way of ending and age",
        Steps(
            tuple(ending_curve(ENDING_CURVE[name], points, CURVES[name]) for name, points in thin.items()),
            tuple(row["day"] for row in ticks),
            tuple(row["n_at_risk"] for row in ticks),
            min(1.0, max(0.1, top * 1.08)),
        ),
        "Competing risks: whatever ends a relationship first counts; those still running count as long as "
        "they were seen. The band is the 95% interval of natural ends.",
        f"Curves in steps over active days. By day {day}: {say.listed(parts)}.",
    )


def _monthly(points: Sequence[Row]) -> Sequence[Row]:
    """The regular points of a curve, so that no single end can be read off it; of a short one, its ends."""
    regular = [row for row in points if row["day"] % 30 == 0]
    return regular if len(regular) > 1 else [points[0], points[-1]]
