"""Days: what is shown on each day, given the verdicts of the days before (definitions 6.4, 6.5).

A verdict knows one instant. Three things need more: a band is only left after several days in a row outside
it, a score that falls fast is watched, and the score of a paused or closing pair stands still. All are
worked out here, day by day, for all pairs at once; the last day is what is shown now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.signals.frames import Flags, Floats, Instants, checked, flags, instants, numbers
from pipelines.signals.health import COMPONENTS
from pipelines.signals.interval import interval
from pipelines.signals.judge import compared, judge
from pipelines.signals.states import OVER
from warehouse.policy import Policy

VERDICT_COLUMNS = {
    "pair_id": "VARCHAR",
    "as_of": "TIMESTAMP",
    "stage": "VARCHAR",
    "state": "VARCHAR",
    "band_rule": "VARCHAR",
    "is_fall_counted": "BOOLEAN",
    "waiting_on": "VARCHAR",
    "ghosted_on": "DATE",
    "tau_days": "DOUBLE",
    "silence_ratio": "DOUBLE",
    "health": "DOUBLE",
    "coverage": "DOUBLE",
    "frozen_since": "TIMESTAMP",
}
"""One verdict as it is kept, column -> SQL type: what a later day may ask of it, and what is shown."""

PART_COLUMNS = {
    "pair_id": "VARCHAR",
    "as_of": "TIMESTAMP",
    "component": "VARCHAR",
    "score": "DOUBLE",
    "evidence": "DOUBLE",
    "weight": "DOUBLE",
    "points": "DOUBLE",
    "points_possible": "DOUBLE",
    "mean": "DOUBLE",
}
"""One component of a score as it is kept, with its mean in the cohort that day; column -> SQL type."""

INTERVAL_COLUMNS = {
    "pair_id": "VARCHAR",
    "as_of": "TIMESTAMP",
    "health_low": "DOUBLE",
    "health_high": "DOUBLE",
}
"""How far a score could be off as it is kept, column -> SQL type."""

DAY_COLUMNS = (
    "pair_id", "day", "stage", "state", "band_raw", "band", "waiting_on", "health", "coverage",
    "health_frozen_on", "tau_days", "silence_ratio",
)  # fmt: skip
"""What is shown of a pair on a day."""

BANDS = ("on_track", "watch", "needs_check_in", "too_early", "paused", "closing", "ended")
AGREED = ("paused", "closing", "ended")
"""Bands that state what the two agreed on: they begin and end at once, like any fact."""
FROZEN = ("paused", "closing")
CHANGE_DAYS = 28
DAY = np.timedelta64(1, "D")
NO_DAY = np.datetime64("NaT", "D")
DECIMALS = 6


@dataclass(frozen=True)
class Past:
    """The verdicts of earlier days, and of the days before pauses and closings that are older.

    `days`: VERDICT_COLUMNS, one row per accepted pair and day, without holes. `before`: the same columns,
    at most one row per pair: its last verdict before a pause or closing that was on when `days` begin.
    `parts` and `intervals`: PART_COLUMNS and INTERVAL_COLUMNS, what the scores of pairs that stand still are
    made of, and how far they could be off.
    """

    days: pd.DataFrame
    before: pd.DataFrame
    parts: pd.DataFrame
    intervals: pd.DataFrame


def _nothing(columns: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns)).astype({"as_of": "datetime64[us]"})


NO_PAST = Past(*map(_nothing, (VERDICT_COLUMNS, VERDICT_COLUMNS, PART_COLUMNS, INTERVAL_COLUMNS)))


def judged_days(features: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """The verdicts of many instants on all pairs accepted by then: VERDICT_COLUMNS.

    `features` is feature.pair as of each instant, with `as_of` (see `frames.checked`).
    """
    return judged_with_parts(features, policy, ())[0]


def judged_with_parts(
    features: pd.DataFrame, policy: Policy, pair_ids: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The same and, of some pairs, what their scores were made of and how far these could be off.

    The second frame has the PART_COLUMNS, the third the INTERVAL_COLUMNS.
    """
    pairs = checked(features)
    as_of = instants(pairs, "as_of")
    found = judge(pairs, as_of, policy)
    is_judged = flags(found.pair, "is_judged")
    parts = compared(pairs, found, policy).assign(as_of=np.repeat(as_of[is_judged], len(COMPONENTS)))
    parts = parts.loc[parts["pair_id"].isin(pair_ids), list(PART_COLUMNS)]
    score = np.where(pairs["pair_id"].isin(pair_ids), numbers(found.pair, "health"), np.nan)
    off = pd.concat([pairs, interval(pairs, found.pair, score, policy)], axis=1)
    off = off.loc[~np.isnan(score), list(INTERVAL_COLUMNS)]
    return verdicts_of(pairs, found.pair), parts.reset_index(drop=True), off.reset_index(drop=True)


def frozen_parts(past: Past, days: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Of each pair whose score stands still on the last day: the parts of the day whose score it is."""
    return _of_frozen(past.parts, days, policy)


def frozen_intervals(past: Past, days: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Of each pair whose score stands still on the last day: how far off that day's score could be."""
    return _of_frozen(past.intervals, days, policy)


def _of_frozen(kept: pd.DataFrame, days: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """The rows, without their instant, of the day whose score is shown on the last day."""
    last = days.loc[days.groupby("pair_id")["day"].idxmax(), ["pair_id", "health_frozen_on"]]
    dated = kept.assign(health_frozen_on=local_day(kept["as_of"], policy))
    found = dated.merge(last.dropna(), on=["pair_id", "health_frozen_on"])
    return found.drop(columns=["as_of", "health_frozen_on"])


def standing(past: Past) -> pd.DataFrame:
    """The verdict of each pair on the last day on which its score moved: `pair_id` and `as_of`."""
    moving = pd.concat([past.before, past.days])
    moving = moving[~moving["stage"].isin((*FROZEN, *OVER))]
    return moving.groupby("pair_id", as_index=False)[["as_of"]].max()


def verdicts_of(pairs: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """The VERDICT_COLUMNS of accepted pairs, from a checked frame with `as_of` and what `judge` found."""
    since = pairs["closing_since"].where(found["stage"] == "closing", pairs["paused_since"])
    verdicts = found.assign(
        pair_id=pairs["pair_id"],
        as_of=pairs["as_of"],
        frozen_since=since.where(found["stage"].isin(FROZEN)),
    )
    return verdicts.loc[pairs["accepted_at"].notna(), list(VERDICT_COLUMNS)].reset_index(drop=True)


def local_day(as_of: pd.Series[Any], policy: Policy) -> pd.Series[Any]:
    """The date of instants (UTC) in the program's time zone."""
    local = as_of.astype("datetime64[us]").dt.tz_localize("UTC").dt.tz_convert(policy.time_zone)
    return local.dt.tz_localize(None).dt.normalize()


def shown_days(past: Past, today: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """What is shown of each pair on each day of the past and today, in the order of pair and day.

    Needs the verdicts of the past and, as VERDICT_COLUMNS too, those of a later day. Returns DAY_COLUMNS,
    `as_of`, `health_change_28d`, `health_fall` (points fallen within the policy's days, NaN where unknown)
    and `is_ghosting_final`.
    """
    grid = _grid(_together(past.days, today), policy)
    score = _frozen(grid, _grid(past.before, policy).rows)
    fall = score.earlier(policy.fall_days, policy.too_early_coverage) - score.health
    is_fallen = grid.flags("is_fall_counted") & (fall >= policy.fall_points)
    raw = np.where(is_fallen, BANDS.index("watch"), grid.codes("band_rule", BANDS))
    shown = _held(raw, grid.is_there, policy.band_leave_days)
    is_frozen = ~np.isnat(score.frozen_on)
    change = np.where(is_frozen, np.nan, score.health - score.earlier(CHANGE_DAYS, 0))
    names = np.array(BANDS, dtype=np.object_)
    return grid.rows.assign(
        band_raw=grid.long(names[raw]),
        band=grid.long(names[shown]),
        health=grid.long(score.health),
        coverage=grid.long(score.coverage),
        health_frozen_on=grid.long(score.frozen_on).astype("datetime64[us]"),
        health_change_28d=grid.long(change.round(DECIMALS)),
        health_fall=grid.long(fall.round(DECIMALS)),
        is_ghosting_final=grid.long(_final(grid, policy)),
    )


def _together(past: pd.DataFrame, today: pd.DataFrame) -> pd.DataFrame:
    """Two frames of verdicts as one; an empty one has no say in the types of the columns."""
    return pd.concat([frame for frame in (past, today) if len(frame)] or [today], ignore_index=True)


@dataclass(frozen=True)
class _Grid:
    """Rows as a table of pairs x days: `place` is the cell of each row, `is_there` says which are filled."""

    rows: pd.DataFrame
    days: Instants
    place: NDArray[np.intp]
    is_there: Flags

    def cells(self, values: NDArray[Any], empty: Any) -> NDArray[Any]:
        """The values of the rows in their cells."""
        table = np.full(self.is_there.size, empty, dtype=values.dtype)
        table[self.place] = values
        return table.reshape(self.is_there.shape)

    def numbers(self, name: str) -> Floats:
        return self.cells(self.rows[name].to_numpy(dtype=np.float64), np.nan)

    def flags(self, name: str) -> Flags:
        return self.cells(self.rows[name].to_numpy(dtype=np.bool_), False)

    def dates(self, name: str) -> Instants:
        return self.cells(self.rows[name].to_numpy(dtype="datetime64[D]"), NO_DAY)

    def is_in(self, name: str, words: tuple[str, ...]) -> Flags:
        return self.cells(self.rows[name].isin(words).to_numpy(dtype=np.bool_), False)

    def codes(self, name: str, words: tuple[str, ...]) -> NDArray[np.int64]:
        codes = pd.Categorical(self.rows[name], categories=list(words)).codes
        return self.cells(codes.astype(np.int64), 0)

    def long(self, table: NDArray[Any]) -> NDArray[Any]:
        """The cells of the rows, in their order."""
        return np.asarray(table.reshape(-1)[self.place])


def _grid(verdicts: pd.DataFrame, policy: Policy) -> _Grid:
    rows = verdicts.assign(day=local_day(verdicts["as_of"], policy))
    rows = rows.sort_values(["pair_id", "day"], ignore_index=True)
    pair, pair_ids = pd.factorize(rows["pair_id"])
    day = rows["day"].to_numpy(dtype="datetime64[D]")
    days = np.arange(day.min(), day.max() + DAY) if len(day) else day
    place = pair * len(days) + (day - days[:1]).astype(np.intp) if len(day) else pair
    is_there = np.zeros(len(pair_ids) * len(days), dtype=np.bool_)
    is_there[place] = True
    return _Grid(rows, days, place, is_there.reshape(len(pair_ids), len(days)))


@dataclass(frozen=True)
class _Score:
    """The score shown, pairs x days, and the day whose score it is while it stands still."""

    health: Floats
    coverage: Floats
    frozen_on: Instants

    def earlier(self, n_days: int, coverage: float) -> Floats:
        """The score so many days before, where it had that coverage; NaN where there was none."""
        then = np.full(self.health.shape, np.nan)
        was = np.where(self.coverage >= coverage, self.health, np.nan)
        then[:, n_days:] = was[:, : max(0, was.shape[1] - n_days)]
        return then


def _frozen(grid: _Grid, before: pd.DataFrame) -> _Score:
    """The score of each day; in a pause or closing that of the last day before it, with its date.

    Where no earlier day is known the score goes on as it is, without a date.
    """
    health, coverage, is_frozen = (
        grid.numbers("health"),
        grid.numbers("coverage"),
        grid.is_in("stage", FROZEN),
    )
    frozen_on = np.full(health.shape, NO_DAY)
    last = before.set_index("pair_id").reindex(grid.rows["pair_id"].unique())
    kept = [last[name].to_numpy(dtype=np.float64) for name in ("health", "coverage")]
    kept_on = last["day"].to_numpy(dtype="datetime64[D]")
    for d, day in enumerate(grid.days):
        stands = is_frozen[:, d] & ~np.isnat(kept_on)
        for values, was in zip((health, coverage), kept, strict=True):
            values[:, d] = np.where(stands, was, values[:, d])
        frozen_on[:, d] = np.where(stands, kept_on, NO_DAY)
        moves = grid.is_there[:, d] & ~is_frozen[:, d]
        kept = [
            np.where(moves, values[:, d], was) for values, was in zip((health, coverage), kept, strict=True)
        ]
        kept_on = np.where(moves, day, kept_on)
    return _Score(health, coverage, frozen_on)


def _held(raw: NDArray[np.int64], is_there: Flags, n_days: int) -> NDArray[np.int64]:
    """The band shown: it is left after `n_days` days in a row outside it.

    Needs check-in is entered at once, and what the two agreed on begins and ends at once.
    """
    shown = raw.copy()
    agreed = [BANDS.index(name) for name in AGREED]
    n_outside = np.zeros(len(raw), dtype=np.int64)
    for d in range(1, raw.shape[1]):
        today, last = raw[:, d], shown[:, d - 1]
        n_outside = np.where(today == last, 0, n_outside + 1)
        is_at_once = (today == BANDS.index("needs_check_in")) | np.isin(today, agreed) | np.isin(last, agreed)
        moves = ~is_there[:, d - 1] | is_at_once | (n_outside >= n_days)
        shown[:, d] = np.where(moves, today, last)
        n_outside = np.where(moves, 0, n_outside)
    return shown


def _final(grid: _Grid, policy: Policy) -> Flags:
    """Whether presumed ghosting is final: so many days after its onset, or when a closing or end follows."""
    is_presumed, is_over = (
        grid.is_in("state", ("presumed_ghosted",)),
        grid.is_in("stage", ("closing", "ended")),
    )
    n_days = (grid.days - grid.dates("ghosted_on")) / DAY
    final = is_presumed & (n_days >= policy.label_final_days)
    was_presumed = np.zeros(len(final), dtype=np.bool_)
    for d in range(final.shape[1]):
        final[:, d] |= is_over[:, d] & was_presumed
        was_presumed = np.where(is_over[:, d], was_presumed, is_presumed[:, d])
    return final
