"""What is hidden; and an attacker who adds up everything that is told, to learn of a few."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from pipelines.signals.surveys import Surveys
from tests.pipelines.signals.surveys.asking import (
    ITEMS,
    POLICY,
    WAVE,
    Row,
    answer,
    drawn,
    invitations,
    is_told,
    told,
)
from warehouse.policy import Policy

K = POLICY.small_group
Place = tuple[str, str, str]
"""A respondent's answer to one item in one wave: what the attacker is after."""


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (WAVE[:4], "four people"),
        ([row | {"mentor": f"m{row['who'] % 2}"} for row in WAVE], "two mentors"),
        ([row | {"a": 4, "b": None} for row in WAVE], "all said the same"),
    ],
)
def test_too_few_or_all_alike_are_hidden(given: list[Row], why: str) -> None:
    found = told([answer(row["who"], row["wave"], row["a"], **{k: v for k, v in row.items() if k == "mentor"})
                  for row in given])  # fmt: skip
    assert not is_told(found.score, field="wave", subscale="total"), why
    assert found.share.empty, why


FEW = [answer(i, wave, 1 + (i + at) % 5) for at, wave in enumerate(("w1", "w2")) for i in range(6)]
"""Six people who answered two waves."""


def waves_told(promised: dict[str, int], policy: Policy) -> set[str]:
    """The waves of FEW that are told of, where some promised to be silent of fewer people."""
    found = told([row | {"promised": promised.get(row["wave"])} for row in FEW], policy=policy)
    shown = found.score[(found.score["field"] == "wave") & ~found.score["is_hidden"].astype(bool)]
    assert set(found.share["wave"]) == set(shown["group_value"])
    return set(shown["group_value"])


def test_a_wave_keeps_what_it_promised_when_the_policy_is_lowered() -> None:
    assert waves_told({}, POLICY) == {"w1", "w2"}
    assert waves_told({"w1": 5}, Policy(small_group=3)) == {"w1", "w2"}
    assert waves_told({"w1": 7, "w2": 7}, Policy(small_group=3)) == set()
    assert waves_told({"w1": 4}, Policy(small_group=7)) == set()  # the policy may ask for more


def test_a_wave_is_judged_by_its_own_promise() -> None:
    many = [*FEW, *(answer(i, "w2", 1 + i % 5) for i in range(6, 20))]
    for promised, is_w1_told in (({"w2": 10}, True), ({"w1": 10}, False)):
        found = told([row | {"promised": promised.get(row["wave"])} for row in many])
        assert is_told(found.score, field="wave", group_value="w1", subscale="total") is is_w1_told


def test_a_change_is_told_by_the_higher_promise_of_its_two_waves() -> None:
    given = [answer(i, wave, 1 + (i + at) % 5) for at, wave in enumerate(("pre", "post")) for i in range(6)]
    assert is_told(told(given).change, field="program", subscale="total")
    for wave in ("pre", "post"):
        promised = [row | {"promised": 7 if row["wave"] == wave else None} for row in given]
        assert not is_told(told(promised).change, field="program", subscale="total")


def test_of_whom_a_wave_was_sent_to_its_promise_counts_too() -> None:
    sent = [(i, "w1", i < 3) for i in range(6)]
    assert is_told(told(WAVE + FEW[5:6], invitations(*sent)).response, wave="w1")
    assert not is_told(told(WAVE + FEW[5:6], invitations(*sent, promised=7)).response, wave="w1")


def equations(given: list[Row], found: Surveys) -> Iterator[dict[Place, float]]:
    """Every number that is told, as a sum over single answers; and what measures tell of all waves."""
    frame = pd.DataFrame(given)
    if "pre" not in set(frame["wave"]):  # measures of the program leave the waves before and after out
        yield from (_sum(frame, item) for item in ITEMS)
    for row in found.score[~found.score["is_hidden"].astype(bool)].itertuples():
        if row.field == "wave":
            yield _mean_of_items(frame[frame["wave"] == row.group_value], row.subscale)
        else:
            group = frame[frame[{"cohort_id": "cohort", "form": "form"}[row.field]] == row.group_value]
            yield _mean_of_items(group[group["wave"] == newest(found, row.subscale)], row.subscale)
    for wave, item in set(found.share[["wave", "item"]].itertuples(index=False, name=None)):
        yield _sum(frame[frame["wave"] == wave], item)
    for row in found.change[~found.change["is_hidden"].astype(bool)].itertuples():
        group = frame if row.field == "program" else frame[frame["cohort"] == row.group_value]
        scored = group[[_weights(each, row.subscale) != {} for each in group.to_dict("records")]]
        waves = {wave: scored[scored["wave"] == wave] for wave in ("pre", "post")}
        both = set(waves["pre"]["who"]) & set(waves["post"]["who"])
        yield from (_sum(each[each["who"].isin(both)], row.subscale) for each in waves.values())


def newest(found: Surveys, subscale: str) -> str:
    """The wave that is told by group: the newest that is told."""
    waves = found.score[(found.score["field"] == "wave") & (found.score["subscale"] == subscale)]
    return str(waves[~waves["is_hidden"].astype(bool)].sort_values("from_on")["group_value"].iloc[-1])


def _weights(row: Row, scale: str) -> dict[str, float]:
    """What each item weighs in somebody's score of a scale."""
    said = [item for item in (ITEMS if scale == "total" else (scale,)) if not np.isnan(row[item])]
    return {item: 1 / len(said) for item in said}


def _mean_of_items(rows: pd.DataFrame, scale: str) -> dict[Place, float]:
    """The mean of the items' means, times something that the attacker knows."""
    items = ITEMS if scale == "total" else (scale,)
    n_of = {item: int(rows[item].notna().sum()) for item in items}
    return {
        (row["who"], row["wave"], item): len(rows) / n_of[item]
        for row in rows.to_dict("records")
        for item in items
        if not np.isnan(row[item])
    }


def _sum(rows: pd.DataFrame, scale: str) -> dict[Place, float]:
    return {
        (row["who"], row["wave"], item): weight
        for row in rows.to_dict("records")
        for item, weight in _weights(row, scale).items()
    }


def leaks(known: list[dict[Place, float]]) -> list[set[str]]:
    """Groups of fewer than k people about whom some sum follows from what is known.

    A sum over their answers alone follows exactly where the equations lose rank without their columns.
    """
    places = sorted({place for each in known for place in each})
    matrix = np.array([[each.get(place, 0.0) for place in places] for each in known])
    matrix = np.unique(matrix.round(9), axis=0)
    people = sorted({who for who, _wave, _item in places})
    of_person = {who: [at for at, place in enumerate(places) if place[0] == who] for who in people}
    alike: dict[bytes, list[str]] = {}
    for who in people:
        named = sorted((places[at][1:], matrix[:, at].tobytes()) for at in of_person[who])
        alike.setdefault(repr(named).encode(), []).append(who)
    rank = np.linalg.matrix_rank(matrix)
    found = []
    kinds = [group for group in alike.values() if len(group) < K]
    for n in (1, 2, 3):
        for some in combinations(kinds, n):
            few = {who for group in some for who in group}
            if len(few) >= K:
                continue
            rest = [at for at, place in enumerate(places) if place[0] not in few]
            if np.linalg.matrix_rank(matrix[:, rest]) < rank:
                found.append(few)
    return found


@pytest.mark.parametrize("seed", range(24))
def test_nothing_follows_about_fewer_than_k_people_from_all_that_is_told(seed: int) -> None:
    given = drawn(seed)
    found = told(given)
    known = list(equations(given, found))
    assert leaks(known) == []


def test_the_attacker_would_find_what_is_not_protected() -> None:
    given = [answer(i, "w1", 1 + i % 5, cohort="c1" if i < 8 else "c2") for i in range(10)]
    frame = pd.DataFrame(given)
    known = [_sum(frame, "total"), _sum(frame[frame["cohort"] == "c1"], "total")]
    assert leaks(known) == [{8, 9}]
