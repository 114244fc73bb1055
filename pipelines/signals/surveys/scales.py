"""How scales stand: by wave, in the newest wave by cohort and form, and how their items were answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from pipelines.signals import disclosure, impact
from pipelines.signals.disclosure import ALL, Size
from pipelines.signals.frames import Flags, Floats
from pipelines.signals.surveys.answers import AFTER, BEFORE, ends_of, worst_of
from pipelines.signals.surveys.telling import Places, hidden_cells, labels, promises, sizes_of

FIELDS = ["cohort_id", "form"]
"""What the newest wave is told by."""

SCORE_COLUMNS = (
    "program_id", "field", "group_value", "instrument", "subscale", "side", "from_on", "until_on",
    "is_hidden", "n", "n_pairs", "value", "low", "high", "scale_min", "scale_max", "worst_evidence",
    "wave_before", "n_before", "value_before",
)  # fmt: skip
SHARE_COLUMNS = ("program_id", "instrument", "wave", "side", "item", "step", "n", "n_all")


@dataclass
class Survey:
    """The answers of one side to one instrument: a row per answer to an item of a scale, and who gave them.

    `people` has a row per wave, respondent and pair; `given` says, item by item, what each of them answered.
    """

    answers: pd.DataFrame
    people: pd.DataFrame
    given: Floats
    k: int

    @classmethod
    def of(cls, answers: pd.DataFrame, k: int) -> Survey:
        one = ["wave", "respondent_id", "pair_id"]
        people = answers.drop_duplicates(one).sort_values(one, ignore_index=True)
        items = answers.assign(pair_id=answers["pair_id"].fillna("")).drop_duplicates([*one, "item"])
        given = items.pivot_table(index=one, columns="item", values="score", sort=True)
        keys = pd.MultiIndex.from_frame(people[one].fillna({"pair_id": ""}))
        return cls(answers, people, given.reindex(keys).to_numpy(dtype=np.float64), k)

    @cached_property
    def hidden_waves(self) -> dict[tuple[str, ...], bool]:
        """Which waves of the program must be hidden."""
        every = np.ones(len(self.people), np.bool_)
        return hidden_cells(
            self.people, ["wave"], every, self.k, lambda places: self._may_tell(places, every)
        )

    @cached_property
    def newest(self) -> str | None:
        """The newest wave that is told; None where none is, and of an outcome, which is told as a change."""
        waves = self.people.groupby("wave", sort=True)["answered_on"].min()
        told = [(on, str(wave)) for wave, on in waves.items() if not self.hidden_waves[f"={wave}",]]
        return None if not told or {BEFORE, AFTER} & set(waves.index) else max(told)[1]

    @cached_property
    def hidden_groups(self) -> dict[tuple[str, ...], bool]:
        """Which cohorts and forms of the newest wave must be hidden."""
        counted = (self.people["wave"] == self.newest).to_numpy()
        return hidden_cells(
            self.people, FIELDS, counted, self.k, lambda places: self._may_tell(places, counted)
        )

    def _may_tell(self, places: Places, counted: Flags) -> bool:
        """Whether every item was answered by enough, not by all alike, and no small rest is left."""
        told, rest = places[counted[places]], places[~counted[places]]
        in_part = told[self._left_out[told]]
        k = int(self._promises[places].max(initial=self.k))
        if any(0 < self._size_at(few).people < k for few in (rest, in_part)):
            return False
        return all(self._may_tell_item(scores[told], told, k) for scores in self.given.T)

    def _may_tell_item(self, scores: Floats, places: Places, k: int) -> bool:
        """Whether enough answered an item, and not all alike."""
        is_given = ~np.isnan(scores)
        is_known = disclosure.is_enough(self._size_at(places[is_given]), k)
        return is_known and len(np.unique(scores[is_given])) > 1

    @cached_property
    def _size_at(self) -> Callable[[Places], Size]:
        return sizes_of(self.people)

    @cached_property
    def _promises(self) -> Floats:
        """Of each row of people, how few of them nothing is told of."""
        return promises(self.people, self.k)

    @cached_property
    def _left_out(self) -> Flags:
        """Who left out an item, before or after."""
        is_outcome = self.people["wave"].isin([BEFORE, AFTER]).to_numpy()
        return np.isnan(self.given).any(axis=1) & is_outcome


def _by_survey(items: pd.DataFrame, k: int) -> Iterator[tuple[dict[str, Any], Survey]]:
    keys = ["program_id", "instrument", "side"]
    for named, rows in items.groupby(keys, sort=True):
        yield dict(zip(keys, named, strict=True)), Survey.of(rows, k)


def scale_scores(items: pd.DataFrame, quarter_before: dt.date, k: int) -> Iterator[dict[str, Any]]:
    """The mean of each scale and side: of the program by wave, and of its newest wave by cohort and form."""
    for about, survey in _by_survey(items, k):
        for subscale, scale in survey.answers.groupby("subscale", sort=True):
            waves = [
                _score(wave, "wave", str(name), is_hidden=survey.hidden_waves[f"={name}",])
                for name, wave in scale.groupby("wave", sort=True)
            ]
            named = about | {"subscale": subscale}
            yield from (named | row | _before(row, waves, quarter_before) for row in waves)
            if survey.newest is not None:
                yield from (named | row for row in _by_group(scale[scale["wave"] == survey.newest], survey))


def _by_group(wave: pd.DataFrame, survey: Survey) -> Iterator[dict[str, Any]]:
    """A wave by cohort and by form."""
    for field in FIELDS:
        for label, rows in wave.groupby(labels(wave[field]), sort=True):
            cell = tuple(str(label) if name == field else ALL for name in FIELDS)
            yield _score(rows, field, str(label)[1:], is_hidden=survey.hidden_groups[cell])


def _score(rows: pd.DataFrame, field: str, group: str, *, is_hidden: bool) -> dict[str, Any]:
    """The numbers of one cell's answers to items, unless it is hidden."""
    about = {"field": field, "group_value": group, "is_hidden": is_hidden, **ends_of(rows)}
    about |= {"from_on": rows["answered_on"].min(), "until_on": rows["answered_on"].max()}
    if is_hidden:
        return about
    people = rows.groupby(["respondent_id", "pair_id"], sort=True, dropna=False)["score"].mean()
    value = float(rows.groupby("item", sort=True)["score"].mean().mean())
    half = _half_interval(people.to_numpy(dtype=np.float64))
    size = {"n": len(people), "n_pairs": rows["pair_id"].nunique(), "worst_evidence": worst_of(rows)}
    ends = ends_of(rows)
    low, high = max(value - half, ends["scale_min"]), min(value + half, ends["scale_max"])
    return about | size | {"value": value, "low": low, "high": high}


def _half_interval(scores: Floats) -> float:
    found = impact.mean(scores)
    return found.high - found.value


def _before(row: dict[str, Any], waves: list[dict[str, Any]], quarter_before: dt.date) -> dict[str, Any]:
    """How the scale stood by the end of the quarter before: its last wave that was over and is told."""
    earlier = [each for each in waves if not each["is_hidden"] and each["until_on"].date() <= quarter_before]
    last = max(earlier, key=lambda each: (each["from_on"], each["group_value"]), default=None)
    if last is None or row["is_hidden"] or row["from_on"] <= last["from_on"]:
        return {}
    return {"wave_before": last["group_value"], "n_before": last["n"], "value_before": last["value"]}


def item_shares(items: pd.DataFrame, k: int) -> Iterator[dict[str, Any]]:
    """How often each step of each item was chosen, by wave and side."""
    for about, survey in _by_survey(items, k):
        single = survey.answers.drop_duplicates(["item", "wave", "respondent_id", "pair_id"])
        for (item, wave), given in single.groupby(["item", "wave"], sort=True):
            if survey.hidden_waves[f"={wave}",]:
                continue
            named = about | {"item": item, "wave": wave, "n_all": len(given)}
            for step in range(int(given["scale_min"].iloc[0]), int(given["scale_max"].iloc[0]) + 1):
                yield named | {"step": step, "n": int((given["score"] == step).sum())}
