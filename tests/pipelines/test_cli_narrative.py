"""`kinkeeper narrative`: own words of a report on the command line; and the press that makes reports."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipelines import press
from pipelines.cli import app
from pipelines.quarterly import requests
from warehouse.errors import HomeBusy
from warehouse.operations import open_operations
from warehouse.report_desk import ReportDesk
from warehouse.settings import Settings, load_settings

Q3 = ["--quarter", "2026Q3"]


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Any]:
    def call(*words: str, said: str | None = None) -> Any:
        return CliRunner().invoke(app, ["narrative", *words, "--home", str(tmp_path)], input=said)

    return call


def words(run: Callable[..., Any], *more: str) -> dict[str, str | None]:
    shown = json.loads(run("show", *Q3, *more, "--json").stdout)
    return {row["section"]: row["words"] for row in shown["rows"] if row["words"]}


def test_words_are_kept_shown_and_forgotten(run: Callable[..., Any]) -> None:
    assert run("write", "plan", *Q3, "--text", "Call every pair.").exit_code == 0
    assert run("write", "answer", *Q3, "--file", "-", "--program", "north", said="It works.").exit_code == 0
    assert words(run) == {"plan": "Call every pair."}
    assert words(run, "--program", "north") == {"plan": "Call every pair.", "answer": "It works."}
    assert run("forget", "plan", *Q3).exit_code == 0
    assert words(run) == {}


def test_words_need_a_section_a_quarter_and_one_source(run: Callable[..., Any], tmp_path: Path) -> None:
    assert run("write", "plan", "--quarter", "summer", "--text", "x").exit_code == 2
    assert run("write", "plan", *Q3).exit_code == 2
    assert run("write", "plan", *Q3, "--text", "x", "--file", str(tmp_path / "none")).exit_code == 2


@pytest.mark.parametrize(("data", "why"), [(b"\x8e\xff", "no UTF-8 text"), (None, "cannot be read")])
def test_a_file_that_holds_no_words_is_one_clear_error(
    run: Callable[..., Any], tmp_path: Path, data: bytes | None, why: str
) -> None:
    file = tmp_path / "plan.txt"
    if data is not None:
        file.write_bytes(data)
    refused = run("write", "plan", *Q3, "--file", str(file))
    assert refused.exit_code == 2
    assert why in " ".join(refused.output.replace("│", "").split())
    assert words(run) == {}


# --- the press


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(tmp_path)


@pytest.fixture
def desk(settings: Settings) -> ReportDesk:
    desk = ReportDesk(open_operations(settings.operations_url))
    desk.ask("2026Q3", "sponsor")
    return desk


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def make(*_args: Any, **_more: Any) -> None:
        raise error

    monkeypatch.setattr(requests, "make_report", make)


def test_a_request_waits_while_the_home_is_being_written(
    settings: Settings, desk: ReportDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, HomeBusy("busy"))
    press.print_waiting(settings, desk)
    assert len(desk.open()) == 1


def test_what_breaks_is_closed_and_said_so(
    settings: Settings, desk: ReportDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, RuntimeError("a secret"))
    press.print_waiting(settings, desk)
    (closed,) = desk.closed(9)
    assert closed.outcome == "not made: an unexpected error, which the server's log tells of"


def test_a_report_that_cannot_be_made_says_why(settings: Settings, desk: ReportDesk) -> None:
    press.print_waiting(settings, desk)
    (closed,) = desk.closed(9)
    assert (closed.outcome or "").startswith("not made: ")
    assert "holds no events yet" in (closed.outcome or "")
