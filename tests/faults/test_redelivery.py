"""What was delivered before adds nothing, however it comes again; what contradicts it is kept apart."""

from __future__ import annotations

import random

import pytest

from tests.faults.conftest import Home, native, sessions

pytestmark = pytest.mark.faults

N_EVENTS = 2_000


@pytest.fixture
def full(home: Home) -> Home:
    """A home that holds all sessions already, from a file of which every twentieth row comes twice."""
    again = random.Random(7).sample(range(N_EVENTS), N_EVENTS // 20)
    home.drop("platform/all.ndjson", sessions(*range(N_EVENTS), *again))
    home.expected = {("platform", f"e{number}") for number in range(N_EVENTS)}
    (result,) = home.ingest()
    assert (result.accepted, result.duplicate, result.quarantined) == (N_EVENTS, N_EVENTS // 20, 0)
    return home


def test_rows_delivered_twice_are_counted_and_not_kept(full: Home) -> None:
    full.assert_all_is_there_once()


@pytest.mark.parametrize("name", ["platform/all.ndjson", "platform/renamed.ndjson", "elsewhere/all.ndjson"])
def test_a_whole_file_again_under_any_name_adds_nothing(full: Home, name: str) -> None:
    path = full.drop(name, next(iter(full.dropped.values())).decode())
    (result,) = full.ingest()
    assert (result.n_events, result.accepted, result.quarantined) == (0, 0, 0)
    assert result.duplicate == result.lines_in == N_EVENTS * 21 // 20
    assert not path.exists()
    full.assert_all_is_there_once()


def test_files_split_merged_and_shuffled_add_nothing(full: Home) -> None:
    chance = random.Random(11)
    numbers = list(range(N_EVENTS))
    for part in range(5):
        full.drop(f"platform/part-{part}.ndjson", sessions(*numbers[part::5]))
    chance.shuffle(numbers)
    full.drop("platform/shuffled.ndjson", sessions(*numbers))
    full.drop("platform/merged.ndjson", sessions(*numbers[:700]) + sessions(*numbers[300:]))
    results = full.ingest()
    assert len(results) == 7
    assert {(result.n_events, result.quarantined) for result in results} == {(0, 0)}
    full.assert_all_is_there_once()


def test_what_is_new_in_a_redelivery_comes_in(full: Home) -> None:
    full.drop("platform/grown.ndjson", sessions(*range(N_EVENTS + 3)))
    full.expected |= {("platform", f"e{number}") for number in range(N_EVENTS, N_EVENTS + 3)}
    (result,) = full.ingest()
    assert (result.n_events, result.duplicate) == (3, N_EVENTS)
    full.assert_all_is_there_once()


def test_every_contradiction_is_reported_and_the_first_word_stands(full: Home) -> None:
    before = full.rows("select position, payload from event order by position")
    full.drop(
        "platform/other.ndjson",
        "".join(native(number, data={"session_id": "another"}) for number in range(N_EVENTS)),
    )
    (result,) = full.ingest()
    assert (result.n_events, result.quarantined) == (0, N_EVENTS)
    assert full.rows("select code, count(*) from quarantine group by code") == [("event.conflict", N_EVENTS)]
    assert full.rows("select position, payload from event order by position") == before
    full.assert_all_is_there_once()
