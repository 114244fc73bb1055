"""What somebody does about a pair is looked up, checked and kept before anything is said about it."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dashboards import data
from dashboards.acting import Desk
from dashboards.handling import handlings
from dashboards.screen import scene, setting
from warehouse.errors import KinkeeperError
from warehouse.words import ACT

TOKEN = "0123456789abcdef"
PAIR = "pair-suspected-ghosting-01"


@pytest.fixture
def office(home: Path, tmp_path: Path, make_screens: Callable[..., Any]) -> Iterator[Any]:
    """Screens with an operational store of their own, inside a request."""
    shutil.copytree(home / "published", tmp_path / "published")
    made = make_screens(tmp_path)

    @contextmanager
    def asked() -> Iterator[None]:
        with made.app.server.test_request_context():
            yield

    made.asked = asked
    with made.asked():
        yield made


def act(kind: str, token: str = TOKEN, **said: str) -> Any:
    return Desk({"pair_id": PAIR, "token": token}).act(kind, said)


def today(published: ModuleType, days: int) -> str:
    return str((published.AS_OF + dt.timedelta(days=days)).date())


@pytest.mark.usefixtures("office")
def test_a_snoozed_pair_is_quiet_at_once_and_awake_when_taken_back(published: ModuleType) -> None:
    done = act("snooze", until=today(published, 3), reason="date agreed")
    assert handlings(scene()).quiet == (PAIR,)
    assert PAIR not in {row["pair_id"] for row in listed()}
    setting().actions.undo(done.action_id, "acc")
    assert handlings(scene()).quiet == ()
    assert PAIR in {row["pair_id"] for row in listed()}


def listed() -> list[Any]:
    decided, filters = handlings(scene()), data.FilterState(view="watchlist")
    return data.listed_pairs(scene().publication, filters, quiet=decided.quiet, woken=decided.woken)


@pytest.mark.usefixtures("office")
def test_every_kind_of_action_is_an_event_of_the_pair(published: ModuleType) -> None:
    said = {
        "contact": {"channel": "call", "reached": "no", "party": "mentor"},
        "snooze": {"until": today(published, 2), "reason": "known absence"},
        "dismiss": {"reason": "wrong: data"},
        "draft": {"which": "check_in"},
        "label": {"label": "faded"},
        "acknowledge": {},
    }
    assert set(said) == set(ACT)
    made = [act(kind, f"{at:016x}", **words).event for at, (kind, words) in enumerate(said.items())]
    made.append(act("step", "f" * 16, which="1").event)
    assert len(setting().actions.of_pair(PAIR)) == len(made) + 1  # and the alert, raised once


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("dismiss", {}),
        ("dismiss", {"reason": "because"}),
        ("snooze", {"until": "2020-01-01", "reason": "other"}),
        ("snooze", {"until": "soon", "reason": "other"}),
        ("contact", {"channel": "pigeon"}),
        ("contact", {"channel": "call", "when": "noon"}),
        ("label", {"label": "lost"}),
        ("draft", {"which": "another"}),
        ("step", {"which": "99"}),
        ("erase", {}),
    ],
)
def test_what_no_form_offers_is_refused_and_leaves_nothing(kind: str, said: dict[str, str]) -> None:
    with pytest.raises(KinkeeperError):
        act(kind, **said)
    assert setting().actions.of_pair(PAIR) == []


@pytest.mark.usefixtures("office")
def test_a_pair_that_is_not_there_cannot_be_acted_on() -> None:
    with pytest.raises(KinkeeperError, match="no such pair"):
        Desk({"pair_id": "nobody", "token": TOKEN})
