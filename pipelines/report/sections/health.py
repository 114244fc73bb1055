"""How the current relationships stand, and how they moved within the quarter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pipelines.report import say, words
from pipelines.report.facts import Row
from pipelines.report.guard import pooled
from pipelines.report.measures import of_measures
from pipelines.report.model import Block, Figure, Section, Table, spoken
from pipelines.report.told import Told, is_enough
from warehouse.charts import band_bars
from warehouse.looks import RUNNING_BANDS
from warehouse.words import BAND


def section(told: Told) -> Section:
    """How the current relationships stand, and how that changed within the quarter."""
    figure = bands_figure(told)
    extra = [figure] if figure else []
    return of_measures(told, words.HEALTH, "on_track", (*extra, *_flow(told)))


def bands_figure(told: Told) -> Figure | None:
    """Current pairs by band at both ends of the quarter; None where too few are left in one."""
    sides = [
        (spoken(str(moment.quarter)), moment.pairs)
        for moment in (told.facts.before, told.facts.now)
        if moment is not None
    ]
    rows, names = [], []
    for name, pairs in sides:
        counts = told_bands(told, name, pairs)
        if counts:
            rows.append({"cohort_id": name} | {f"n_{band}": counts.get(band, 0) for band in RUNNING_BANDS})
            names.append(f"End of {name}")
    if not rows:
        return None
    last = rows[-1]
    total = sum(int(last[f"n_{band}"]) for band in RUNNING_BANDS)
    parts = [f"{BAND[band].lower()} {last[f'n_{band}']:,}" for band in RUNNING_BANDS if last[f"n_{band}"]]
    return Figure(
        "bands",
        "Current relationships by band, at the start and the end of the quarter",
        band_bars(rows, names),
        f"Of {say.plural(total, 'current pair')} at the end of {told.quarter}: {say.listed(parts)}.",
        f"Stacked bars of shares at {say.listed(names)}. At the end: {say.listed(parts)}.",
    )


def told_bands(told: Told, name: str, pairs: Sequence[Row]) -> Mapping[str, int]:
    """Current pairs by band, as their shares are told; nothing where they are too few or all in one band."""
    current = [pair for pair in pairs if pair["band"] in RUNNING_BANDS]
    counts = Counter(pair["band"] for pair in current)
    if len(counts) < 2 or not is_enough(current, told.guard.k):
        return {}
    return told.guard.tell_counts(f"band at end of {name}", counts)


def _flow(told: Told) -> tuple[Block, ...]:
    """How pairs moved between the bands within the quarter."""
    if told.facts.before is None:
        return ()
    was = {pair["pair_id"]: pair for pair in told.facts.before.pairs}
    both = [pair for pair in told.facts.now.pairs if pair["pair_id"] in was]
    current = [pair for pair in both if was[pair["pair_id"]]["band"] in RUNNING_BANDS]

    def moved(pair: Row) -> str:
        return f"{_stand(was[pair['pair_id']])} → {_stand(pair)}"

    groups = pooled(current, moved, lambda rows: is_enough(rows, told.guard.k))
    counts = told.guard.tell_counts("flow", {kind: len(rows) for kind, rows in groups.items()})
    if not counts:
        return ()
    total = sum(counts.values())
    rows = tuple((kind, f"{n:,}", say.percent(n / total)) for kind, n in counts.items())
    return (
        Table(
            "flow",
            f"Where the pairs current at the end of {told.quarter_before} stand now",
            ("From → to", "Pairs", "Share"),
            rows,
            (1, 2),
        ),
    )


def _stand(pair: Row) -> str:
    if pair["band"] != "ended":
        return BAND[pair["band"]]
    return {True: "Natural end", False: "Early end"}.get(pair["is_success"], "Ended, not judged")
