"""Several processes that start an ingest at once: one works, the others wait or say who does."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.faults.children import Answer, ask, ingest_or_say_who
from tests.faults.conftest import Home

pytestmark = pytest.mark.faults

N_ATTEMPTS = max(2, int(os.environ.get("SEEDS") or 30) // 15)
N_DELIVERIES = 5
"""Two native files, each from the inbox and from nowhere in particular, and the roster."""


@pytest.fixture
def folders(home: Home, tmp_path: Path) -> list[Path]:
    """What four writers ingest: the inbox, two copies of it that are not inboxes, and the inbox again."""
    home.drop_overlapping_files()
    copies = [shutil.copytree(home.settings.inbox, tmp_path / f"copy-{number}") for number in range(2)]
    return [home.settings.inbox, *copies, home.settings.inbox]


def start_together(home: Home, folders: list[Path], wait_seconds: float) -> list[Answer]:
    waiting = [ask(ingest_or_say_who, home.folder, folder, wait_seconds) for folder in folders]
    return [wait() for wait in waiting]


@pytest.mark.parametrize("attempt", range(N_ATTEMPTS))
def test_writers_that_wait_all_succeed_and_double_nothing(
    home: Home, folders: list[Path], attempt: int
) -> None:
    answers = start_together(home, folders, wait_seconds=60)
    assert [answer.busy for answer in answers] == [None] * len(folders)
    statuses = [status for answer in answers for status in answer.statuses]
    assert statuses.count("accepted") == N_DELIVERIES
    assert set(statuses) <= {"accepted", "already_ingested"}
    home.assert_all_is_there_once()


@pytest.mark.parametrize("attempt", range(N_ATTEMPTS))
def test_writers_that_do_not_wait_say_who_writes_and_can_come_again(
    home: Home, folders: list[Path], attempt: int
) -> None:
    answers = start_together(home, folders, wait_seconds=0.3)
    writers = {str(answer.pid) for answer in answers if answer.busy is None}
    named = {re.findall(r"written by process (\w+);", answer.busy)[0] for answer in answers if answer.busy}
    assert writers
    assert named <= writers | {"unknown"}  # unknown in the very moment in which one follows another
    assert all(answer.busy is None for answer in start_together(home, folders, wait_seconds=60))
    home.assert_all_is_there_once()
