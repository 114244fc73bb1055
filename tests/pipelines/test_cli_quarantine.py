"""`kinkeeper quarantine`: what it prints can be copied, and no line is lost by a slip of the hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from warehouse.operations import open_operations
from warehouse.requests import Requests, Target
from warehouse.settings import load_settings

Run = Callable[..., tuple[int, str, str]]


def event(number: int, **changes: Any) -> str:
    line = {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "test",
        "type": "mentorship.session.held.v1",
        "subject": "relationship/p1",
        "time": "2026-03-01T10:00:00Z",
        "data": {"session_id": f"s{number}"},
    }
    return json.dumps(line | changes) + "\n"


@pytest.fixture
def held(run: Run, tmp_path: Path) -> list[str]:
    """Two held lines, without an offset and of an unknown type, in a file with an awkward name; their ids."""
    file = tmp_path / "a [bold]name[end] \x1b[31m.ndjson"
    file.write_text(event(1) + event(2, time="2026-03-01T10:00:00") + event(3, type="x"))
    assert run("ingest", file)[0] == 3
    return [row["quarantine_id"] for row in rows(run)]


def rows(run: Run, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("quarantine", "list", "--json", *options)[1])["rows"]
    return found


def test_ids_are_whole_and_names_are_as_they_are(run: Run, held: list[str]) -> None:
    code, out, _ = run("quarantine", "list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[::2]] == held
    assert "a [bold]name[end] �[31m.ndjson, line 2" in out
    assert "\x1b" not in out


def test_a_reason_that_nothing_is_held_for_is_told_with_those_there_are(run: Run, held: list[str]) -> None:
    assert held
    code, out, _ = run("quarantine", "list", "--code", "nope")
    assert (code, out) == (
        0,
        "No open line has code nope; codes in quarantine: schema.unknown_type, time.no_offset.\n",
    )


def test_an_empty_quarantine_is_said_to_be_empty(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(event(1))
    run("ingest", tmp_path / "a.ndjson")
    assert run("quarantine", "list")[1] == "Nothing is in quarantine.\n"


def test_a_pair_nobody_announced_is_listed_with_what_to_do(run: Run, tmp_path: Path) -> None:
    people = {"mentee_id": "a", "mentor_id": "b"}
    match = {"type": "mentorship.match.accepted.v1", "data": people, "recordedat": "2026-03-01T12:00:00Z"}
    stranger = {"subject": "relationship/p2", "recordedat": "2026-03-01T12:00:00Z"}
    (tmp_path / "a.ndjson").write_text(event(1, **match) + event(2, **stranger))
    run("ingest", tmp_path / "a.ndjson")
    assert run("quarantine", "list")[1] == "Nothing is in quarantine.\n"
    assert run("build", "--as-of", "2026-03-20")[0] == 0
    listed = run("quarantine", "list")[1]
    assert listed.startswith("p2  ref.unknown\n    1 event waits, from test, since 2026-03-01\n")
    assert "Announce the pair" in listed
    told = json.loads(run("quarantine", "list", "--json", "--code", "ref.unknown")[1])
    assert [(row["pair_id"], row["n_events"]) for row in told["parked"]] == [("p2", 1)]
    assert json.loads(run("quarantine", "list", "--json", "--code", "ref.pending")[1])["parked"] == []
    assert run("quarantine", "redrive", "--code", "ref.unknown")[0] == 2
    assert "1 ref.unknown" in run("doctor", "--json")[1]
    assert run("verify")[0] == 0


def test_the_line_of_another_loses_nothing(run: Run, held: list[str], tmp_path: Path) -> None:
    (tmp_path / "wrong.ndjson").write_text(event(1))
    code, _, err = run("quarantine", "redrive", held[0], "--with", tmp_path / "wrong.ndjson")
    assert code == 1
    assert "is in the log already" in err
    assert f"quarantine waive {held[0]}" in err
    assert [row["quarantine_id"] for row in rows(run)] == held


def test_a_folder_is_no_corrected_line(run: Run, held: list[str], tmp_path: Path) -> None:
    code, _, err = run("quarantine", "redrive", held[0], "--with", tmp_path)
    assert code == 2
    assert "directory" in err
    assert "unexpected" not in err


def test_a_corrected_line_that_cannot_be_read_is_one_clear_error(
    run: Run, held: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mended.ndjson"
    file.write_text(event(2))

    def refuse(_path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    code, _, err = run("quarantine", "redrive", held[0], "--with", file)
    assert code == 1
    assert "cannot be read: Permission denied" in " ".join(err.split())
    assert "unexpected" not in err


def test_why_a_line_is_still_held_back_is_told(run: Run, held: list[str]) -> None:
    code, out, err = run("quarantine", "redrive", held[0])
    assert (code, out) == (3, "0 lines left quarantine, 1 is still held back.\n")
    assert "line 2: time.no_offset in time" in err


def test_a_line_is_waived_with_a_reason_that_is_kept(run: Run, held: list[str]) -> None:
    assert run("quarantine", "waive", held[0])[0] == 2
    assert run("quarantine", "waive", held[0], "--reason", " ")[0] == 1
    assert run("quarantine", "waive", "--reason", "a test")[0] == 2
    assert run("quarantine", "waive", held[0], "--reason", "a test")[1] == "1 line is waived.\n"
    assert [row["quarantine_id"] for row in rows(run)] == held[1:]
    assert [row["status"] for row in rows(run, "--all")] == ["waived", "open"]
    assert "waived: a test" in run("quarantine", "show", held[0])[2]
    assert run("verify")[0] == 0


def test_a_refused_file_says_why_again_and_is_waived_when_it_came_mended(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "b.ndjson"
    file.write_text("[" + event(1).strip() + "]\n")
    first, again = run("ingest", file)[1], run("ingest", file)[1]
    assert "json.not_lines" in "".join(first.split())
    assert "json.not_lines" in "".join(again.split())
    file.write_text(event(1))
    assert run("ingest", file)[0] == 0

    listed = run("quarantine", "list")[1]
    file_id = rows(run)[0]["file_id"]
    assert "the whole of b.ndjson" in listed
    assert "a later file of this name was accepted on" in listed
    assert f"quarantine waive --file {file_id}" in listed
    code, out, _ = run("quarantine", "waive", "--file", file_id, "--reason", "mended and sent again")
    assert (code, out) == (0, "1 line is waived.\n")
    assert rows(run) == []


def test_what_was_asked_for_on_the_screen_is_done_at_once(run: Run, held: list[str], tmp_path: Path) -> None:
    engine = open_operations(load_settings(tmp_path / "home").operations_url)
    Requests(engine).waive(Target("line", held[1]), "a test")
    engine.dispose()
    assert run("quarantine", "redrive", held[0], "--requested")[0] == 2
    code, out, _ = run("quarantine", "redrive", "--requested")
    assert (code, out) == (0, f"waive line {held[1]}: 1 line waived\n")
    assert run("quarantine", "redrive", "--requested")[1] == "Nothing was asked for.\n"
    told = json.loads(run("quarantine", "redrive", "--requested", "--json")[1])
    assert told == {"requests": [], "answers": []}


def test_a_build_does_what_was_asked_for_on_the_screen(run: Run, held: list[str], tmp_path: Path) -> None:
    engine = open_operations(load_settings(tmp_path / "home").operations_url)
    Requests(engine).correct(held[0], rows(run)[0]["file_id"], event(2))
    engine.dispose()
    assert run("build")[0] == 0
    assert [row["status"] for row in rows(run, "--all")] == ["redriven", "open"]
    exported = run("export", "mart.quarantine_line")[1].splitlines()
    assert len(exported) == 2
    assert held[1] in exported[1]
