"""A backup comes back whole into an empty folder, brings nobody back who was erased, and admits damage."""

from __future__ import annotations

import json
import sqlite3
import stat
import tarfile
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.backup import back_up, restore
from pipelines.build import build_home
from pipelines.cli import app
from pipelines.erase import erase
from pipelines.ingest import ingest_into_home
from tests.conftest import DEMO_NOW
from warehouse.clock import Clock
from warehouse.errors import KinkeeperError
from warehouse.settings import Settings, load_settings
from warehouse.verify import verify

EMAIL = "synthetic.mentee@example.invalid"


def _line(number: int) -> str:
    event = {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "test",
        "type": "mentorship.participant.registered.v1",
        "time": "2026-01-05T09:00:00Z",
        "data": {"person_id": f"p{number}", "role": "mentee", "email": EMAIL if number == 1 else None},
    }
    event["data"] = {name: value for name, value in event["data"].items() if value is not None}
    return json.dumps(event) + "\n"


def _drop(settings: Settings, first: int, n_events: int, clock: Clock) -> None:
    file = settings.home.parent / f"drop-{first}.ndjson"
    file.write_text("".join(map(_line, range(first, first + n_events))))
    ingest_into_home(settings, [file], clock=clock)


@pytest.fixture
def settings(tmp_path: Path, clock: Clock) -> Settings:
    settings = load_settings(tmp_path / "home")
    _drop(settings, 1, 20, clock)
    (settings.home / "program.toml").write_text('program_name = "Backed up"\n')
    return load_settings(settings.home)


def test_a_restored_home_builds_to_the_same_tables(demo_home: Path, tmp_path: Path) -> None:
    settings = load_settings(demo_home)
    back_up(settings, tmp_path / "all.tar", clock=lambda: DEMO_NOW)
    restored = restore(tmp_path / "all.tar", tmp_path / "new")
    again = load_settings(tmp_path / "new")
    published = json.loads((settings.published / "current.json").read_text())
    made = build_home(again, as_of=DEMO_NOW, known_at=DEMO_NOW, clock=lambda: DEMO_NOW)
    assert made.publication.mart_hash == published["mart_hash"]
    assert restored.made_at == DEMO_NOW.isoformat()


def test_what_a_build_makes_again_and_the_inbox_stay_out(settings: Settings, clock: Clock) -> None:
    build_home(settings, clock=clock)
    settings.inbox.mkdir()
    (settings.inbox / "waits.csv").write_text("a,b\n")
    target = settings.home.parent / "b.tar"
    back_up(settings, target)
    with tarfile.open(target) as tar:
        names = tar.getnames()
    assert not [name for name in names if name.startswith(("published", "inbox", "warehouse/models"))]
    assert {"program.toml", "warehouse/log.duckdb", "warehouse/high-water.json"} <= {*names}


def test_only_the_owner_may_read_a_backup_and_what_comes_back(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "b.tar")
    restore(tmp_path / "b.tar", tmp_path / "new")
    private = [tmp_path / "b.tar", *(path for path in (tmp_path / "new").rglob("*") if path.is_file())]
    open_to_others = [path.name for path in private if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert [name for name in open_to_others if name != ".writer.lock"] == []


def test_whoever_was_erased_after_the_backup_is_erased_again(
    settings: Settings, tmp_path: Path, clock: Clock
) -> None:
    back_up(settings, tmp_path / "old.tar")
    erased = erase(settings, EMAIL, clock=clock)
    restored = restore(
        tmp_path / "old.tar", tmp_path / "new", erasures=settings.home / "erasures.txt", clock=clock
    )
    assert restored.n_erased_again == 1
    assert erased.person_id in (tmp_path / "new" / "erasures.txt").read_text()
    remains = [
        path
        for path in (tmp_path / "new").rglob("*")
        if path.is_file() and EMAIL.encode() in path.read_bytes()
    ]
    assert remains == []


def test_an_old_backup_without_the_list_does_bring_them_back(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "old.tar")
    restore(tmp_path / "old.tar", tmp_path / "new")
    assert EMAIL.encode() in (tmp_path / "new" / "operations.sqlite").read_bytes()


@pytest.mark.faults
def test_backups_taken_while_files_come_in_hold_whole_runs(
    settings: Settings, tmp_path: Path, clock: Clock
) -> None:
    def feed() -> None:
        for first in range(100, 600, 50):
            _drop(settings, first, 50, clock)

    feeder = threading.Thread(target=feed)
    feeder.start()
    for number in range(8):
        back_up(settings, tmp_path / f"{number}.tar")
    feeder.join(60)
    assert not feeder.is_alive()
    for number in range(8):
        restore(tmp_path / f"{number}.tar", tmp_path / f"home-{number}")
        assert verify(load_settings(tmp_path / f"home-{number}")) == []


def test_a_screen_may_write_to_the_operational_store_meanwhile(settings: Settings, tmp_path: Path) -> None:
    screen = sqlite3.connect(settings.home / "operations.sqlite", isolation_level=None)
    screen.execute("create table note (id integer)")
    screen.execute("begin immediate")
    screen.execute("insert into note values (1)")
    back_up(settings, tmp_path / "b.tar")
    screen.execute("commit")
    screen.close()
    restore(tmp_path / "b.tar", tmp_path / "new")
    copy = sqlite3.connect(tmp_path / "new" / "operations.sqlite")
    assert copy.execute("select count(*) from note").fetchone() == (0,)
    copy.close()


@pytest.mark.faults
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_damaged_backup_is_refused_and_leaves_no_home(
    settings: Settings, tmp_path: Path, share: float
) -> None:
    back_up(settings, tmp_path / "b.tar")
    raw = bytearray((tmp_path / "b.tar").read_bytes())
    with tarfile.open(tmp_path / "b.tar") as tar:
        log = tar.getmember("warehouse/log.duckdb")
    raw[log.offset_data + int(log.size * share)] ^= 1
    (tmp_path / "b.tar").write_bytes(raw)
    with pytest.raises(KinkeeperError, match=r"log\.duckdb is not what was backed up"):
        restore(tmp_path / "b.tar", tmp_path / "new")
    assert not (tmp_path / "new").exists()
    assert [path for path in tmp_path.iterdir() if "restoring" in path.name] == []


@pytest.mark.parametrize("kept", [0, 100, 20_000])
def test_a_cut_backup_or_any_other_file_is_refused(settings: Settings, tmp_path: Path, kept: int) -> None:
    back_up(settings, tmp_path / "b.tar")
    (tmp_path / "b.tar").write_bytes((tmp_path / "b.tar").read_bytes()[:kept])
    with pytest.raises(KinkeeperError, match="no whole backup"):
        restore(tmp_path / "b.tar", tmp_path / "new")


def test_a_backup_cannot_write_outside_the_folder(tmp_path: Path) -> None:
    evil = tmp_path / "evil.tar"
    manifest = tmp_path / "manifest.json"
    (tmp_path / "x").write_text("x")
    manifest.write_text(json.dumps({"format": 1, "made_at": "", "files": {"../../x": "0"}}))
    with tarfile.open(evil, "w") as tar:
        tar.add(tmp_path / "x", "../../x")
        tar.add(manifest, "manifest.json")
    with pytest.raises(KinkeeperError, match="no whole backup"):
        restore(evil, tmp_path / "deep" / "new")


def test_a_backup_never_overwrites_and_a_restore_never_mixes(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "b.tar")
    with pytest.raises(KinkeeperError, match="never overwrites"):
        back_up(settings, tmp_path / "b.tar")
    with pytest.raises(KinkeeperError, match="is not empty"):
        restore(tmp_path / "b.tar", settings.home)


def test_a_backup_that_fails_half_way_leaves_no_file(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tarfile, "copyfileobj", full)
    with pytest.raises(OSError, match="No space"):
        back_up(settings, tmp_path / "b.tar")
    assert [path.name for path in tmp_path.iterdir() if ".tar" in path.name] == []


def test_the_commands_say_what_comes_next(settings: Settings, tmp_path: Path) -> None:
    run = CliRunner()
    made = run.invoke(app, ["backup", str(tmp_path / "b.tar"), "--home", str(settings.home)])
    assert made.exit_code == 0
    assert "kinkeeper restore" in made.output
    back = run.invoke(app, ["restore", str(tmp_path / "b.tar"), "--home", str(tmp_path / "new"), "--json"])
    assert back.exit_code == 0
    assert json.loads(back.stdout)["n_erased_again"] == 0
