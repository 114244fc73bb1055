"""The doctor looks at what can be looked at, and says of the rest why nobody can."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.doctor import Finding, examine
from pipelines.ingest import ingest_into_home
from warehouse import database
from warehouse.errors import HomeBusy
from warehouse.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with one delivery, which was refused."""
    settings = load_settings(tmp_path / "home")
    (tmp_path / "empty.ndjson").touch()
    ingest_into_home(settings, [tmp_path / "empty.ndjson"])
    return settings


def found(settings: Settings) -> dict[str, Finding]:
    return {finding.what: finding for finding in examine(settings.home)}


def test_a_sound_log_is_looked_at_with_all_that_is_kept_beside_it(settings: Settings) -> None:
    seen = found(settings)
    assert {"event log", "vault and archive", "quarantine", "publication"} <= seen.keys()
    assert seen["event log"].is_ok
    assert seen["quarantine"].found == "1 open row for 1 reason"


def test_a_log_that_another_process_writes_is_in_use_and_not_broken(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_args: object, **_options: object) -> None:
        raise HomeBusy("written by process 7")

    monkeypatch.setattr(database, "writer_lock", busy)
    seen = found(settings)
    assert (seen["event log"].found, seen["event log"].remedy) == ("in use", "written by process 7")
    assert seen["publication"].remedy == "kinkeeper build"


def test_a_home_on_a_read_only_disk_is_a_finding(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(*_args: object, **_options: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(database, "writer_lock", read_only)
    assert not found(settings)["event log"].is_ok
    assert "Read-only file system" in found(settings)["event log"].found


def test_a_damaged_log_is_a_finding(settings: Settings) -> None:
    content = bytearray(settings.log_file.read_bytes())
    content[5_000] ^= 1
    settings.log_file.write_bytes(content)
    seen = found(settings)["event log"]
    assert (seen.is_ok, seen.remedy) == (False, "kinkeeper verify")
