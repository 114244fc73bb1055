from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import dagster as dg
import pytest

from pipelines.assets.ingest import complete_files
from pipelines.automation import (
    daily_refresh,
    inbox_sensor,
    is_first_working_day,
    quarterly_report,
    refresh,
    report_sensor,
)
from pipelines.resources import Home
from warehouse.operations import open_operations
from warehouse.report_desk import ReportDesk
from warehouse.settings import load_settings

NOW = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
EARLIER = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)


def drop(home: Path, name: str, text: str = "{}\n", at: dt.datetime = EARLIER) -> Path:
    path = home / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def tick(home: Path, *runs: dg.DagsterRun) -> dg.RunRequest | dg.SkipReason:
    """What the sensor asks for in a home, when Dagster knows of these runs."""
    with dg.DagsterInstance.ephemeral() as instance:
        for run in runs:
            instance.add_run(run)
        resources = {"home": Home(path=str(home))}
        return inbox_sensor(dg.build_sensor_context(instance=instance, resources=resources))


def test_an_empty_home_asks_for_nothing(tmp_path: Path) -> None:
    assert isinstance(tick(tmp_path), dg.SkipReason)


def test_a_waiting_file_asks_for_one_refresh(tmp_path: Path) -> None:
    drop(tmp_path, "platform/events.ndjson")
    first, again = tick(tmp_path), tick(tmp_path)
    assert isinstance(first, dg.RunRequest)
    assert isinstance(again, dg.RunRequest)
    assert first.run_key == again.run_key


@pytest.mark.parametrize(
    ("name", "text", "at"),
    [
        ("platform/more.ndjson", "{}\n", EARLIER),
        ("platform/events.ndjson", "{}\n{}\n", EARLIER),
        ("platform/events.ndjson", "{}\n", EARLIER + dt.timedelta(hours=1)),
    ],
    ids=["another file", "another size", "another time"],
)
def test_another_set_of_files_asks_for_another_refresh(
    tmp_path: Path, name: str, text: str, at: dt.datetime
) -> None:
    drop(tmp_path, "platform/events.ndjson")
    before = tick(tmp_path)
    drop(tmp_path, name, text, at)
    after = tick(tmp_path)
    assert isinstance(before, dg.RunRequest)
    assert isinstance(after, dg.RunRequest)
    assert before.run_key != after.run_key


def test_nothing_is_asked_for_while_a_refresh_is_under_way(tmp_path: Path) -> None:
    drop(tmp_path, "platform/events.ndjson")
    running = dg.DagsterRun(job_name=refresh.name, status=dg.DagsterRunStatus.STARTED)
    assert isinstance(tick(tmp_path, running), dg.SkipReason)
    finished = dg.DagsterRun(job_name=refresh.name, status=dg.DagsterRunStatus.SUCCESS)
    assert isinstance(tick(tmp_path, finished), dg.RunRequest)


@pytest.mark.parametrize(
    "name",
    ["platform/events.ndjson.part", "platform/.events.ndjson", ".trash/events.ndjson", "roster/mapping.toml"],
)
def test_what_is_no_complete_data_file_is_left_alone(tmp_path: Path, name: str) -> None:
    drop(tmp_path, name)
    assert list(complete_files(tmp_path / "inbox", NOW)) == []


@pytest.mark.parametrize(
    ("age_seconds", "is_complete"), [(0, False), (1.9, False), (2, True), (3600, True), (-60, True)]
)
def test_a_file_that_changed_just_now_may_still_be_growing(
    tmp_path: Path, age_seconds: float, is_complete: bool
) -> None:
    path = drop(tmp_path, "platform/events.ndjson", at=NOW - dt.timedelta(seconds=age_seconds))
    assert list(complete_files(tmp_path / "inbox", NOW)) == [path] * is_complete


def test_files_are_taken_in_the_order_of_their_names(tmp_path: Path) -> None:
    paths = [drop(tmp_path, name) for name in ("a/2.ndjson", "b/1.ndjson", "a/1.ndjson")]
    assert list(complete_files(tmp_path / "inbox", NOW)) == sorted(paths)


def test_the_daily_refresh_keeps_the_clock_of_the_program() -> None:
    schedule = daily_refresh("Asia/Kolkata")
    assert schedule.execution_timezone == "Asia/Kolkata"
    assert schedule.job_name == refresh.name


def test_a_report_is_made_on_the_first_working_day_of_a_quarter() -> None:
    days = [dt.date(2026, month, day) for month in (1, 4, 7, 10) for day in range(1, 8)]
    assert [str(day) for day in days if is_first_working_day(day)] == [
        "2026-01-01",
        "2026-04-01",
        "2026-07-01",
        "2026-10-01",
    ]
    assert [day.day for day in (dt.date(2023, 10, n) for n in range(1, 8)) if is_first_working_day(day)] == [
        2
    ]
    schedule = quarterly_report("Asia/Kolkata")
    assert schedule.execution_timezone == "Asia/Kolkata"
    asked, skipped = (
        schedule.evaluate_tick(
            dg.build_schedule_context(scheduled_execution_time=dt.datetime(2026, 10, day, 6))
        )
        for day in (1, 2)
    )
    assert len(asked.run_requests or []) == 1
    assert skipped.skip_message == "2026-10-02 is not the first working day of the quarter"


def test_a_report_asked_for_on_the_screen_asks_for_a_run(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    home = Home(path=str(tmp_path))
    assert isinstance(report_sensor(dg.build_sensor_context(resources={"home": home})), dg.SkipReason)
    engine = open_operations(settings.operations_url)
    ReportDesk(engine).ask("2026Q3", "sponsor")
    engine.dispose()
    asked = report_sensor(dg.build_sensor_context(resources={"home": home}))
    assert isinstance(asked, dg.RunRequest)
