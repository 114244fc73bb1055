"""Calendars and meeting reports from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app

FIXTURES = Path(__file__).parent / "ingest" / "fixtures"
ZOOM = FIXTURES / "zoom" / "with-meeting-block.csv"


def ingest(home: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["ingest", *arguments, "--home", str(home)])
    return result.exit_code, result.output


@pytest.mark.parametrize("chosen", [(), ("--mapping", "zoom"), ("--source", "calls")])
def test_a_report_is_read_by_itself_or_by_a_preset(tmp_path: Path, chosen: tuple[str, ...]) -> None:
    declared = ("--zone", "Europe/London", "--date-order", "mdy")
    code, output = ingest(tmp_path / "home", str(ZOOM), *chosen, *declared, "--json")
    (file,) = json.loads(output)["files"]
    assert code == 3, "nobody is known yet, so all rows but the notetaker's wait"
    assert (file["lines_in"], file["accepted"], file["quarantined"]) == (4, 1, 3)


def test_what_was_not_declared_is_named_with_the_way_out(tmp_path: Path) -> None:
    code, output = ingest(tmp_path / "home", str(ZOOM), "--zone", "Europe/London")
    assert code == 3
    assert "--date-order" in " ".join(output.split())


def test_a_zone_nobody_knows_and_an_unknown_preset_are_wrong_usage(tmp_path: Path) -> None:
    code, output = ingest(tmp_path / "home", str(ZOOM), "--zone", "IST")
    assert code == 2
    assert "IANA zone" in output
    result = CliRunner().invoke(app, ["ingest", str(ZOOM), "--mapping", "zom", "--home", str(tmp_path / "h")])
    assert result.exit_code == 1
    assert "zom: neither a mapping file nor one of calendar" in str(result.exception)


def test_a_calendar_in_the_inbox_is_of_the_source_of_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "inbox" / "mentors"
    folder.mkdir(parents=True)
    (folder / "mo.ics").write_bytes((FIXTURES / "calendar" / "google.ics").read_bytes())
    _, output = ingest(tmp_path / "home", str(folder), "--json")
    (file,) = json.loads(output)["files"]
    assert (file["lines_in"], file["accepted"], file["quarantined"]) == (4, 2, 2)
    listed = CliRunner().invoke(app, ["quarantine", "list", "--json", "--home", str(tmp_path / "home")])
    assert {line["source"] for line in json.loads(listed.stdout)["rows"]} == {"mentors"}
