"""An ingest may die at any instant: nothing is lost, nothing comes twice, and the next run simply goes on.

Each home is killed twice, on the way in and while the next run mends what the first left behind. The seed
is in the name of the test, and the same seed dies at the same places. `make faults KILLS=500` kills more.
"""

from __future__ import annotations

import os
import random

import pytest

from tests.faults.children import INGEST, Kill, ask, count_calls, exit_code, ingest_and_die
from tests.faults.conftest import Home

pytestmark = pytest.mark.faults

KILLS = int(os.environ.get("KILLS") or 40)
POINTS = list(INGEST)
N_FILES = 3
LONGEST_STATEMENT = 0.02
"""How many seconds the slowest statement, a checkpoint, takes, about."""


@pytest.fixture(scope="module")
def n_calls(tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many calls an ingest makes: each of them may be its last."""
    home = Home(tmp_path_factory.mktemp("counted") / "home")
    home.drop_overlapping_files()
    return int(ask(count_calls, home.folder, home.settings.inbox)())


def kills(seed: int, n_calls: int) -> tuple[Kill, Kill]:
    """The first round visits every named point; after that, and for each second death, chance decides."""
    chance = random.Random(seed)
    is_named = seed < len(POINTS)
    first = Kill(POINTS[seed], chance.randint(1, N_FILES)) if is_named else anywhere(chance, n_calls)
    return first, anywhere(chance, n_calls)


def anywhere(chance: random.Random, n_calls: int) -> Kill:
    """At any call, or while DuckDB is busy with what a point begins."""
    if chance.random() < 0.5:
        return Kill(None, chance.randint(1, n_calls))
    return Kill(chance.choice(POINTS), chance.randint(1, N_FILES), chance.uniform(0, LONGEST_STATEMENT))


@pytest.mark.parametrize("seed", range(KILLS // 2))
def test_a_killed_ingest_loses_nothing_and_doubles_nothing(home: Home, seed: int, n_calls: int) -> None:
    home.drop_overlapping_files()
    for kill in kills(seed, n_calls):
        code = exit_code(ingest_and_die, home.folder, home.settings.inbox, kill)
        assert code is not None, f"{kill} hangs"
        assert code < 0, f"{kill} did not kill"
        home.assert_no_file_left_the_inbox_too_early()
    home.ingest()
    home.assert_all_is_there_once()
    assert home.ingest() == []


def test_a_file_of_a_commit_without_a_mark_stays_until_it_is_marked(home: Home) -> None:
    home.drop_overlapping_files()
    for point in ("the commit is done", "the inbox file is gone"):
        assert exit_code(ingest_and_die, home.folder, home.settings.inbox, Kill(point, 1)) == -9
        home.assert_no_file_left_the_inbox_too_early()
