"""A disk that runs full stops the run with one clear line, loses nothing, and does no lasting harm."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.children import command, exit_code, fill
from tests.faults.conftest import Home, sessions
from warehouse import publish

pytestmark = pytest.mark.faults

LATER = dt.datetime(2026, 3, 25, 23, 59, 59, 999999, tzinfo=dt.UTC)
INGEST_POINTS = ["archive", "vault", "log", "checkpoint", "mark"]
BUILD_POINTS = ["build", "publication", "pointer"]


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A disk in memory with room for two builds and the publications of both, and little more."""
    folder = tmp_path_factory.mktemp("disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no small disk can be mounted here: that takes root and a kernel that lets it")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def home(disk: Path) -> Iterator[Home]:
    """A home on the small disk."""
    made = Home(disk / "home")
    made.drop_overlapping_files()
    yield made
    shutil.rmtree(made.folder)


@pytest.fixture
def built(built_home: Home, disk: Path) -> Iterator[Home]:
    """A home on the small disk that was built and published."""
    copy = built_home.copied(disk / "home")
    yield copy
    shutil.rmtree(copy.folder)


@pytest.fixture
def run(disk: Path, tmp_path: Path) -> Callable[..., str]:
    """Run a command that runs out of room at a point, then make room: what it said."""

    def until_full(*arguments: object, point: str | None) -> str:
        said = tmp_path / "stderr"
        code = exit_code(command, [*map(str, arguments)], said, point, disk)
        (disk / "ballast").unlink()
        assert code == 1, said.read_text()
        return said.read_text()

    return until_full


@pytest.mark.parametrize("point", INGEST_POINTS)
def test_an_ingest_without_room_says_so_loses_nothing_and_goes_on_later(
    home: Home, run: Callable[..., str], point: str
) -> None:
    assert_clear(run("ingest", home.settings.inbox, "--home", home.folder, point=point))
    home.assert_no_file_left_the_inbox_too_early()
    home.ingest()
    home.assert_all_is_there_once()


@pytest.mark.parametrize("point", BUILD_POINTS)
def test_a_build_without_room_says_so_and_the_last_publication_stays_up(
    built: Home, run: Callable[..., str], point: str
) -> None:
    up = publish.current(built.settings.published)
    assert_clear(run("build", "--as-of", "2026-03-25", "--home", built.folder, point=point))
    assert publish.current(built.settings.published) == up
    built.assert_all_is_there_once()
    assert built.build(LATER) == publish.current(built.settings.published) != up


@pytest.mark.parametrize("arguments", [("ingest", "inbox"), ("build",)], ids=["ingest", "build"])
def test_a_disk_that_is_full_already_is_said_at_once(
    home: Home, run: Callable[..., str], disk: Path, arguments: tuple[str, ...]
) -> None:
    home.ingest()
    home.drop("platform/c.ndjson", sessions(500))
    home.expected.add(("platform", "e500"))
    fill(disk)()
    command, *folders = arguments
    paths = [home.folder / folder for folder in folders]
    assert_clear(run(command, *paths, "--home", home.folder, point=None))
    home.ingest()
    home.assert_all_is_there_once()


@pytest.mark.slow
@pytest.mark.parametrize("n_megabytes", [2, 3])
def test_wherever_the_room_ends_what_was_acknowledged_is_there(
    home: Home, run: Callable[..., str], disk: Path, n_megabytes: int
) -> None:
    home.ingest()
    for number in range(1, 9):
        numbers = range(number * 2_000, (number + 1) * 2_000)
        home.drop(f"platform/{number}.ndjson", sessions(*numbers))
        home.expected |= {("platform", f"e{event}") for event in numbers}
    free = shutil.disk_usage(disk).free
    (disk / "ballast").write_bytes(bytes(max(0, free - n_megabytes * 2**20)))
    assert_clear(run("ingest", home.settings.inbox, "--home", home.folder, point=None))
    home.assert_no_file_left_the_inbox_too_early()
    home.ingest()
    home.assert_all_is_there_once()


def assert_clear(said: str) -> None:
    """One line that says what is wrong and how to go on."""
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert "make room" in said
