"""Past days asked for on a screen wait for their turn, once each and few at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse.errors import KinkeeperError
from warehouse.operations import open_operations, sqlite_url
from warehouse.past_desk import MAX_OPEN, PastDesk

THEN = dt.datetime(2026, 3, 3, 23, 59, 59, 999999)


class Ticking:
    """A clock that is a second later each time."""

    def __init__(self) -> None:
        self.now = dt.datetime(2026, 3, 5, 9, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        self.now += dt.timedelta(seconds=1)
        return self.now


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[PastDesk]:
    engine = open_operations(sqlite_url(tmp_path / "operations.sqlite"))
    yield PastDesk(engine, Ticking())
    engine.dispose()


def day(n: int) -> dt.datetime:
    return THEN + dt.timedelta(days=n)


def test_days_wait_in_the_order_in_which_they_were_asked_for(desk: PastDesk) -> None:
    for n in (2, 0, 1):
        desk.ask(day(n), day(n), "acc")
    assert [one.as_of for one in desk.open()] == [day(2), day(0), day(1)]


def test_a_day_is_asked_for_once_and_again_when_it_is_done(desk: PastDesk) -> None:
    desk.ask(THEN, THEN, "acc")
    desk.ask(THEN, THEN, "other")
    (first,) = desk.open()
    assert first.account_id == "acc"
    desk.finish(first.request_id)
    desk.finish(first.request_id, "too late to say so")
    assert desk.one(first.request_id).outcome == "built"
    desk.ask(THEN, THEN, "other")
    again = desk.latest(THEN, THEN)
    assert again is not None
    assert again.account_id == "other"


def test_no_more_than_a_few_wait(desk: PastDesk) -> None:
    for n in range(MAX_OPEN):
        desk.ask(day(n), day(n), "acc")
    with pytest.raises(KinkeeperError, match="wait to be built"):
        desk.ask(day(MAX_OPEN), THEN, "acc")
    desk.ask(day(0), day(0), "acc")  # waits already: nothing to refuse


def test_a_request_says_how_far_its_build_is(desk: PastDesk) -> None:
    desk.ask(THEN, THEN, "acc")
    (asked,) = desk.open()
    desk.progress(asked.request_id, 7, 120)
    assert (desk.one(asked.request_id).n_done, desk.one(asked.request_id).n_steps) == (7, 120)


def test_an_unknown_request_is_one_clear_error(desk: PastDesk) -> None:
    with pytest.raises(KinkeeperError, match="no past day"):
        desk.one("past_0")
    assert desk.latest(THEN, THEN) is None
