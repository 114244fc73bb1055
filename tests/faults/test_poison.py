"""A bad file never blocks good ones: a folder of small files, one in seven poison, ingested in one go.

Poison is whatever the corpus of bad inputs has that spoils a file from end to end, dealt out among good files
so that each has good ones before and behind it. Each kind comes up once; `make faults FILES=1000` deals more.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines import cli
from tests.conformance.corpus import FOLDER, folders, place, read_case
from tests.faults.conftest import Home, registrations, sessions

pytestmark = pytest.mark.faults

MAPPINGS = FOLDER / "mappings"
FILES = int(os.environ.get("FILES") or 150)
ONE_IN = 7
N_EVENTS = 3
"""How many events of its own a good file holds; before them it repeats the last one of the file before."""

FIRST_GOOD = 1_000
"""The ids of good files begin here, beyond all of the corpus."""

QUARANTINED, TURNED_AWAY = 3, 1
"""What the command exits with where lines were refused, and where files were not taken at all."""

TORN = bytes(4096)
"""What a file is where a disk kept its length and lost its content."""

Ingest = Callable[[Path], tuple[int, dict[str, Any]]]


@dataclass(frozen=True)
class Poison:
    """A file of which no line may become an event: its inbox folder, its bytes, and why it is bad."""

    folder: str
    name: str
    content: bytes
    codes: dict[int, str]


@pytest.fixture(scope="module")
def poisons(tmp_path_factory: pytest.TempPathFactory) -> list[Poison]:
    return [*of_the_corpus(tmp_path_factory.mktemp("corpus")), *of_a_torn_disk()]


def of_the_corpus(scratch: Path) -> Iterator[Poison]:
    """The first deliveries of which nothing is accepted, but those that take minutes."""
    for folder in folders():
        case = read_case(folder)
        given = case.deliveries[0]
        if case.is_slow or given.accepted or not given.quarantined:
            continue
        content = place(given, folder, scratch).read_bytes()
        kind = "platform" if given.mapping is None else Path(given.mapping).stem
        yield Poison(kind, given.dropped_as or given.file, content, given.codes)


def of_a_torn_disk() -> Iterator[Poison]:
    yield Poison("platform", "events.ndjson", TORN, {1: "text.control_char"})
    yield Poison("roster", "people.csv", TORN + TORN, {0: "text.control_char"})


@pytest.fixture
def ingest(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ingest:
    """`kinkeeper ingest FOLDER --json`: exit code and what it tells of each file, by path."""

    def call(folder: Path) -> tuple[int, dict[str, Any]]:
        arguments = ["kinkeeper", "ingest", folder, "--home", home.folder, "--json"]
        monkeypatch.setattr("sys.argv", list(map(str, arguments)))
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        told = json.loads(capsys.readouterr().out)["files"]
        return int(stopped.value.code or 0), {file["path"]: file for file in told}

    return call


def drop_good(home: Home, name: str, nth: int) -> Path:
    """The nth good file, native or a roster by turns; each overlaps with the one of its kind before it."""
    own = range(nth * N_EVENTS, (nth + 1) * N_EVENTS)
    rows = [own.start - N_EVENTS - 1, *own] if nth > 1 else own
    if nth % 2:
        home.expected |= {("roster", f"r{FIRST_GOOD + event}") for event in own}
        return home.drop(f"roster/{name}-people.csv", registrations(*(FIRST_GOOD + row for row in rows)))
    home.expected |= {("platform", f"e{FIRST_GOOD + event}") for event in own}
    return home.drop(f"platform/{name}-events.ndjson", sessions(*(FIRST_GOOD + row for row in rows)))


def drop_all(home: Home, poisons: list[Poison]) -> dict[Path, Poison | None]:
    """Files in the order of their numbers, every seventh poison; beside each kind lies its mapping."""
    dealt, nth = itertools.cycle(poisons), itertools.count()
    dropped: dict[Path, Poison | None] = {}
    for number in range(FILES):
        name = f"{number:05}"
        if number % ONE_IN == ONE_IN // 2:
            poison = next(dealt)
            dropped[home.drop_bytes(f"{poison.folder}/{name}-{poison.name}", poison.content)] = poison
        else:
            dropped[drop_good(home, name, next(nth))] = None
    for folder in home.settings.inbox.iterdir():
        mapping = MAPPINGS / f"{folder.name}.toml"
        if mapping.exists():
            shutil.copy(mapping, folder / "mapping.toml")
    return dropped


def test_every_good_file_is_taken_in_and_every_bad_one_is_reported(
    home: Home, poisons: list[Poison], ingest: Ingest
) -> None:
    assert len(poisons) <= FILES // ONE_IN, "too few files for every kind of poison"
    dropped = drop_all(home, poisons)
    code, told = ingest(home.settings.inbox)

    assert code == QUARANTINED
    assert told.keys() == {str(path) for path in dropped}
    for path, poison in dropped.items():
        assert not path.exists(), "what was taken leaves the inbox"
        file = told[str(path)]
        if poison is None:
            assert (file["status"], file["accepted"], file["quarantined"]) == ("accepted", N_EVENTS, 0)
            assert file["lines_in"] == N_EVENTS + file["duplicate"]
        else:
            assert_it_is_reported(home, file, poison)
    home.assert_all_is_there_once()


def assert_it_is_reported(home: Home, file: dict[str, Any], poison: Poison) -> None:
    """Told by the command, and in quarantine with each reason; the same bytes again are not told again."""
    assert file["accepted"] == 0
    assert file["status"] in ("refused", "already_ingested") or file["quarantined"]
    held = home.rows(
        "select line, code from quarantine inner join ledger using (file_id) "
        f"where sha256 = '{hashlib.sha256(poison.content).hexdigest()}'"
    )
    assert dict(held) == poison.codes


def test_what_is_turned_away_at_the_door_holds_up_nothing(home: Home, ingest: Ingest) -> None:
    home.drop("broken/people.csv", registrations(1))
    (home.settings.inbox / "broken/mapping.toml").write_text("no mapping")
    bad = home.drop("platform/00000-people.parquet", "no mapping says what it holds")
    for path in (bad, home.settings.inbox / "broken/people.csv"):
        del home.dropped[path]
    for nth in (0, 2, 4, 6):
        drop_good(home, f"{nth + 1:05}", nth)
    code, told = ingest(home.settings.inbox)

    assert code == TURNED_AWAY
    assert [file["status"] for file in told.values()] == ["refused"] * 2 + ["accepted"] * 4
    assert bad.exists(), "what was not taken stays where it was dropped"
    home.assert_all_is_there_once()
