"""A past day is built from a copy of the log: what others look at stays as it is."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines import past
from pipelines.build import build_home
from pipelines.ingest import ingest_into_home
from warehouse import database, publish
from warehouse.errors import KinkeeperError
from warehouse.operations import open_operations
from warehouse.past_desk import PastDesk
from warehouse.policy import Policy
from warehouse.settings import Settings, load_settings

NOW = dt.datetime(2026, 3, 20, 9, tzinfo=dt.UTC)
THEN = dt.datetime(2026, 1, 31, 23, 59, 59, 999999, tzinfo=dt.UTC)


def accepted(number: int, day: str) -> str:
    line = {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "platform",
        "type": "mentorship.match.accepted.v1",
        "subject": f"relationship/p{number}",
        "time": f"{day}T10:00:00Z",
        "recordedat": f"{day}T10:00:00Z",
        "data": {"mentee_id": f"a{number}", "mentor_id": f"b{number}"},
    }
    return json.dumps(line) + "\n"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with two pairs, of which one was accepted after the day that is looked at."""
    folder = tmp_path_factory.mktemp("past")
    made = replace(load_settings(folder / "home"), policy=Policy(history_days=2))
    dropped = folder / "pairs.ndjson"
    dropped.write_text(accepted(1, "2026-01-02") + accepted(2, "2026-02-20"))
    ingest_into_home(made, [dropped], clock=lambda: NOW)
    build_home(made, clock=lambda: NOW)
    return made


@pytest.fixture
def desk(settings: Settings) -> Iterator[PastDesk]:
    engine = open_operations(settings.operations_url)
    yield PastDesk(engine)
    engine.dispose()


def naive(instant: dt.datetime) -> dt.datetime:
    return instant.replace(tzinfo=None)


def test_a_past_day_is_built_beside_everything_else(settings: Settings, desk: PastDesk) -> None:
    before = publish.current(settings.published), settings.models_file.read_bytes()
    desk.ask(naive(THEN), naive(THEN), "acc")
    (asked,) = desk.open()
    past.build_request(settings, desk, asked)

    done = desk.one(asked.request_id)
    assert done.outcome == "built"
    assert 0 < done.n_done <= done.n_steps
    assert (publish.current(settings.published), settings.models_file.read_bytes()) == before
    (file,) = (settings.published / publish.PAST).glob("*.duckdb")
    with database.open_read_only(file) as con:
        assert con.execute("select pair_id from mart.pair").fetchall() == [("p1",)]
        assert con.execute("select as_of, known_at from ref.run").fetchall() == [(naive(THEN),) * 2]
    assert list(settings.home.glob(f"{past.PREFIX}*")) == []


def test_a_day_before_everything_closes_its_request_with_the_reason(
    settings: Settings, desk: PastDesk
) -> None:
    early = naive(THEN) - dt.timedelta(days=90)
    desk.ask(early, early, "acc")
    (asked,) = desk.open()
    past.build_request(settings, desk, asked)
    outcome = desk.one(asked.request_id).outcome
    assert outcome is not None
    assert "nothing had happened by 2025-11-02" in outcome


def test_a_build_that_died_without_a_word_closes_its_request(
    settings: Settings, desk: PastDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    (settings.home / f"{past.PREFIX}killed").mkdir()
    desk.ask(naive(THEN), naive(THEN) + dt.timedelta(days=1), "acc")
    (asked,) = desk.open()
    past.keep_building(settings, desk, is_over=lambda: not desk.open())
    assert desk.one(asked.request_id).outcome == past.FAILED
    assert list(settings.home.glob(f"{past.PREFIX}*")) == []


def test_what_a_killed_build_left_goes_with_the_next_and_none_runs_beside_another(settings: Settings) -> None:
    (settings.home / f"{past.PREFIX}killed").mkdir()
    with ThreadPoolExecutor() as pool:
        with past.alone(settings.home):
            (settings.home / f"{past.PREFIX}running").mkdir()
            other = pool.submit(past.build_past, settings, THEN, THEN)
            with pytest.raises(TimeoutError):
                other.result(timeout=1)
            assert [path.name for path in settings.home.glob(f"{past.PREFIX}*")] == [f"{past.PREFIX}running"]
        assert other.result(timeout=60).tables["mart.pair"] == 1
    assert list(settings.home.glob(f"{past.PREFIX}*")) == []


def test_a_builder_ends_with_the_server_that_started_it(tmp_path: Path) -> None:
    """Killed outright, a server cannot tell its builder to stop."""
    code = (
        "import subprocess, sys; child = subprocess.Popen([sys.executable, '-m', 'pipelines.past', '--home', "
        "sys.argv[1]]); print(child.pid, flush=True); import time; time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        builder = int(server.stdout.readline())
        while not (tmp_path / ".past.lock").exists():
            time.sleep(0.05)
        server.kill()
    until = time.monotonic() + 30
    while not has_ended(builder) and time.monotonic() < until:
        time.sleep(0.1)
    assert has_ended(builder)


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or waits for nobody but init to collect it."""
    try:
        return "Z (zombie)" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def test_a_home_without_events_has_no_past(tmp_path: Path) -> None:
    empty = load_settings(tmp_path)
    with pytest.raises(KinkeeperError, match="holds no events yet"):
        past.build_past(empty, THEN, THEN)


def test_an_unknown_request_ends_with_one_line(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert past.main(["--home", str(settings.home), "--request", "past_0"]) == 1
    assert "no past day is asked for" in capsys.readouterr().err
