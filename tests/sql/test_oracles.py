"""Turns, contacts and active days of random pairs, worked out again in plain Python, one by one.

The SQL does it in lists, for all pairs at once; here it is told as the definitions tell it.
"""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest

TODAY = dt.date(2026, 3, 1)
FIRST = dt.date(2025, 12, 1)
SIDES = ("mentor", "mentee")

Touch = tuple[int, str, str]
"""Day, side and kind of act: ask, update, plain, reply, came, held."""


def other(side: str) -> str:
    return "mentee" if side == "mentor" else "mentor"


def random_touches(rng: random.Random) -> list[Touch]:
    kinds = ("ask", "ask", "ask", "update", "plain", "reply", "came")
    touches: list[Touch] = []
    for _ in range(rng.randint(1, 14)):
        day = rng.randint(0, 20)
        is_held = rng.random() < 0.15
        touches.append((day, "both", "held") if is_held else (day, rng.choice(SIDES), rng.choice(kinds)))
    return sorted(touches)


def answered_on(touches: list[Touch], day: int, party: str) -> int | None:
    """The day on which `party` turned back after an act of the other side on `day`."""
    for on, side, kind in touches:
        is_theirs = side in (party, "both")
        if is_theirs and (on > day or (on == day and kind in ("reply", "held"))):
            return on
    return None


def contact_days(touches: list[Touch]) -> set[int]:
    """Sessions, explicit replies, and answers to what asks for one or is an update."""
    days = {on for on, _, kind in touches if kind in ("held", "reply")}
    for on, side, kind in touches:
        if kind not in ("ask", "update", "came"):
            continue
        back = answered_on(touches, on, other(side))
        if back is not None and any(
            touch[0] == back and touch[1] == other(side) and touch[2] in ("ask", "update", "plain", "reply")
            for touch in touches
        ):
            days.add(back)
    return days


def as_rows(pair_id: str, touches: list[Touch]) -> list[dict[str, str | None]]:
    to_own = {"ask": "0", "update": "0", "plain": "0", "came": "2", "reply": "6", "held": "6"}
    to_other = {"ask": "3", "came": "3", "update": "5"}
    return [
        {
            "pair_id": pair_id,
            "event_type": "session.held" if kind == "held" else "exchange.message_sent",
            "touched_at": (FIRST + dt.timedelta(days=day)).isoformat(),
            "side": side,
            **{
                f"to_{reader}": to_own[kind] if side in (reader, "both") else to_other.get(kind, "7")
                for reader in SIDES
            },
        }
        for day, side, kind in touches
    ]


@pytest.fixture
def pairs() -> dict[str, list[Touch]]:
    rng = random.Random(7)
    return {f"pair-{n:03d}": random_touches(rng) for n in range(150)}


def test_turns_and_contacts_are_those_of_the_definitions(
    pairs: dict[str, list[Touch]], build_from: Callable[..., Any]
) -> None:
    rows = [row for pair_id, touches in pairs.items() for row in as_rows(pair_id, touches)]
    targets = ("core.dialogue", "core.ask", "core.contact_history", "core.contact")
    con = build_from({"core.touch": rows}, *targets)
    owed = dict.fromkeys(((pair_id, side) for pair_id in pairs for side in SIDES), 0)
    for pair_id, touches in pairs.items():
        for day, side, kind in touches:
            if kind in ("ask", "came") and answered_on(touches, day, other(side)) is None:
                owed[pair_id, other(side)] += 1
    found = con.execute(
        "select pair_id, party, sum(n_asks)::integer from core.ask "
        "where answered_at is null and n_asks > 0 group by pair_id, party"
    ).fetchall()
    assert {(pair_id, side): n for pair_id, side, n in found} == {key: n for key, n in owed.items() if n}
    days = con.execute("select distinct pair_id, contacted_on from core.contact").fetchall()
    expected = {
        (pair_id, FIRST + dt.timedelta(days=day))
        for pair_id, touches in pairs.items()
        for day in contact_days(touches)
    }
    assert set(days) == expected


def test_active_days_are_counted_as_on_fingers(build_from: Callable[..., Any]) -> None:
    rng = random.Random(11)
    periods: list[dict[str, str | None]] = []
    events: list[dict[str, str | None]] = []
    off: dict[tuple[str, str], set[dt.date]] = {}
    names = [f"pair-{n:02d}" for n in range(30)]
    for pair_id in names:
        dates = [FIRST + dt.timedelta(days=day) for day in rng.sample(range(90), 6)]
        events += [{"pair_id": pair_id, "occurred_at": date.isoformat()} for date in dates]
        for clock in (*SIDES, "pair"):
            off[pair_id, clock] = set()
            for _ in range(rng.randint(0, 4)):
                start = FIRST + dt.timedelta(days=rng.randint(-5, 85))
                days = [start + dt.timedelta(days=n) for n in range(rng.randint(1, 12))]
                off[pair_id, clock].update(days)
                ends = {"starts_on": days[0].isoformat(), "ends_on": days[-1].isoformat()}
                periods.append({"pair_id": pair_id, "clock": clock, **ends})
    con = build_from(
        {
            "core.still_period": periods,
            "core.pair": [{"pair_id": pair_id} for pair_id in names],
            "staging.event": events,
        },
        "core.off_period",
        "core.clock",
        "core.event_day",
        "core.today",
        "core.day",
    )
    readings = con.execute(
        "select pair_id, on_date, mentor_day, mentee_day, pair_day from core.day order by pair_id, on_date"
    ).fetchall()
    assert len(readings) == 7 * len(names)
    for before, after in itertools.pairwise(readings):
        if before[0] != after[0]:
            continue
        span = [before[1] + dt.timedelta(days=n) for n in range(1, (after[1] - before[1]).days + 1)]
        for index, clock in enumerate((*SIDES, "pair"), start=2):
            active = sum(day not in off[before[0], clock] for day in span)
            assert after[index] - before[index] == active, (before, after, clock)
