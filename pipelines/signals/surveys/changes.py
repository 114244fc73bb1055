"""What changed between the waves before and after: of the program, and of each cohort."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from pipelines.signals import impact
from pipelines.signals.disclosure import ALL
from pipelines.signals.impact import Estimate
from pipelines.signals.surveys.answers import (
    AFTER,
    BEFORE,
    ends_of,
    inside,
    outside,
    waves_of,
    worst_of,
)
from pipelines.signals.surveys.telling import hidden_cells, is_enough, labels, may_be_told, promised
from warehouse.policy import Policy

CHANGE_COLUMNS = (
    "program_id", "field", "group_value", "instrument", "subscale", "side", "is_hidden", "n_before",
    "n_paired", "n_lost", "mean_before", "mean_after", "value", "low", "high", "effect", "effect_low",
    "effect_high", "stayed", "stayed_low", "stayed_high", "n_outside", "outside", "difference",
    "difference_low", "difference_high", "scale_min", "scale_max", "worst_evidence",
)  # fmt: skip


def changes(answers: pd.DataFrame, policy: Policy) -> Iterator[dict[str, Any]]:
    """The change of each scale and side from before to after: of the program, and of each cohort."""
    of_waves = answers[answers["wave"].isin([BEFORE, AFTER])]
    for named, found in of_waves.groupby(["program_id", "instrument"], sort=True):
        rows, about = inside(found), dict(zip(("program_id", "instrument"), named, strict=True))
        for side, of_side in rows.groupby("side", sort=True):
            scales = {str(scale): given for scale, given in of_side.groupby("subscale", sort=True)}
            others = {scale: outside(found, str(named[1]), scale, str(side)) for scale in scales}
            for row in _changes_of_scales(scales, others, policy):
                yield about | {"side": side} | row


def _changes_of_scales(
    scales: Mapping[str, pd.DataFrame], others: Mapping[str, pd.DataFrame], policy: Policy
) -> Iterator[dict[str, Any]]:
    """The same of one side's scales, beside what people outside answered."""
    k = max((promised(rows, policy.small_group) for rows in scales.values()), default=policy.small_group)
    hidden = _hidden_changes(scales, k)
    for subscale, scale in scales.items():
        for field, group, given in _change_groups(scale, hidden[subscale]):
            beside = others[subscale] if field == "program" else None
            told = {} if hidden[subscale][field, group] else _change(given, beside, policy)
            names = {"subscale": subscale, "field": field, "group_value": group}
            yield names | {"is_hidden": not told} | told


def _change_groups(
    scale: pd.DataFrame, hidden: Mapping[tuple[str, str], bool]
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """The program and those of its cohorts that have a change, each with its answers."""
    if hidden:
        yield "program", "", scale
    for label, rows in scale.groupby(labels(scale["cohort_id"]), sort=True):
        if ("cohort_id", str(label)[1:]) in hidden:
            yield "cohort_id", str(label)[1:], rows


def _hidden_changes(scales: Mapping[str, pd.DataFrame], k: int) -> dict[str, dict[tuple[str, str], bool]]:
    """Of each scale, the program and cohorts that have a change, and whether it must be hidden.

    The cohorts are decided on once for all scales that are told.
    """
    paired = {scale: _paired(rows) for scale, rows in scales.items()}
    twice = {scale: rows for scale, rows in paired.items() if rows["score"].notna().any()}
    told = [scale for scale, rows in twice.items() if _may_tell_change(rows, k)]
    cohorts: dict[tuple[str, ...], bool] = {}
    if told:
        is_apart = _is_apart(paired[told[0]], k)
        frames = [paired[scale][~is_apart].reset_index(drop=True) for scale in told]
        counts = frames[0]["score"].notna().to_numpy()
        cohorts = hidden_cells(
            frames[0], ["cohort_id"], counts, k,
            lambda places: all(_may_tell_change(rows.iloc[places], k) for rows in frames),
        )  # fmt: skip
    groups = {label[1:]: is_hidden for (label,), is_hidden in cohorts.items() if label != ALL}
    return {
        scale: (
            {("program", ""): scale not in told}
            | {("cohort_id", name): is_hidden or scale not in told for name, is_hidden in groups.items()}
            if scale in twice
            else {}
        )
        for scale in scales
    }


def _may_tell_change(rows: pd.DataFrame, k: int) -> bool:
    """Whether enough answered both waves, and no small rest answered one of them or neither."""
    n_left_out = [(rows["n_waves"] == 0).sum()]
    n_left_out += [((rows["n_waves"] == 1) & (rows["wave"] == wave)).sum() for wave in (BEFORE, AFTER)]
    return is_enough(rows[rows["score"].notna()], k) and not any(0 < n < k for n in n_left_out)


def _is_apart(paired: pd.DataFrame, k: int) -> pd.Series:
    """The rows of cohorts in which nobody answered twice, and enough did once: no change to tell."""
    cohorts = labels(paired["cohort_id"])
    alone = [
        cohort
        for cohort, rows in paired.groupby(cohorts)
        if rows["score"].isna().all() and is_enough(rows[rows["n_waves"] > 0], k)
    ]
    return cohorts.isin(alone)


def _paired(scale: pd.DataFrame) -> pd.DataFrame:
    """One row per respondent: the change in `score`, missing for whoever answered once; `wave` the first."""
    given = scale[scale["score"].notna()]
    before, after = waves_of(given)
    first = scale.assign(is_missing=scale["score"].isna(), is_after=scale["wave"] == AFTER).sort_values(
        ["is_missing", "is_after"], kind="stable"
    )
    first = first.drop_duplicates("respondent_id").set_index("respondent_id")
    counts = given.groupby("respondent_id")["wave"].nunique().reindex(first.index).fillna(0)
    return first.assign(score=after - before, n_waves=counts).sort_index().reset_index()


def _change(rows: pd.DataFrame, others: pd.DataFrame | None, policy: Policy) -> dict[str, Any]:
    """The numbers of one change; beside people outside where enough of them answered twice."""
    waves = waves_of(rows)
    found = impact.change(*waves, policy.effect_pairs)
    if found is None:
        return {}
    told = {
        "n_before": found.n_before, "n_paired": found.n_paired, "n_lost": found.n_lost,
        "mean_before": found.mean_before, "mean_after": found.mean_after, "worst_evidence": worst_of(rows),
    } | ends_of(rows)  # fmt: skip
    told |= _limits("value", found.change, "low", "high")
    told |= _limits("effect", found.effect) | _limits("stayed", found.stayed_less_lost)
    if others is None or others.empty or not may_be_told(others, waves_of(others), policy.small_group):
        return told
    beside = impact.compare(waves, waves_of(others), policy.effect_pairs)
    if beside is None:
        return told
    told |= {"n_outside": beside.control.n_paired, "outside": beside.control.change.value}
    return told | _limits("difference", beside.difference)


def _limits(name: str, found: Estimate | None, low: str = "", high: str = "") -> dict[str, Any]:
    if found is None or math.isnan(found.value):
        return {}
    return {name: found.value, low or f"{name}_low": found.low, high or f"{name}_high": found.high}
