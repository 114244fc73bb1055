"""The command line's contract: JSON shapes, exit codes, one clear error and never a traceback."""

from __future__ import annotations

import datetime as dt
import errno
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from pipelines import cli, console
from pipelines.demo import prepare_demo
from pipelines.sample.planted import PLANTED
from warehouse import database, publish
from warehouse.clock import Clock
from warehouse.settings import load_settings

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(demo_home: Path, tmp_path: Path) -> Path:
    """A copy of the demo's home that a test may change."""
    return Path(shutil.copytree(demo_home, tmp_path / "home"))


def unframed(text: str) -> str:
    """An error as one line, without the frame that wraps it."""
    return " ".join(text.replace("\u2502", " ").split())


def event(number: int, **changes: Any) -> str:
    line = {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "test",
        "type": "mentorship.session.held.v1",
        "subject": "relationship/p1",
        "time": "2026-03-01T10:00:00Z",
        "recordedat": "2026-03-01T11:00:00Z",
        "actorid": "u1",
        "actorrole": "mentee",
        "data": {"session_id": f"s{number}"},
    }
    return json.dumps(line | changes)


def test_ingest_tells_per_file_what_became_of_its_lines(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join([event(1), event(2), event(1), event(3, time="yesterday")]) + "\n")

    code, out, _ = run("ingest", file, "--home", tmp_path / "home", "--json")

    made = json.loads(out)
    assert code == 3
    assert made["events_in_log"] == 2
    assert set(made["files"][0]) == {
        "path",
        "sha256",
        "status",
        "lines_in",
        "accepted",
        "duplicate",
        "quarantined",
    }
    row = made["files"][0]
    assert (row["lines_in"], row["accepted"], row["duplicate"], row["quarantined"]) == (4, 2, 1, 1)


def test_ingesting_the_same_file_again_adds_nothing_and_is_no_failure(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text(event(1) + "\n")
    run("ingest", file, "--home", tmp_path / "home", "--json")

    code, out, _ = run("ingest", file, "--home", tmp_path / "home", "--json")

    made = json.loads(out)
    assert code == 0
    assert made["events_in_log"] == 1
    assert made["files"][0]["status"] == "already_ingested"
    assert made["files"][0]["duplicate"] == 1


def test_build_tells_what_it_published_and_the_same_build_again_has_the_same_marts(
    run: Run, home: Path
) -> None:
    code, out, _ = run("build", "--as-of", "2026-11-01", "--home", home, "--json")

    made = json.loads(out)
    assert code == 0
    assert set(made) == {"build_id", "as_of", "known_at", "policy_fingerprint", "mart_hash", "tables"}
    assert made["as_of"] == "2026-11-01T23:59:59.999999Z"
    assert made["known_at"] == made["as_of"]
    assert made["tables"]["mart.pair"] > 100
    again = run("build", "--as-of", "2026-11-01", "--full", "--home", home, "--json")[1]
    assert json.loads(again) == made


def test_watchlist_has_reasons_and_next_steps(run: Run, demo_home: Path) -> None:
    code, out, _ = run("watchlist", "--home", demo_home, "--json", "--limit", "50")

    made = json.loads(out)
    assert code == 0
    assert set(made) == {"as_of", "known_at", "rows"}
    assert len(made["rows"]) > 10
    for row in made["rows"]:
        assert set(row) == {
            "pair_id",
            "band",
            "state",
            "waiting_on",
            "silence_days",
            "silence_ratio",
            "health",
            "coverage",
            "risk_30d",
            "reason",
            "next_step",
        }
        assert row["reason"]
        assert row["next_step"]


def test_watchlist_says_whose_each_item_is(run: Run, demo_home: Path) -> None:
    printed = run("watchlist", "--home", demo_home)[1]

    assert printed.count("no owner yet") == load_settings(demo_home).policy.attention_budget


def test_watchlist_keeps_to_the_attention_budget(run: Run, demo_home: Path) -> None:
    made = json.loads(run("watchlist", "--home", demo_home, "--json")[1])

    assert len(made["rows"]) == load_settings(demo_home).policy.attention_budget


def test_watchlist_of_a_past_day_leaves_the_publication_alone(run: Run, home: Path) -> None:
    before = publish.current(home / "published")

    made = json.loads(run("watchlist", "--as-of", "2026-06-30", "--home", home, "--json")[1])

    assert made["as_of"] == "2026-06-30T23:59:59.999999Z"
    assert publish.current(home / "published") == before


def test_every_planted_pair_has_its_known_answer(demo_home: Path) -> None:
    columns = sorted({column for planted in PLANTED for column in planted.expected})
    with publish.open_current(demo_home / "published") as con:
        rows = con.execute(f"select pair_id, {', '.join(columns)} from mart.pair").fetchall()
    found = {row[0]: dict(zip(columns, row[1:], strict=True)) for row in rows}

    wrong = {
        (planted.pair_id, column): (found[planted.pair_id][column], value)
        for planted in PLANTED
        for column, value in planted.expected.items()
        if found[planted.pair_id][column] != value
    }
    assert wrong == {}


def test_the_sample_says_on_every_screen_that_it_is_synthetic(demo_home: Path) -> None:
    with publish.open_current(demo_home / "published") as con:
        assert con.execute("select program_label from ref.run").fetchone() == ("Synthetic sample program",)


def test_no_name_or_address_leaves_the_vault(demo_home: Path) -> None:
    files = [path for path in demo_home.rglob("*") if path.is_file() and "operations" not in path.name]
    assert len(files) > 30
    for path in files:
        contents = path.read_bytes()
        assert b"example.invalid" not in contents, path
        assert b"Synthetic Asha" not in contents, path


def test_export_writes_csv_and_json(run: Run, demo_home: Path, tmp_path: Path) -> None:
    target = tmp_path / "pairs.csv"

    code, _, err = run("export", "mart.pair", "--home", demo_home, "--out", target)
    assert code == 0
    assert target.read_text("utf-8").startswith("pair_id,")
    assert "rows of mart.pair" in err

    made = json.loads(run("export", "mart.cohort", "--home", demo_home, "--json")[1])
    assert {row["cohort_id"] for row in made["rows"]} >= {"2025-autumn", "2026-spring", "2026-summer"}


def test_an_export_that_fails_leaves_the_file_of_before(run: Run, demo_home: Path, tmp_path: Path) -> None:
    target = tmp_path / "pairs.csv"
    target.write_text("of last week", "utf-8")

    for table, home in (("mart.nope", demo_home), ("events", tmp_path / "empty")):
        assert run("export", table, "--home", home, "--out", target)[0] == 1

    assert target.read_text("utf-8") == "of last week"
    assert list(tmp_path.glob("*.part")) == []


def test_verify_finds_nothing_in_a_sound_home(run: Run, demo_home: Path) -> None:
    code, out, _ = run("verify", "--home", demo_home, "--json")

    assert (code, json.loads(out)) == (0, {"ok": True, "problems": []})


def test_doctor_says_what_to_do_in_an_empty_home(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("doctor", "--home", tmp_path, "--json")

    findings = {item["what"]: item for item in json.loads(out)["findings"]}
    assert code == 1
    assert findings["Python"]["is_ok"]
    assert findings["event log"]["remedy"] == "kinkeeper ingest PATH"
    assert findings["publication"]["remedy"] == "kinkeeper build"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("watchlist",), 1, "nothing is published"),
        (("build",), 1, "kinkeeper ingest"),
        (("export", "mart.pair"), 1, "nothing is published"),
        (("build", "--as-of", "last week"), 2, "'last week' cannot be read: give a date such as"),
        (("build", "--as-of", ""), 2, "'' cannot be read"),
        (("build", "--as-of", "2026-02-30"), 2, "'2026-02-30' cannot be read"),
        (("watchlist", "--known-at", "1850-01-01"), 2, "'1850-01-01' is out of range"),
        (
            ("build", "--as-of", "2026-03-01T10:00:00"),
            2,
            "'2026-03-01T10:00:00' has a time without an offset",
        ),
        (("sample", "--until", "1 March"), 2, "'1 March' cannot be read: give a date such as 2026-03-01"),
        (("watchlist", "--limit", "0"), 2, "--limit"),
        (("watchlist", "--limit", "9" * 30), 2, "--limit"),
        (("ingest", "no-such-file.csv"), 2, "no-such-file.csv"),
        (("frobnicate",), 2, "frobnicate"),
    ],
)
def test_a_wrong_call_gets_one_clear_error(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    home = () if arguments == ("frobnicate",) else ("--home", str(tmp_path))

    found, out, err = run(*arguments, *home)

    assert found == code
    assert message in unframed(err)
    assert out == ""


def test_a_wrong_policy_is_one_clear_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "program.toml").write_text("attention_budget = 'many'\n")

    code, _, err = run("watchlist", "--home", tmp_path)

    assert code == 1
    assert "attention_budget" in err


def test_the_demo_again_on_the_same_day_changes_nothing(home: Path, clock: Clock) -> None:
    before = publish.current(home / "published")

    prepare_demo(load_settings(home), clock=clock, say=lambda _line: None)

    assert publish.current(home / "published") == before


def test_the_demo_refuses_a_home_with_a_programs_own_data(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text(event(1) + "\n")
    run("ingest", file, "--home", tmp_path / "home")

    code, _, err = run("demo", "--no-serve", "--home", tmp_path / "home")

    assert code == 1
    assert "own data" in err


def test_a_quarantined_line_is_mended_and_comes_back(run: Run, tmp_path: Path) -> None:
    file, home = tmp_path / "events.ndjson", tmp_path / "home"
    file.write_text("\n".join([event(1), event(2, time="2026-03-01T10:00:00"), event(3, type="x")]) + "\n")
    run("ingest", file, "--home", home)

    listed = json.loads(run("quarantine", "list", "--home", home, "--json")[1])["rows"]
    assert [row["code"] for row in listed] == ["time.no_offset", "schema.unknown_type"]
    (tmp_path / "mended.ndjson").write_text(event(2) + "\n")

    code, out, _ = run(
        "quarantine", "redrive", listed[0]["quarantine_id"], "--with", tmp_path / "mended.ndjson",
        "--home", home, "--json",
    )  # fmt: skip
    assert (code, json.loads(out)) == (0, {"redriven": 1, "quarantined": 0})
    assert run("quarantine", "redrive", listed[0]["quarantine_id"], "--home", home)[0] == 1
    assert run("build", "--home", home)[0] == 0

    code, out, _ = run("quarantine", "redrive", "--home", home, "--json")
    assert (code, json.loads(out)) == (3, {"redriven": 0, "quarantined": 1})
    assert json.loads(run("verify", "--home", home, "--json")[1])["ok"]
    with database.open_log(load_settings(home).log_file) as con:
        ledger = con.execute(
            "select lines_in, accepted, quarantined from log.ledger "
            "where source not like 'kinkeeper/%' order by rowid"
        )
        assert ledger.fetchall() == [(3, 2, 1), (0, 0, 0)]
        sent = con.execute("select count(*) from log.typed_event where source not like 'kinkeeper/%'")
        assert sent.fetchall() == [(2,)]


def test_the_list_of_quarantine_shows_no_contents_and_show_does(run: Run, tmp_path: Path) -> None:
    file, home = tmp_path / "events.ndjson", tmp_path / "home"
    file.write_text(event(1, time="yesterday") + "\n")
    run("ingest", file, "--home", home)

    code, listed, _ = run("quarantine", "list", "--home", home, "--json")
    assert code == 0
    assert "yesterday" not in listed

    code, raw, err = run("quarantine", "show", json.loads(listed)["rows"][0]["quarantine_id"], "--home", home)
    assert (code, json.loads(raw)["time"]) == (0, "yesterday")
    assert "time.format" in err


def test_a_file_nobody_can_read_is_turned_away_and_fails_the_call(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("a,b\n1,2\n")

    code, _, err = run("ingest", file, "--home", tmp_path / "home")

    assert code == 1
    assert "needs a mapping" in " ".join(err.split())


def test_a_refused_file_does_not_keep_other_lines_in_quarantine(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (tmp_path / "a.ndjson").write_text("[" + event(1) + "]\n")
    (tmp_path / "b.ndjson").write_text(event(2, time="2026-03-01T10:00:00") + "\n")
    assert run("ingest", tmp_path / "a.ndjson", tmp_path / "b.ndjson", "--home", home)[0] == 3

    code, out, _ = run("quarantine", "redrive", "--home", home, "--json")
    assert (code, json.loads(out)) == (3, {"redriven": 0, "quarantined": 1})

    listed = json.loads(run("quarantine", "list", "--home", home, "--json")[1])["rows"]
    refused = next(row["quarantine_id"] for row in listed if row["code"] == "json.not_lines")
    code, _, err = run("quarantine", "redrive", refused, "--home", home)
    assert code == 1
    assert "ingest it again" in err


def test_an_empty_folder_is_said_to_be_empty(run: Run, tmp_path: Path) -> None:
    (tmp_path / "drops").mkdir()

    code, out, _ = run("ingest", tmp_path / "drops", "--home", tmp_path / "home")

    assert code == 0
    assert "No file waits there" in out


def test_a_day_before_the_first_event_is_refused_and_the_publication_stays(run: Run, home: Path) -> None:
    before = publish.current(home / "published")

    for command in ("build", "watchlist"):
        code, out, err = run(command, "--as-of", "2001-01-01", "--home", home)
        assert (code, out) == (1, "")
        assert "nothing had happened by 2001-01-01: the first event is of 2025-10-" in err
        code, out, err = run(command, "--known-at", "2001-01-01", "--home", home)
        assert (code, out) == (1, "")
        assert "Choose a later --known-at" in err

    assert publish.current(home / "published") == before


def test_a_day_that_has_not_come_is_built_with_a_warning(run: Run, tmp_path: Path) -> None:
    (tmp_path / "events.ndjson").write_text(event(1) + "\n")
    run("ingest", tmp_path / "events.ndjson", "--home", tmp_path / "home")

    code, _, err = run("build", "--as-of", "2150-01-01", "--home", tmp_path / "home")

    assert code == 0
    assert "--as-of lies in the future (1 Jan 2150" in err


def test_a_watchlist_names_the_late_feed_and_calls_nobody_calm(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    pairs = [event(at, subject=f"relationship/p{at % 3}") for at in range(6)]
    (tmp_path / "events.ndjson").write_text("\n".join(pairs) + "\n")
    run("ingest", tmp_path / "events.ndjson", "--home", home)
    run("build", "--as-of", "2026-11-01", "--home", home)

    code, out, err = run("watchlist", "--home", home)

    assert code == 0
    assert "3 pairs cannot be judged: the feed test is late, nothing since 1 Mar 2026" in err
    assert out.startswith("No pair can be judged yet, as of 1 Nov 2026")
    assert "cannot be judged" in run("watchlist", "--home", home, "--json")[2]


def test_square_brackets_are_printed_as_they_are(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "[red]events[1].ndjson"
    file.write_text(event(1) + "\n")

    code, out, err = run("ingest", file, "--home", tmp_path / "[bold]home")
    assert code == 0
    assert "[red]events[1].ndjson" in "".join(out.split())
    assert "[bold]home" in err

    _, _, err = run("watchlist", "--home", tmp_path / "[bold]home")
    assert "[bold]home" in err


def test_ingest_says_where_in_this_home_quarantined_lines_are_seen(run: Run, tmp_path: Path) -> None:
    (tmp_path / "events.ndjson").write_text("no event\n")
    _, out, _ = run("ingest", tmp_path / "events.ndjson", "--home", tmp_path / "other")
    assert f"kinkeeper quarantine list --home {tmp_path / 'other'} shows them" in out


def test_ingest_names_the_next_command_as_it_was_typed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "events.ndjson").write_text(event(1) + "\n")
    typed = tmp_path / "bin" / "kinkeeper"
    typed.parent.mkdir()
    typed.touch(mode=0o755)

    _, _, err = run("ingest", tmp_path / "events.ndjson", "--home", tmp_path / "other")
    assert f"Next: kinkeeper build --home {tmp_path / 'other'}" in err

    monkeypatch.setattr("sys.argv", [str(typed)])
    assert console.typeable("run `kinkeeper build`") == f"run `{typed} build`"
    monkeypatch.setenv("PATH", str(typed.parent))
    assert console.typeable("run `kinkeeper build`") == "run `kinkeeper build`"
    assert console.typeable("Kinkeeper is ready, see .venv/bin/kinkeeper doctor") == (
        "Kinkeeper is ready, see .venv/bin/kinkeeper doctor"
    )


def test_the_version_is_told(run: Run) -> None:
    code, out, _ = run("--version")

    assert code == 0
    assert re.fullmatch(r"Kinkeeper \d+\.\d+\.\d+\S*\n", out)


@pytest.mark.parametrize(
    ("out", "message"),
    [("missing/pairs.csv", "make that folder first"), (".", "that is a folder: name a file")],
)
def test_a_bad_place_for_an_export_is_one_clear_error(
    run: Run, demo_home: Path, tmp_path: Path, out: str, message: str
) -> None:
    code, _, err = run("export", "mart.pair", "--home", demo_home, "--out", tmp_path / out)

    assert code == 1
    assert message in err
    assert "unexpected" not in err


@pytest.mark.parametrize("contents", ["", "{", "[]", "{}", '{"build_id": 1}'])
def test_a_damaged_pointer_is_one_clear_error_and_a_build_mends_it(
    run: Run, home: Path, contents: str
) -> None:
    (home / "published" / publish.POINTER).write_text(contents)

    code, _, err = run("watchlist", "--home", home)
    assert code == 1
    assert "current.json is damaged: run `kinkeeper build`" in err


def test_a_publication_that_is_gone_is_one_clear_error(run: Run, home: Path) -> None:
    named = publish.current(home / "published")
    (home / "published" / named.file).unlink()

    code, _, err = run("watchlist", "--home", home)
    assert code == 1
    assert f"{named.file}, which is gone: run `kinkeeper build`" in err


def test_a_home_nobody_may_write_to_is_one_clear_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/srv/kinkeeper")

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)

    code, _, err = run("build", "--home", "/srv/kinkeeper")
    assert code == 1
    assert "/srv/kinkeeper: make it writable for this user" in err


def test_a_second_sample_does_not_land_beside_the_first(run: Run, tmp_path: Path) -> None:
    assert run("sample", "--until", "2026-01-01", "--home", tmp_path / "home", "--json")[0] == 0
    files = sorted((tmp_path / "home" / "inbox").rglob("*.*"))

    code, _, err = run("sample", "--until", "2026-02-01", "--home", tmp_path / "home")
    assert code == 1
    assert "holds the sample until 2026-01-01 of seed 7" in err
    assert run("sample", "--until", "2026-01-01", "--home", tmp_path / "home")[0] == 0
    assert sorted((tmp_path / "home" / "inbox").rglob("*.*")) == files


def test_the_sample_lives_apart_from_a_programs_own_data(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINKEEPER_HOME", str(tmp_path / "var"))

    run("sample", "--until", "2026-01-01")

    assert (tmp_path / "var" / "demo" / "inbox" / "platform").is_dir()
    assert not (tmp_path / "var" / "inbox").exists()


def test_the_demo_on_a_later_day_shows_the_day_its_sample_was_fresh(home: Path, clock: Clock) -> None:
    said: list[str] = []

    prepare_demo(load_settings(home), clock=lambda: clock() + dt.timedelta(days=40), say=said.append)

    made = publish.current(home / "published")
    assert made.as_of == "2026-11-24T23:59:59Z"
    assert made.tables["mart.listed"] > 20
    assert "as of 2026-11-24, when this sample ended" in said[-1]
    assert any("as before" in line for line in said)


def test_a_damaged_note_of_the_sample_is_one_clear_error(run: Run, home: Path) -> None:
    (home / "sample.json").write_text('{"until": "soon"}')

    code, _, err = run("demo", "--no-serve", "--home", home)
    assert code == 1
    assert "sample.json is damaged" in err


def test_what_sqlite_says_where_it_has_no_room_for_its_shared_memory_is_a_clear_error() -> None:
    error = OperationalError("insert", {}, sqlite3.OperationalError("disk I/O error"))
    assert cli._in_words(error).startswith("the disk is full, or it fails: make room")
