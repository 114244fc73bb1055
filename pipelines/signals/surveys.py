"""What surveys say about groups: who answers, how scales stand wave by wave and by group, what changed.

Needs rows as `answers_of` gives them: one per program, respondent, pair, wave, instrument and subscale. All
numbers are of one side; the formulas of change are those of `impact`, intervals of shares are Wilson's.

What may be told follows the rules of `disclosure`, and two more:

    one decision     Scales of an instrument are sums of the same answers. So a cell is told of all its items
                     and scales or of none, and a scale's mean is that of the means of its items: it says
                     nothing that they do not say, whoever left one out.
    no small rest    Where a few answered one of two waves and not the other, one scale of a change and not
                     another, or other waves than the one that is told by group, nothing is told: both
                     numbers together would tell of the few. Neither are waves before and after in which a
                     few left an item out, for changes are of scores.

Three tables are protected, each with its totals: the waves of a program, whose sum is told as a measure of
the program; one wave, the newest, by cohort and form; and the cohorts of a change. They have no cells in
common but totals, so no two of them can be set off against each other. That is why the waves before and after
are told by cohort as a change alone.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.signals import disclosure, impact
from pipelines.signals.disclosure import ALL, NOT_STATED
from pipelines.signals.frames import Flags, Floats
from pipelines.signals.impact import Estimate
from pipelines.signals.measures import DECIMALS, wilson
from warehouse.policy import Policy

BEFORE, AFTER = "pre", "post"
"""The waves between which an outcome changes."""
SCALE = ["instrument", "subscale", "side"]
FIELDS = ["cohort_id", "form"]
"""What the newest wave is told by."""
GRADES = ("observed", "attested2", "attested1", "inferred", "assumed")

RESPONSE_COLUMNS = (
    "program_id", "instrument", "wave", "side", "sent_on", "is_open", "is_hidden", "n", "n_reached", "value",
    "low", "high",
)  # fmt: skip
SCORE_COLUMNS = (
    "program_id", "field", "group_value", "instrument", "subscale", "side", "from_on", "until_on",
    "is_hidden", "n", "n_pairs", "value", "low", "high", "scale_min", "scale_max", "worst_evidence",
    "wave_before", "n_before", "value_before",
)  # fmt: skip
SHARE_COLUMNS = ("program_id", "instrument", "wave", "side", "item", "step", "n", "n_all")
CHANGE_COLUMNS = (
    "program_id", "field", "group_value", "instrument", "subscale", "side", "is_hidden", "n_before",
    "n_paired", "n_lost", "mean_before", "mean_after", "value", "low", "high", "effect", "effect_low",
    "effect_high", "stayed", "stayed_low", "stayed_high", "n_outside", "outside", "difference",
    "difference_low", "difference_high", "scale_min", "scale_max", "worst_evidence",
)  # fmt: skip

Places = NDArray[np.intp]


@dataclass(frozen=True)
class Surveys:
    """Four tables, with the columns above; hidden rows have no numbers."""

    response: pd.DataFrame
    score: pd.DataFrame
    share: pd.DataFrame
    change: pd.DataFrame


def surveys(
    scores: pd.DataFrame,
    items: pd.DataFrame,
    invitations: pd.DataFrame,
    pairs: pd.DataFrame,
    quarter_before: dt.date,
    policy: Policy,
) -> Surveys:
    """Everything that surveys say of programs and their groups.

    `pairs` has one row per pair: program_id, cohort_id, form, pair_id, mentee_id, mentor_id, and `is_member`,
    whether it counts in its program. Rows in any order give the same bytes.
    """
    answers = of_everybody(answers_of(scores, pairs))
    singles = inside(answers_of(items, pairs))
    k = policy.small_group
    return Surveys(
        _framed(_responses(invitations, pairs[pairs["is_member"]], k), RESPONSE_COLUMNS),
        _framed(_scores(singles, quarter_before, k), SCORE_COLUMNS),
        _framed(_shares(singles, k), SHARE_COLUMNS),
        _framed(_changes(answers, policy), CHANGE_COLUMNS),
    )


def answers_of(answers: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Answers with the program they belong to, its cohort, form and mentor, and whether they are outside.

    An answer about a pair is of that pair's program, one about no pair of every program its person is in.
    People in no relationship of any program are outside: they may be compared with, in each program.
    """
    members = pairs[pairs["is_member"]]
    about_pair = answers.merge(
        members[["pair_id", "program_id", "cohort_id", "form", "mentor_id"]], on="pair_id", how="inner"
    )
    people = _people_of(members)
    loose = answers[answers["pair_id"].isna() & answers["person_id"].notna()]
    about_none = loose.merge(people, on="person_id", how="inner")
    strangers = loose[~loose["person_id"].isin(_people_of(pairs)["person_id"])].merge(
        people[["program_id"]].drop_duplicates(), how="cross"
    )
    parts = [about_pair.assign(is_outside=False), about_none.assign(is_outside=False)]
    found = pd.concat([*parts, strangers.assign(is_outside=True)], ignore_index=True)
    found["side"] = found["side"].fillna("")
    order = ["program_id", "instrument", "subscale", "side", "wave", "respondent_id", "pair_id"]
    return found.sort_values([*order, *(["item"] if "item" in found else [])], ignore_index=True)


def of_everybody(answers: pd.DataFrame) -> pd.DataFrame:
    """A row for every scale of an instrument and everybody who answered any of it: who left one out shows."""
    keys = ["program_id", "instrument", "side", "wave", "respondent_id", "pair_id"]
    scales = answers[["instrument", "subscale", "scale_min", "scale_max"]].drop_duplicates(
        ["instrument", "subscale"]
    )
    whole = answers.drop(columns=["subscale", "score", "evidence", "scale_min", "scale_max"])
    whole = whole.drop_duplicates(keys).merge(scales, on="instrument")
    given = answers[[*keys, "subscale", "score", "evidence"]]
    return whole.merge(given, how="left", on=[*keys, "subscale"])


def inside(answers: pd.DataFrame) -> pd.DataFrame:
    """The answers of those who take part."""
    return answers if answers.empty else answers[~answers["is_outside"].astype(bool)]


def outside(answers: pd.DataFrame, instrument: str, subscale: str, side: str) -> pd.DataFrame:
    """The answers to a scale of people in no relationship; those of an unknown side are beside either."""
    is_of_scale = (answers["instrument"] == instrument) & (answers["subscale"] == subscale)
    is_beside = answers["side"].fillna(side).isin(["", side])
    return answers[answers["is_outside"].astype(bool) & is_of_scale & is_beside]


def by_scale(answers: pd.DataFrame) -> list[tuple[tuple[str, str, str], pd.DataFrame]]:
    """The answers of each instrument, subscale and side; an unknown side is empty."""
    if answers.empty:
        return []
    grouped = answers.assign(side=answers["side"].fillna("")).groupby(SCALE, sort=True)
    return [((str(key[0]), str(key[1]), str(key[2])), rows) for key, rows in grouped]


def waves_of(answers: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Each respondent's score before and after."""
    before, after = (
        answers[answers["wave"] == wave].groupby("respondent_id")["score"].mean() for wave in (BEFORE, AFTER)
    )
    return before, after


def is_enough(answers: pd.DataFrame, k: int) -> bool:
    """Whether enough people, relationships and mentors stand behind answers; of no pair, people alone."""
    n_people = answers["respondent_id"].nunique()
    pairs = answers["pair_id"].dropna().nunique()
    mentors = answers["mentor_id"].dropna().nunique() if "mentor_id" in answers else 0
    return disclosure.is_enough(disclosure.Size(n_people, pairs or n_people, mentors), k)


def may_be_told(answers: pd.DataFrame, waves: tuple[pd.Series, pd.Series], k: int) -> bool:
    """Whether enough answered twice, and not so few once only that both waves would tell of them."""
    before, after = (wave.dropna().index for wave in waves)
    paired = answers[answers["respondent_id"].isin(before.intersection(after))]
    once = (len(before.difference(after)), len(after.difference(before)))
    return is_enough(paired, k) and not any(0 < n < k for n in once)


IsTellable = Callable[[Places], bool]
"""Whether some rows, by their places, may be told of as one group."""


def hidden_cells(
    rows: pd.DataFrame, dims: Sequence[str], counts: Flags, k: int, may_tell: IsTellable
) -> dict[tuple[str, ...], bool]:
    """Each cell of a table by its values in `dims`, ALL in totals: whether it must be hidden.

    `counts` says which rows its numbers are of. The total of all counts as told, whatever it is: elsewhere on
    the screens it is.
    """
    named = {name: labels(rows[name]) for name in dims}
    table, rows_of = disclosure.cross_table(pd.DataFrame(named), dims)
    whole = rows_of[int(np.flatnonzero((table == ALL).all(axis=1))[0])]
    sizes = np.array([float(counts[places].sum()) for places in rows_of])

    def is_tellable(places: Places) -> bool:
        return places is whole or may_tell(places)

    _primary, hidden = disclosure.shield(table, rows_of, dims, sizes, k, is_tellable)
    return dict(zip(table.itertuples(index=False, name=None), hidden.tolist(), strict=True))


def labels(column: pd.Series) -> pd.Series:
    """The values of a column as names of cells, which no total is called like."""
    return "=" + column.astype(object).where(column.notna(), NOT_STATED).astype(str)


# Who answers


def _responses(invitations: pd.DataFrame, members: pd.DataFrame, k: int) -> Iterator[dict[str, Any]]:
    """Of each wave and side: to how many it went out, and how many have answered."""
    rows = invitations.merge(members, on="pair_id", how="inner")
    person = np.where(rows["side"] == "mentor", rows["mentor_id"], rows["mentee_id"])
    rows = rows.assign(respondent_id=person, is_reached=rows["answered_on"].notna())
    for (program, instrument, side), found in rows.groupby(["program_id", "instrument", "side"], sort=True):
        asked = found.reset_index(drop=True)
        hidden = hidden_cells(asked, ["wave"], np.ones(len(asked), np.bool_), k, _of_asked(asked, k))
        for wave, sent in asked.groupby("wave", sort=True):
            about = {"program_id": program, "instrument": instrument, "wave": wave, "side": side}
            about |= {"sent_on": sent["sent_on"].min(), "is_open": bool(sent["is_open"].any())}
            n, reached, is_hidden = len(sent), int(sent["is_reached"].sum()), hidden[f"={wave}",]
            (low,), (high,) = wilson(np.array([float(reached)]), np.array([float(n)]))
            numbers = {"n": n, "n_reached": reached, "value": reached / n, "low": low, "high": high}
            yield about | {"is_hidden": is_hidden} | ({} if is_hidden else numbers)


def _of_asked(asked: pd.DataFrame, k: int) -> IsTellable:
    """Of a share of those asked: enough of them, and neither all nor none answered."""

    def may_tell(places: Places) -> bool:
        rows = asked.iloc[places]
        return is_enough(rows, k) and not disclosure.is_unanimous(int(rows["is_reached"].sum()), len(rows))

    return may_tell


# How scales stand


@dataclass
class Survey:
    """The answers of one side to one instrument: a row per answer to an item of a scale, and who gave them.

    `people` has a row per wave, respondent and pair; `given` says, item by item, what each of them answered.
    """

    answers: pd.DataFrame
    people: pd.DataFrame
    given: pd.DataFrame
    k: int

    @classmethod
    def of(cls, answers: pd.DataFrame, k: int) -> Survey:
        one = ["wave", "respondent_id", "pair_id"]
        people = answers.drop_duplicates(one).sort_values(one, ignore_index=True)
        items = answers.assign(pair_id=answers["pair_id"].fillna("")).drop_duplicates([*one, "item"])
        given = items.pivot_table(index=one, columns="item", values="score", sort=True)
        keys = pd.MultiIndex.from_frame(people[one].fillna({"pair_id": ""}))
        return cls(answers, people, given.reindex(keys).reset_index(drop=True), k)

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
        told, rest = places[counted[places]], self.people.iloc[places[~counted[places]]]
        if 0 < rest["respondent_id"].nunique() < self.k or 0 < self._n_in_part(told) < self.k:
            return False
        return all(
            is_enough(self.people.iloc[told[~np.isnan(scores[told])]], self.k)
            and len(np.unique(scores[told][~np.isnan(scores[told])])) > 1
            for scores in self.given.to_numpy(dtype=np.float64).T
        )

    def _n_in_part(self, places: Places) -> int:
        """How many left out an item, before or after."""
        is_part = (
            self.given.isna().any(axis=1).to_numpy() & self.people["wave"].isin([BEFORE, AFTER]).to_numpy()
        )
        return int(self.people.iloc[places[is_part[places]]]["respondent_id"].nunique())


def _by_survey(items: pd.DataFrame, k: int) -> Iterator[tuple[dict[str, Any], Survey]]:
    keys = ["program_id", "instrument", "side"]
    for named, rows in items.groupby(keys, sort=True):
        yield dict(zip(keys, named, strict=True)), Survey.of(rows, k)


def _scores(items: pd.DataFrame, quarter_before: dt.date, k: int) -> Iterator[dict[str, Any]]:
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
    about = {"field": field, "group_value": group, "is_hidden": is_hidden, **_ends(rows)}
    about |= {"from_on": rows["answered_on"].min(), "until_on": rows["answered_on"].max()}
    if is_hidden:
        return about
    people = rows.groupby(["respondent_id", "pair_id"], sort=True, dropna=False)["score"].mean()
    value = float(rows.groupby("item", sort=True)["score"].mean().mean())
    half = _half_interval(people.to_numpy(dtype=np.float64))
    size = {"n": len(people), "n_pairs": rows["pair_id"].nunique(), "worst_evidence": _worst(rows)}
    ends = _ends(rows)
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


def _shares(items: pd.DataFrame, k: int) -> Iterator[dict[str, Any]]:
    """How often each step of each item was chosen, by wave and side."""
    for about, survey in _by_survey(items, k):
        single = survey.answers.drop_duplicates(["item", "wave", "respondent_id", "pair_id"])
        for (item, wave), given in single.groupby(["item", "wave"], sort=True):
            if survey.hidden_waves[f"={wave}",]:
                continue
            named = about | {"item": item, "wave": wave, "n_all": len(given)}
            for step in range(int(given["scale_min"].iloc[0]), int(given["scale_max"].iloc[0]) + 1):
                yield named | {"step": step, "n": int((given["score"] == step).sum())}


# What changed


def _changes(answers: pd.DataFrame, policy: Policy) -> Iterator[dict[str, Any]]:
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
    hidden = _hidden_changes(scales, policy.small_group)
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
        "mean_before": found.mean_before, "mean_after": found.mean_after, "worst_evidence": _worst(rows),
    } | _ends(rows)  # fmt: skip
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


def _ends(rows: pd.DataFrame) -> dict[str, int]:
    return {"scale_min": int(rows["scale_min"].min()), "scale_max": int(rows["scale_max"].max())}


def _worst(rows: pd.DataFrame) -> str | None:
    """The weakest grade of some answers."""
    grades = set(rows["evidence"].dropna())
    return next((grade for grade in reversed(GRADES) if grade in grades), None)


def _people_of(members: pd.DataFrame) -> pd.DataFrame:
    """Who is in which program."""
    sides = [members[["program_id", side]].set_axis(["program_id", "person_id"], axis=1)
             for side in ("mentee_id", "mentor_id")]  # fmt: skip
    return pd.concat(sides).dropna().drop_duplicates().sort_values(["program_id", "person_id"])


def _framed(rows: Iterator[dict[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=list(columns))
    numbers = [name for name in columns if pd.api.types.is_float_dtype(frame[name])]
    frame[numbers] = frame[numbers].round(DECIMALS)
    return frame
