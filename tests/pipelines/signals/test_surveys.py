"""What surveys say, by hand; and an attacker who adds up everything that is told, to learn of a few."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.signals.surveys import Surveys, surveys
from warehouse.policy import Policy

POLICY = Policy()
K = POLICY.small_group
QUARTER_BEFORE = dt.date(2026, 9, 30)
ITEMS = ("a", "b")
DAYS = {"w1": "2026-08-10", "w2": "2026-10-10", "pre": "2026-01-10", "post": "2026-06-10"}
Row = dict[str, Any]
Place = tuple[str, str, str]
"""A respondent's answer to one item in one wave: what the attacker is after."""


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


def invitations(*rows: tuple[int, str, bool]) -> pd.DataFrame:
    """Surveys sent to the mentees of pairs, and whether they answered."""
    return pd.DataFrame(
        [
            {
                "pair_id": f"p{who}", "side": "mentee", "wave": wave, "instrument": "trust",
                "sent_on": pd.Timestamp(DAYS[wave]), "is_open": False,
                "answered_on": pd.Timestamp(DAYS[wave]) if is_answered else pd.NaT,
            }
            for who, wave, is_answered in rows
        ],
        columns=["pair_id", "side", "wave", "instrument", "sent_on", "is_open", "answered_on"],
    )  # fmt: skip


def told(given: Iterable[Row], asked: pd.DataFrame | None = None) -> Surveys:
    scores, items, pairs = tables(given)
    sent = invitations() if asked is None else asked
    return surveys(scores, items, sent, pairs, QUARTER_BEFORE, POLICY)


def one(frame: pd.DataFrame, **wanted: Any) -> Any:
    found = frame[(frame[list(wanted)] == pd.Series(wanted)).all(axis=1)]
    assert len(found) == 1, found
    return next(found.itertuples(index=False))


WAVE = [answer(i, "w1", score) for i, score in enumerate((2, 3, 3, 4, 5))]
"""Mean 3.4, SD 1.140, so 3.4 +- 2.776 x 1.140 / sqrt(5) = 1.416."""


def test_a_scale_has_its_mean_students_interval_and_its_weakest_evidence() -> None:
    weak = [row | {"evidence": "inferred"} if row["who"] == 0 else row for row in WAVE]
    row = one(told(weak).score, field="wave", group_value="w1", subscale="total")
    assert (row.n, row.value, row.worst_evidence) == (5, 3.4, "inferred")
    assert (row.low, row.high) == pytest.approx((1.984, 4.816), abs=1e-3)


def test_a_mean_stays_on_its_scale() -> None:
    found = told([answer(i, "w1", score) for i, score in enumerate((5, 5, 5, 5, 4))])
    assert one(found.score, field="wave", subscale="total").high == 5


def test_the_quarter_before_is_the_last_wave_that_was_over_by_then() -> None:
    found = told([*WAVE, *(answer(i, "w2", 4 + i % 2) for i in range(5))])
    row = one(found.score, field="wave", group_value="w2", subscale="total")
    assert (row.wave_before, row.n_before, row.value_before) == ("w1", 5, 3.4)
    assert pd.isna(one(found.score, field="wave", group_value="w1", subscale="total").wave_before)


def test_answers_are_counted_by_step_of_the_scale() -> None:
    found = told(WAVE).share.query("item == 'a'")
    assert dict(zip(found["step"], found["n"], strict=True)) == {1: 0, 2: 1, 3: 2, 4: 1, 5: 1}
    assert set(found["n_all"]) == {5}


def test_of_those_asked_the_share_that_answered() -> None:
    all_answered = told(WAVE, invitations(*((i, "w1", True) for i in range(5))))
    assert one(all_answered.response, wave="w1").is_hidden
    scores, items, pairs = tables([answer(i, "w1", 2 + i % 3) for i in range(10)])
    sent = invitations(*((i, "w1", i < 5) for i in range(10)))
    row = one(surveys(scores, items, sent, pairs, QUARTER_BEFORE, POLICY).response, wave="w1")
    assert (row.n, row.n_reached, row.value) == (10, 5, 0.5)
    assert (row.low, row.high) == pytest.approx((0.2366, 0.7634), abs=1e-4)  # Wilson, as R's prop.test


def test_a_change_is_of_those_who_answered_twice() -> None:
    before, after = (1, 2, 3, 4, 5), (2, 3, 4, 5, 5)
    lost = [answer(9 + i, "pre", 3 + i % 2) for i in range(5)]
    waves = [answer(i, w, s) for w, line in (("pre", before), ("post", after)) for i, s in enumerate(line)]
    row = one(told([*waves, *lost]).change, field="program", subscale="total")
    assert (row.n_before, row.n_paired, row.n_lost, row.value) == (10, 5, 5, 0.8)
    assert (row.low, row.high) == pytest.approx((0.8 - 2.776 * 0.2, 0.8 + 2.776 * 0.2), abs=1e-3)
    assert pd.isna(row.effect), "five people are fewer than the policy's effect_pairs"


def test_people_outside_stand_beside_and_are_in_no_wave() -> None:
    inside = [answer(i, w, 1 + i % 4 + (w == "post" and i > 0)) for w in ("pre", "post") for i in range(6)]
    outside = [
        answer(50 + i, w, 1 + i % 4 + (w == "post" and i == 0), is_outside=True)
        for w in ("pre", "post")
        for i in range(6)
    ]
    found = told([*inside, *outside])
    row = one(found.change, field="program", subscale="total")
    assert (row.n_paired, row.n_outside) == (6, 6)
    assert (row.value, row.outside, row.difference) == pytest.approx((5 / 6, 1 / 6, 4 / 6), abs=1e-6)
    assert set(found.score["n"].dropna()) == {6}


def is_told(found: pd.DataFrame, **wanted: Any) -> bool:
    return not one(found, **wanted).is_hidden


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


def test_a_scale_is_the_mean_of_its_items_whoever_left_one_out() -> None:
    given = [answer(i, "w1", 1 + i % 5, np.nan if i < 2 else 5 - i % 4) for i in range(12)]
    found = told(given).score
    row, a, b = (one(found, field="wave", subscale=scale) for scale in ("total", "a", "b"))
    assert (row.n, a.n, b.n) == (12, 12, 10)
    assert row.value == pytest.approx((a.value + b.value) / 2, abs=1e-6)


def test_where_a_few_left_one_item_out_its_change_is_hidden() -> None:
    waves = [
        answer(i, w, 1 + (i + (w == "post")) % 5, np.nan if i < 2 else 1 + i % 4)
        for w in ("pre", "post")
        for i in range(12)
    ]
    found = told(waves).change
    assert is_told(found, field="program", subscale="a")
    assert not is_told(found, field="program", subscale="b")


@pytest.mark.parametrize("once", ["pre", "post"])
def test_where_a_few_answered_once_only_no_change_is_told(once: str) -> None:
    waves = [answer(i, w, 1 + (i + (w == "post")) % 5) for w in ("pre", "post") for i in range(8)]
    assert is_told(told(waves).change, field="program", subscale="total")
    found = told([*waves, answer(20, once, 3), answer(21, once, 4)]).change
    assert not is_told(found, field="program", subscale="total")


def test_the_order_of_rows_changes_nothing() -> None:
    scores, items, pairs = tables(drawn(3))
    sent = invitations()
    first = surveys(scores, items, sent, pairs, QUARTER_BEFORE, POLICY)
    mixed = (frame.sample(frac=1, random_state=1) for frame in (scores, items, sent, pairs))
    again = surveys(*mixed, QUARTER_BEFORE, POLICY)
    for name in ("response", "score", "share", "change"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(again, name))


def test_nobody_answered_is_four_empty_tables() -> None:
    scores, items, pairs = tables(WAVE)
    found = surveys(scores[:0], items[:0], invitations(), pairs, QUARTER_BEFORE, POLICY)
    assert [len(each) for each in (found.response, found.score, found.share, found.change)] == [0, 0, 0, 0]


# The attacker


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
