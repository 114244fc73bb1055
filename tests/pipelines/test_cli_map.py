"""`kinkeeper map`: it shows, asks and writes, and ingests nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.ingest import presets

Run = Callable[..., tuple[int, str, str]]
FIXTURES = Path(__file__).parent / "ingest" / "fixtures"
RECOGNISED = [
    next(path for path in sorted(tool.iterdir()) if presets.recognise(path) is not None)
    for tool in sorted(FIXTURES.iterdir())
    if any(presets.recognise(path) is not None for path in tool.iterdir())
]
"""One export of each tool that is known by what it looks like."""

PAIRS = (
    "Start date,Mentor email,Mentee email\n"
    "01/02/2026,ana@example.org,bo@example.org\n03/04/2026,ana@example.org,cy@example.org\n"
)
MEETINGS = (
    "Meeting,When,Mentor email,Mentee email,Minutes\n"
    "m1,2026-03-01T10:00:00Z,ana@example.org,bo@example.org,30\n"
    "m2,2026-04-05T10:00:00Z,ana@example.org,stranger@example.org,30\n"
)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    file = tmp_path / "pairs.csv"
    file.write_text(PAIRS)
    return file


def test_what_the_file_does_not_settle_is_asked_where_nobody_can_answer(run: Run, pairs: Path) -> None:
    code, out, err = run("map", pairs)
    assert (code, out) == (2, "")
    assert "Give --date-order dmy or mdy." in err
    assert "Give --zone ZONE." in err
    code, out, _ = run("map", pairs, "--json")
    assert code == 2
    asked: list[dict[str, Any]] = json.loads(out)["questions"]
    assert [(one["option"], one["choices"]) for one in asked] == [
        ("--date-order", ["dmy", "mdy"]),
        ("--zone", []),
    ]


def test_an_export_we_know_is_tried_with_the_people_of_the_home(run: Run, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text(
        "Email,Name,Role,Joined\nmo.mentor@example.org,Mo Mentor,Mentor,2026-09-01\n"
        "ana.mentee@example.org,Ana Mentee,Mentee,2026-09-01\n"
    )
    matched = tmp_path / "matched.csv"
    matched.write_text("Mentor,Mentee,Started\nmo.mentor@example.org,ana.mentee@example.org,2026-09-01\n")
    _, _, err = run("map", people, "--zone", "UTC")
    assert "try --preset roster-by-email" in " ".join(err.split())
    assert run("ingest", people, "--mapping", "roster-by-email", "--encoding", "windows-1252")[0] == 0
    assert run("ingest", matched, "--mapping", "pairs")[0] == 0
    _, _, err = run("map", FIXTURES / "zoom" / "unique-users.csv", "--zone", "UTC")
    assert "2 rows would become 1 session.held; 0 held back." in err
    assert "Ana" not in err


def test_from_a_strange_file_to_events_in_the_log(run: Run, pairs: Path, tmp_path: Path) -> None:
    toml = tmp_path / "pairs.toml"
    code, out, err = run("map", pairs, "--date-order", "dmy", "--zone", "UTC", "--out", toml)
    assert (code, out) == (0, "")
    assert "2 rows would become 2 match.accepted; 0 held back." in err
    assert not (tmp_path / "home" / "warehouse").exists()
    assert run("ingest", pairs, "--mapping", toml)[0] == 0
    meetings = tmp_path / "meetings.csv"
    meetings.write_text(MEETINGS)
    told: dict[str, Any] = json.loads(run("map", meetings, "--json")[1])
    assert told["reads_as"] == "sessions"
    assert told["preview"]["by_type"] == {"session.held": 2}
    assert told["preview"]["waiting"] == 1
    assert told["columns"][2] == {"name": "Mentor email", "holds": "address", "becomes": "one of the pair"}
    (tmp_path / "meetings.toml").write_text(told["toml"])
    code, out, _ = run("ingest", meetings, "--mapping", tmp_path / "meetings.toml", "--json")
    assert code == 3
    assert json.loads(out)["files"][0]["accepted"] == 1


def test_nothing_is_wider_than_a_terminal_of_80(run: Run, pairs: Path) -> None:
    err = run("map", pairs, "--date-order", "dmy", "--zone", "UTC")[2]
    assert max(map(len, err.splitlines())) <= 80


def test_nothing_is_overwritten(run: Run, pairs: Path) -> None:
    code, _, err = run("map", pairs, "--date-order", "dmy", "--zone", "UTC", "--out", pairs)
    assert code == 1
    assert "nothing is overwritten" in err
    assert pairs.read_text() == PAIRS


def test_the_zone_of_the_program_is_taken_where_it_says_one_and_said(
    run: Run, pairs: Path, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "program.toml").write_text('time_zone = "Europe/London"\n')
    _, out, err = run("map", pairs, "--date-order", "dmy")
    assert "the program's zone" in err
    assert 'zone = "Europe/London"' in out


@pytest.mark.parametrize("file", RECOGNISED, ids=lambda path: path.parent.name)
def test_exports_of_known_tools_are_recognised(run: Run, file: Path) -> None:
    known = presets.recognise(file)
    assert known is not None
    told: dict[str, Any] = json.loads(run("map", file, "--zone", "UTC", "--json")[1])
    assert told["preset"] == known.source.name
    assert f'preset = "{known.source.name}"' in told["toml"]
    assert told["trouble"] is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "file.empty"),
        (b"%PDF", "file.type_mismatch"),
        (b'{"specversion": "1.0", "id": "e"}\n', "name the file .ndjson"),
    ],
)
def test_what_is_no_table_is_an_error_with_a_reason(
    run: Run, tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(content)
    code, _, err = run("map", file)
    assert code == 1
    assert said in err


def test_our_own_events_need_no_mapping(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.ndjson"
    file.write_text('{"specversion": "1.0", "id": "e"}\n')
    code, _, err = run("map", file)
    assert code == 1
    assert "ingest it as it is" in err
