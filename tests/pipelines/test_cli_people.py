"""`kinkeeper people`: from a report that names strangers to its rows in the log, with nothing lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.ingest.archive import read_archived
from pipelines.ingest.home import open_home
from warehouse.database import writer_lock
from warehouse.settings import load_settings
from warehouse.verify import verify

Run = Callable[..., tuple[int, str, str]]

ROSTER = """
[source]
name = "hr"
format = "csv"

[[event]]
type = "participant.registered"
id = "{id}"
time = "at"
data = {person_id = "id", role = "role", name = "name", email = "email"}
"""
PEOPLE = (
    "id,at,role,name,email\n"
    "a1,2026-01-01T00:00:00Z,mentor,Ana Roe,ana@example.org\n"
    "b1,2026-01-01T00:00:00Z,mentee,Bea Ortiz,bea@example.org\n"
)
PAIR = {
    "specversion": "1.0",
    "source": "hr",
    "id": "p",
    "type": "mentorship.match.accepted.v1",
    "subject": "relationship/p",
    "time": "2026-02-01T00:00:00Z",
    "data": {"mentor_id": "a1", "mentee_id": "b1"},
}
REPORT = """
[source]
name = "report"
format = "csv"
people = "known"

[[event]]
type = "session.held"
id = "{meeting}"
time = "at"
pair = {people = ["host", "guest"]}
data = {session_id = "meeting", minutes = "minutes"}
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A roster with its pair, and a report that calls the mentee by an address nobody knows."""
    texts = {
        "hr.toml": ROSTER,
        "hr.csv": PEOPLE,
        "pair.ndjson": json.dumps(PAIR) + "\n",
        "report.toml": REPORT,
        "report.csv": "meeting,at,host,guest,minutes\n"
        "m1,2026-03-01T10:00:00Z,ana@example.org,bea.private@example.net,30\n"
        "m2,2026-03-08T10:00:00Z,ana@example.org,bea.private@example.net,30\n"
        "m3,2026-03-09T10:00:00Z,ana@example.org,bot@example.net,30\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def reported(run: Run, files: Path) -> list[dict[str, Any]]:
    """The strangers of the report, after everything was ingested."""
    assert run("ingest", files / "hr.csv", "--mapping", files / "hr.toml")[0] == 0
    assert run("ingest", files / "pair.ndjson")[0] == 0
    assert run("ingest", files / "report.csv", "--mapping", files / "report.toml")[0] == 3
    return waiting(run)


def waiting(run: Run, *options: str) -> list[dict[str, Any]]:
    code, out, _ = run("people", "waiting", "--json", *options)
    assert code == 0
    found: list[dict[str, Any]] = json.loads(out)["rows"]
    return found


def test_strangers_are_listed_without_what_they_are_called(run: Run, reported: list[dict[str, Any]]) -> None:
    assert [(one["n_rows"], one["sources"], one["given"]) for one in reported] == [
        (2, ["report"], None),
        (1, ["report"], None),
    ]
    code, out, _ = run("people", "waiting")
    assert code == 0
    assert "example.net" not in out
    assert f"{reported[0]['waiting_id']}  an address is known to nobody\n    2 rows wait from report" in out
    assert "bea.private@example.net is known to nobody" in run("people", "waiting", "--names")[1]


def test_every_row_finds_its_way_and_the_home_stays_sound(
    run: Run, reported: list[dict[str, Any]], tmp_path: Path
) -> None:
    bea, bot = (one["waiting_id"] for one in reported)
    assert run("people", "resolve", bea, "BEA@example.org")[1] == f"link {bea}: 2 rows left quarantine\n"
    assert run("people", "ignore", bot, "--reason", "a bot")[1] == f"ignore {bot}: 1 row waived\n"
    assert waiting(run) == []
    assert run("people", "waiting")[1].startswith("Nobody is asked about")
    assert [one["status"] for one in waiting(run, "--all")] == ["ignored", "linked"]
    assert verify(load_settings(tmp_path / "home")) == []


def test_a_second_answer_is_refused_until_the_first_is_taken_back(
    run: Run, reported: list[dict[str, Any]]
) -> None:
    bot = reported[1]["waiting_id"]
    assert run("people", "create", bot)[0] == 0
    assert "answered already" in run("people", "create", bot)[1]
    assert "it is asked again" in run("people", "undo", bot)[1]
    assert run("people", "ignore", bot, "--reason", "a bot")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("resolve", "who_0", "ana@example.org"), "nobody is asked about as 'who_0'"),
        (("resolve", "ID", "nobody@example.org"), "nobody in the vault is called so"),
        (("ignore", "ID", "--reason", " "), "say why"),
    ],
)
def test_a_slip_of_the_hand_changes_nothing(
    run: Run, reported: list[dict[str, Any]], arguments: tuple[str, ...], said: str
) -> None:
    named = [reported[0]["waiting_id"] if word == "ID" else word for word in arguments]
    code, _, err = run("people", *named)
    assert code == 1
    assert said in err
    assert waiting(run) == reported


def test_an_erased_person_leaves_no_trace_of_what_they_were_called(
    run: Run, reported: list[dict[str, Any]], tmp_path: Path
) -> None:
    run("people", "resolve", reported[0]["waiting_id"], "b1")
    by_name = tmp_path / "named.toml"
    by_name.write_text(REPORT.replace('"guest"', '{name = "guest"}').replace('"report"', '"named"'))
    named = tmp_path / "named.csv"
    named.write_text(
        "meeting,at,host,guest,minutes\n"
        "n1,2026-03-01T10:00:00Z,ana@example.org,B. Ortizova,30\n"
        'n2,2026-03-08T10:00:00Z,ana@example.org,"ORTIZOVA, B.",30\n'
    )
    run("ingest", named, "--mapping", by_name)
    (stranger,) = [one for one in waiting(run) if one["kind"] == "name"]
    assert run("people", "resolve", stranger["waiting_id"], "b1")[1].endswith("2 rows left quarantine\n")
    store = tmp_path / "home" / "operations.sqlite"
    assert b"bea.private" in store.read_bytes()
    assert run("erase", "b1", "--yes")[0] == 0
    words = (b"bea.private", b"Bea Ortiz", b"rtizova", b"ORTIZOVA")
    kept = [path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert not any(word in content for content in kept for word in words)
    settings = load_settings(tmp_path / "home")
    with writer_lock(settings.home), open_home(settings) as home:
        landed = [
            b"".join(read_archived(settings, home.vault, file_id))
            for (file_id,) in home.log.con.execute(
                "select file_id from log.ledger where source = 'named'"
            ).fetchall()
            if (settings.archive / file_id).exists()
        ]
    assert landed
    assert not any(word in content for content in landed for word in words)
    assert verify(load_settings(tmp_path / "home")) == []
