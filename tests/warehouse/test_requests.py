"""A request is kept once, sealed, and can be withdrawn until somebody begins to carry it out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from warehouse.clock import Clock
from warehouse.errors import KinkeeperError
from warehouse.operations import open_operations, sqlite_url
from warehouse.requests import MAX_CORRECTED_BYTES, MAX_REASON, QUARANTINE_REQUEST, Requests, Target

LINE = Target("line", "f1-3")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    opened = open_operations(sqlite_url(tmp_path / "operations.sqlite"))
    yield opened
    opened.dispose()


@pytest.fixture
def requests(engine: sa.Engine, clock: Clock) -> Requests:
    return Requests(engine, clock)


def test_a_request_is_open_until_it_is_done(requests: Requests) -> None:
    asked = requests.redrive(LINE)
    assert requests.open() == [asked]
    begun = requests.start(asked.request_id)
    assert begun is not None
    assert begun.started_at is not None
    requests.finish(asked.request_id, "1 line left quarantine")
    assert requests.open() == []
    (closed,) = requests.closed(10)
    assert (closed.request_id, closed.outcome) == (asked.request_id, "1 line left quarantine")
    assert requests.start(asked.request_id) is None


def test_a_second_click_is_the_same_request(requests: Requests) -> None:
    first = requests.redrive(LINE)
    assert requests.redrive(LINE) == first
    assert requests.waive(LINE, "sent twice") == first
    assert len(requests.open()) == 1


def test_clicks_at_the_same_time_are_one_request(requests: Requests) -> None:
    with ThreadPoolExecutor(8) as pool:
        asked = set(pool.map(lambda _: requests.redrive(LINE).request_id, range(24)))
    assert len(asked) == 1


def test_a_target_can_be_asked_for_again_once_it_is_closed(requests: Requests) -> None:
    first = requests.redrive(LINE)
    assert requests.withdraw(first.request_id)
    assert requests.waive(LINE, "sent twice").request_id != first.request_id


def test_what_was_begun_cannot_be_withdrawn(requests: Requests) -> None:
    asked = requests.redrive(LINE)
    requests.start(asked.request_id)
    assert not requests.withdraw(asked.request_id)
    assert [request.request_id for request in requests.open()] == [asked.request_id]


def test_what_is_begun_again_keeps_the_time_it_was_begun_at(engine: sa.Engine, clock: Clock) -> None:
    asked = Requests(engine, clock).redrive(LINE)
    Requests(engine, clock).start(asked.request_id)
    later = Requests(engine, lambda: clock() + dt.timedelta(hours=1)).start(asked.request_id)
    assert later is not None
    assert later.started_at == clock().replace(tzinfo=None)


def test_the_corrected_line_is_sealed_and_gone_once_it_is_done(engine: sa.Engine, requests: Requests) -> None:
    asked = requests.correct("f1-3", "f1", '{"name": "Asha"}')
    with engine.connect() as connection:
        kept = connection.scalar(sa.select(QUARANTINE_REQUEST.c.corrected))
    assert kept
    assert b"Asha" not in kept
    assert requests.corrected_bytes(asked) == b'{"name": "Asha"}'
    requests.finish(asked.request_id, "done")
    with engine.connect() as connection:
        assert connection.scalar(sa.select(QUARANTINE_REQUEST.c.corrected)) is None
    with pytest.raises(KinkeeperError, match="paste it again"):
        requests.corrected_bytes(asked)


def test_withdrawing_deletes_the_corrected_line(engine: sa.Engine, requests: Requests) -> None:
    requests.withdraw(requests.correct("f1-3", "f1", "x").request_id)
    with engine.connect() as connection:
        assert connection.scalar(sa.select(QUARANTINE_REQUEST.c.corrected)) is None


@pytest.mark.parametrize("corrected", ["", " \n ", "x" * (MAX_CORRECTED_BYTES + 1)])
def test_no_line_and_too_long_a_line_are_refused(requests: Requests, corrected: str) -> None:
    with pytest.raises(KinkeeperError):
        requests.correct("f1-3", "f1", corrected)
    assert requests.open() == []


@pytest.mark.parametrize("reason", ["", " \n\t", "x" * (MAX_REASON + 1)])
def test_nothing_is_waived_without_a_reason(requests: Requests, reason: str) -> None:
    with pytest.raises(KinkeeperError):
        requests.waive(LINE, reason)
    assert requests.open() == []


def test_a_reason_names_its_source_and_code() -> None:
    assert Target.of_reason("my source", "time.format").source_and_code == ("my source", "time.format")
