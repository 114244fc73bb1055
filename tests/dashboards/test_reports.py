"""The reports screen: who reads what, what is asked for, words of one's own, files that no path can leave."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from dashboards import access
from dashboards.reports import quarters_over
from warehouse.accounts import ROLES, Caller
from warehouse.editions import MANIFEST, MODEL, File, Manifest, Origin
from warehouse.operations import open_operations, sqlite_url
from warehouse.report_desk import ReportDesk

PAGE = b"<!DOCTYPE html><title>A report</title>"
MODEL_BYTES = msgspec.json.encode(
    {"answer": "It works.", "sections": [{"key": "plan", "blocks": [{"kind": "draft", "text": "Go on."}]}]}
)


def publish(
    home: Path, audience: str, program: str = "sample", edition: int = 1, programs: tuple[str, ...] = ()
) -> Path:
    """An edition with one file, as `kinkeeper report` leaves it."""
    folder = home / "reports" / "2026Q3" / f"{program}-{audience}-{edition}"
    folder.mkdir(parents=True)
    origin = Origin(
        "2026Q3",
        program,
        audience,
        "2026-09-30T23:59:59Z",
        "2026-11-20T09:00:00Z",
        "f",
        9,
        "h",
        "m",
        "1",  # type: ignore[arg-type]
        programs,
    )
    name = f"{program}-{audience}.html"
    manifest = Manifest(
        edition,
        origin,
        {},
        hashlib.sha256(MODEL_BYTES).hexdigest(),
        (File(name, hashlib.sha256(PAGE).hexdigest()),),
    )
    (folder / name).write_bytes(PAGE)
    (folder / MODEL).write_bytes(MODEL_BYTES)
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    return folder / name


@pytest.fixture
def home(tmp_path: Path, published: Any) -> Path:
    published.write_publication(tmp_path)
    return tmp_path


@pytest.fixture
def engine(home: Path) -> Iterator[sa.Engine]:
    engine = open_operations(sqlite_url(home / "operations.sqlite"))
    yield engine
    engine.dispose()


def as_role(monkeypatch: pytest.MonkeyPatch, role: str, programs: tuple[str, ...] | None = None) -> None:
    who = Caller("acc_1", role, ROLES[role], programs)
    for module in ("access", "reports", "screen"):
        monkeypatch.setattr(f"dashboards.{module}.caller", lambda: who)


def test_without_a_report_the_screen_says_how_to_make_one(
    home: Path, make_screens: Callable[..., Any]
) -> None:
    words = make_screens(home).words("reports")
    assert "No report has been published yet." in words
    assert "kinkeeper report --quarter 2026Q3" in words


def test_every_edition_is_listed_with_its_snapshot_and_its_files(
    home: Path, make_screens: Callable[..., Any]
) -> None:
    publish(home, "sponsor")
    drawn = make_screens(home).draw("reports")
    assert "Q3 2026" in drawn
    assert "/reports/files/2026Q3/sample-sponsor-1/sample-sponsor.html" in drawn


def test_a_file_is_given_as_it_was_frozen_and_never_after_a_change(
    home: Path, make_screens: Callable[..., Any]
) -> None:
    path = publish(home, "sponsor")
    screens = make_screens(home)
    address = f"/reports/files/2026Q3/sample-sponsor-1/{path.name}"
    assert screens.get(address).data == PAGE
    path.write_bytes(PAGE + b"!")
    assert screens.get(address).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "2026Q3/sample-sponsor-1/manifest.json",
        "2026Q3/sample-sponsor-1/report.json",
        "2026Q3/sample-sponsor-1/..%2f..%2f..%2foperations.sqlite",
        "2026Q3/..%2f..%2f../operations.sqlite",
        "2026Q4/sample-sponsor-1/sample-sponsor.html",
    ],
)
def test_no_other_file_can_be_asked_for(home: Path, make_screens: Callable[..., Any], address: str) -> None:
    publish(home, "sponsor")
    answer = make_screens(home).get(f"/reports/files/{address}")
    assert answer.status_code == 404 or answer.data.startswith(b"<!DOCTYPE html>\n<html")
    assert b"SQLite format" not in answer.data


def test_a_cohort_viewer_reads_sponsors_reports_of_their_programs_only(
    home: Path, make_screens: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for audience, program in (("sponsor", "sample"), ("internal", "sample"), ("sponsor", "other")):
        publish(home, audience, program)
    screens = make_screens(home)
    as_role(monkeypatch, "cohort_viewer", ("sample",))
    files = "/reports/files/2026Q3"
    assert screens.get(f"{files}/sample-sponsor-1/sample-sponsor.html").status_code == 200
    assert screens.get(f"{files}/sample-internal-1/sample-internal.html").status_code == 404
    assert screens.get(f"{files}/other-sponsor-1/other-sponsor.html").status_code == 404
    assert access.caller().role == "cohort_viewer"


def test_a_report_asked_for_twice_waits_once(engine: sa.Engine) -> None:
    desk = ReportDesk(engine, lambda: dt.datetime(2026, 11, 24, tzinfo=dt.UTC))
    desk.ask("2026Q3", "sponsor")
    desk.ask("2026Q3", "sponsor")
    desk.ask("2026Q3", "internal")
    waiting = {each.audience: each for each in desk.open()}
    assert set(waiting) == {"sponsor", "internal"}
    desk.finish(waiting["sponsor"].request_id, "edition 1 is there")
    assert [each.outcome for each in desk.closed(9)] == ["edition 1 is there"]
    desk.ask("2026Q3", "sponsor")
    assert len(desk.open()) == 2


def test_programs_are_asked_for_apart_and_all_together(engine: sa.Engine) -> None:
    desk = ReportDesk(engine)
    for program in ("north", "south", "all", "all"):
        desk.ask("2026Q3", "sponsor", program)
    assert [each.program for each in desk.open()] == ["north", "south", "all"]
    desk.note_step(desk.open()[0].request_id, "writing pdf")
    assert [each.step for each in desk.open()] == ["writing pdf", None, None]


def test_only_a_report_may_be_framed_and_by_the_screens_alone(
    home: Path, make_screens: Callable[..., Any]
) -> None:
    path = publish(home, "sponsor")
    screens = make_screens(home)
    framed = screens.get(f"/reports/files/2026Q3/sample-sponsor-1/{path.name}").headers
    assert framed["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in framed["Content-Security-Policy"]
    assert screens.get("/reports").headers["X-Frame-Options"] == "DENY"


def test_a_report_of_several_programs_is_for_who_may_see_them_all(
    home: Path, make_screens: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(home, "sponsor", "all", programs=("other", "sample"))
    screens = make_screens(home)
    address = "/reports/files/2026Q3/all-sponsor-1/all-sponsor.html"
    assert screens.get(address).status_code == 200
    as_role(monkeypatch, "cohort_viewer", ("sample",))
    assert screens.get(address).status_code == 404


def test_only_quarters_that_are_over_can_be_asked_for() -> None:
    assert quarters_over(dt.date(2026, 11, 24))[:2] == ["2026Q3", "2026Q2"]
    assert quarters_over(dt.date(2026, 1, 1))[0] == "2025Q4"
