"""Erasing reaches what landed as a survey, a workbook, a Slack export or a mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.erase import erase
from pipelines.ingest import ingest_into_home
from pipelines.ingest.archive import read_archived
from pipelines.ingest.home import open_home
from pipelines.ingest.quarantine import held_lines, raw_bytes
from tests.pipelines.ingest import exports
from warehouse.clock import Clock
from warehouse.database import writer_lock
from warehouse.settings import Settings, load_settings
from warehouse.verify import verify

HERE = Path(__file__).parent / "ingest"
FIXTURES = HERE / "fixtures"

PAIRS = """Mentor,Mentee,Started
bo@example.org,ana@example.org,2025-12-01
dee@example.org,cy@example.org,2025-12-01
"""


@pytest.fixture
def settings(tmp_path: Path, clock: Clock) -> Settings:
    """A home that holds one export of each kind in which Ana occurs."""
    home = load_settings(tmp_path / "home")
    drops = tmp_path / "drops"
    drops.mkdir()
    (drops / "pairs.csv").write_text(PAIRS)
    (drops / "people.xlsx").write_bytes(exports.workbook(("People", exports.PEOPLE)))
    (drops / "export.zip").write_bytes(exports.slack())
    for path, preset in (
        (drops / "pairs.csv", "pairs"),
        (drops / "people.xlsx", "roster"),
        (drops / "export.zip", "slack"),
        (FIXTURES / "mbox/thread.mbox", "mbox"),
        (FIXTURES / "mbox/strangers.mbox", "mbox"),
        (FIXTURES / "qualtrics/numbers.csv", "qualtrics"),
        (FIXTURES / "google-forms/download.csv", "google-forms"),
        (FIXTURES / "typeform/responses.csv", "typeform"),
    ):
        ingest_into_home(home, [path], mapping=preset, clock=clock)
    return home


def landed(settings: Settings, clock: Clock) -> Iterator[bytes]:
    """All that archive and quarantine hold."""
    with writer_lock(settings.home), open_home(settings, clock) as home:
        for (file_id,) in home.log.con.execute("select file_id from log.ledger").fetchall():
            if (settings.archive / file_id).exists():
                yield b"".join(read_archived(settings, home.vault, file_id))
        for line in held_lines(home, is_open=False):
            yield raw_bytes(home, line)


def test_no_export_says_who_was_erased_and_the_others_still_stand_there(
    settings: Settings, clock: Clock
) -> None:
    before = b"".join(landed(settings, clock)).lower()
    assert before.count(b"ana@example.org") > 5
    n_events = _n_events(settings, clock)
    erase(settings, "ana@example.org", clock=clock)
    after = b"".join(landed(settings, clock)).lower()
    assert b"ana@example.org" not in after
    assert b"ana silva" not in after
    assert b"bo ng" in after
    assert b"cy@example.org" in after
    assert _n_events(settings, clock) == n_events + 1
    assert verify(settings) == []


def test_an_erased_person_who_comes_again_in_a_workbook_is_held_back_and_not_kept(
    settings: Settings, clock: Clock, tmp_path: Path
) -> None:
    erase(settings, "ana@example.org", clock=clock)
    again = tmp_path / "again.xlsx"
    rows = [
        exports.PEOPLE[2],
        [731, "Ana Silva", "ana@example.org", "Mentee", "2026-02-05"],
        [9, "Eve", "", "Mentor", "2026-02-05"],
    ]
    again.write_bytes(exports.workbook(("People", rows)))
    ((result,), _) = ingest_into_home(settings, [again], mapping="roster", clock=clock)
    assert (result.lines_in, result.accepted, result.quarantined) == (2, 1, 1)
    assert b"ana" not in b"".join(landed(settings, clock)).lower()


def _n_events(settings: Settings, clock: Clock) -> int:
    with writer_lock(settings.home), open_home(settings, clock) as home:
        return home.n_events
