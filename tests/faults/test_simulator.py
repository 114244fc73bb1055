"""Faults are replayable: a seed is a whole story of files, wrong clocks, deaths and full disks, and its end.

`make faults SEEDS=20000` plays more of them. A seed that fails is told with the command that plays it alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.ingest import drops
from tests.faults.simulator import Simulation, same_people, simulate
from tests.faults.stories import draw
from warehouse import log

pytestmark = pytest.mark.faults

SEEDS = int(os.environ.get("SEEDS") or 30)
ENOUGH = 12
"""Stories of which one at least goes by the place that a test has broken."""


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_happens_on_the_way_the_end_is_as_drawn(seed: int, tmp_path: Path) -> None:
    simulate(seed, tmp_path)


@pytest.mark.parametrize("seed", range(max(1, SEEDS // 25)))
def test_the_same_seed_ends_alike_to_the_last_byte_and_without_faults_the_log_says_the_same(
    seed: int, tmp_path: Path
) -> None:
    story = draw(seed)
    faulty, again, calm = (Simulation(tmp_path / name) for name in ("faulty", "again", "calm"))
    for simulation, played in ((faulty, story), (again, story), (calm, story.without_faults())):
        with same_people(seed):
            simulation.play(played)
    assert faulty.trace == again.trace
    assert faulty.contents() == calm.contents() != []


def test_no_two_seeds_are_one_story() -> None:
    stories = [draw(seed) for seed in range(100)]
    assert len({repr(story) for story in stories}) == 100
    assert [draw(seed) for seed in range(100)] == stories


def leaves_the_inbox_early(monkeypatch: pytest.MonkeyPatch) -> None:
    real = log.EventLog.append

    def take_away_and_append(self: Any, delivery: Any, *args: Any, **options: Any) -> Any:
        (self._settings.inbox / delivery.source / delivery.name).unlink(missing_ok=True)
        return real(self, delivery, *args, **options)

    monkeypatch.setattr(log.EventLog, "append", take_away_and_append)


def writes_no_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    """But the first."""
    real = log.write_high_water

    def write_once(con: Any, path: Path) -> None:
        if not path.exists():
            real(con, path)

    monkeypatch.setattr(log, "write_high_water", write_once)


def takes_death_for_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    real = drops.ingest_file

    def ingest_or_go_on(path: Path, *args: Any, **options: Any) -> Any:
        try:
            return real(path, *args, **options)
        except BaseException as error:
            return drops.FileResult(str(path), None, "refused", notes=(str(error),))

    monkeypatch.setattr(drops, "ingest_file", ingest_or_go_on)


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (leaves_the_inbox_early, "a file left the inbox and is not in the log"),
        (writes_no_mark, "a file left before its mark"),
        (takes_death_for_an_error, "something took death for an error"),
    ],
)
def test_a_broken_promise_is_found_and_told_with_its_seed(
    break_it: Callable[[pytest.MonkeyPatch], None],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    break_it(monkeypatch)
    with pytest.raises(AssertionError, match=said) as broken:
        simulate_many(tmp_path)
    seed = len(list(tmp_path.iterdir())) - 1
    assert f"python -m tests.faults.simulator {seed}`" in str(broken.value)


def simulate_many(folder: Path) -> None:
    for seed in range(ENOUGH):
        (folder / str(seed)).mkdir()
        simulate(seed, folder / str(seed))
