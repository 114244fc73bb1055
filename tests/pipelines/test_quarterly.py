"""The quarterly report of a home: frozen, the same for ever, restated after late data, telling on nobody."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.demo import place_sample
from pipelines.ingest import ingest_into_home
from pipelines.quarterly.fold import log_mark
from pipelines.quarterly.make import Made, make_report
from pipelines.quarterly.requests import make_requested
from pipelines.quarterly.tell import learnt
from pipelines.quarterly.wanted import Wanted
from pipelines.report.model import Figure, Paragraph, Report, Table, from_json
from pipelines.report.quarters import Quarter
from tests.conftest import DEMO_NOW
from warehouse import database, high_water
from warehouse.editions import Origin, editions
from warehouse.errors import KinkeeperError
from warehouse.operations import open_operations
from warehouse.policy import Policy
from warehouse.report_desk import ReportDesk
from warehouse.report_words import Place, ReportWords
from warehouse.settings import Settings, load_settings

Q3 = Quarter(2026, 3)
OWN_WORDS = "We will call every silent pair.\n\nAnd <b>close</b> the others well."
FIRST = dt.datetime(2026, 11, 25, 9, tzinfo=dt.UTC)
LATER = FIRST + dt.timedelta(days=2)
CONTENTS = [
    "reach",
    "health",
    "endings",
    "early_warning",
    "experience",
    "learning",
    "network",
    "results",
    "equity",
    "mentors",
    "operation",
    "cost",
    "voices",
    "did_not_work",
    "plan",
]
ANNEX = ["definitions", "evidence", "missing", "suppressions", "restatements", "thresholds", "source"]


def hashes(made: Made) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in made.paths}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with the sample in its log; nothing is built there, a report folds for itself."""
    home = tmp_path_factory.mktemp("quarterly") / "home"
    settings = replace(load_settings(home), policy=Policy(history_days=2))
    place_sample(settings, clock=lambda: DEMO_NOW)
    ingest_into_home(settings, [settings.inbox], clock=lambda: DEMO_NOW)
    return settings


@pytest.fixture(scope="module")
def first(settings: Settings) -> Made:
    return make_report(settings, Wanted(Q3), clock=lambda: FIRST)


@pytest.fixture(scope="module")
def report(first: Made) -> Report:
    return from_json(first.edition.model())


@pytest.fixture(scope="module")
def restated(settings: Settings, first: Made, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Late data: six pairs had come to a natural end in September, and nobody had said so."""
    running = _running(settings)[:6]
    lines = [
        json.dumps(
            {
                "specversion": "1.0",
                "id": f"late-{place}",
                "source": "late",
                "type": "mentorship.relationship.ended.v1",
                "subject": f"relationship/{pair}",
                "time": "2026-09-20T10:00:00Z",
                "data": {"end_reason": "goals_met", "initiator": "both", "is_goodbye_held": True},
            }
        )
        for place, pair in enumerate(running)
    ]
    file = tmp_path_factory.mktemp("late") / "late.ndjson"
    file.write_text("\n".join(lines) + "\n")
    results, _ = ingest_into_home(settings, [file], clock=lambda: LATER - dt.timedelta(hours=1))
    assert results[0].accepted == 6
    engine = open_operations(settings.operations_url)
    desk = ReportDesk(engine, lambda: LATER)
    ReportWords(engine, lambda: LATER).write(Place("2026Q3", "plan"), OWN_WORDS)
    desk.ask("2026Q3", "sponsor", is_new_edition=True)
    (made,) = make_requested(settings, clock=lambda: LATER)
    assert [request.outcome for request in desk.closed(9)] == ["edition 2 is there"]
    engine.dispose()
    return made


def _running(settings: Settings) -> list[str]:
    """Pairs that were accepted before June and have not ended."""
    with database.open_scratch() as con:
        database.attach_log(con, settings.log_file)
        rows = con.execute(
            """
            select pair_id from log.typed_event where pair_id is not null group by pair_id
            having count(*) filter (where event_type = 'relationship.ended') = 0
                and count(*) filter (where event_type = 'session.held') >= 8
                and min(occurred_at) filter (where event_type = 'match.accepted') < '2026-06-01'
            order by pair_id
            """
        ).fetchall()
    return [pair for (pair,) in rows]


def test_the_contents_are_those_of_the_definitions_in_their_order(report: Report) -> None:
    assert [section.key for section in report.body] == CONTENTS
    assert [section.key for section in report.annex] == ANNEX
    levels = {section.key: section.level for section in report.body if section.level}
    assert {key: level.split(":")[0] for key, level in levels.items()} == {
        "experience": "Kirkpatrick level 1",
        "learning": "Kirkpatrick levels 2 and 3",
        "network": "Kirkpatrick levels 2 and 3",
        "results": "Kirkpatrick level 4",
    }


def test_the_front_has_an_answer_three_numbers_and_three_actions(report: Report) -> None:
    kinds = [type(block).__name__ for block in report.front]
    numbers, actions = (report.front[kinds.index(kind)] for kind in ("Numbers", "Actions"))
    assert report.answer
    assert len(numbers.items) == 3  # type: ignore[union-attr]
    assert len(actions.items) == 3  # type: ignore[union-attr]


def test_a_section_without_data_says_so_in_one_line(report: Report) -> None:
    by_key = {section.key: section for section in report.body}
    for key in ("results", "cost", "voices"):
        (line,) = by_key[key].blocks
        assert isinstance(line, Paragraph)
        assert line.kind == "gap"


def test_every_measure_has_its_n_and_interval_and_every_figure_words(report: Report) -> None:
    tables = [block for block in report.tables if block.table_id.startswith("measures_")]
    assert len(tables) > 6
    for table in tables:
        assert {"Measure", "Value", "95% interval", "Of"} <= set(table.heads)
    figures = [block for block in report.blocks if isinstance(block, Figure)]
    assert {figure.figure_id for figure in figures} == {"leading", "bands", "reach", "reasons", "curves"}
    assert all(figure.caption and figure.alt for figure in figures)


def test_the_gap_that_is_planted_in_the_sample_is_found(report: Report) -> None:
    (gaps,) = [table for table in report.tables if table.table_id == "gaps"]
    found = {(row[0], row[1]): row[2:] for row in gaps.rows}
    lowest, highest, _, verdict = found["Across borders", "Support contact in time"]
    assert lowest.startswith("Two countries")
    assert highest.startswith("Same country")
    assert verdict == "a gap"


def test_own_words_are_an_event_that_says_where_and_not_what(settings: Settings, restated: Made) -> None:
    with database.open_scratch() as con:
        database.attach_log(con, settings.log_file)
        rows = con.execute(
            "select typed.quarter, typed.section, payload from log.typed_event as typed "
            "inner join log.event using (position) where typed.event_type = 'ops.report_worded'"
        ).fetchall()
    assert [row[:2] for row in rows] == [("2026Q3", "plan")]
    assert "silent" not in rows[0][2]


def test_sponsors_see_no_pair_and_no_person(report: Report, settings: Settings, first: Made) -> None:
    with database.open_scratch() as con:
        database.attach_log(con, settings.log_file)
        ids = {row[0] for row in con.execute("select distinct pair_id from log.typed_event").fetchall()} - {
            None
        }
    assert len(ids) > 100
    text = (first.edition.folder / "report.json").read_text("utf-8")
    assert not [pair for pair in ids if pair in text]
    assert "per_" not in text.replace("per_hundred", "")
    assert report.audience == "sponsor"


def test_asked_again_the_report_is_the_same_byte_for_byte(
    settings: Settings, first: Made, restated: Made, tmp_path: Path
) -> None:
    for path in first.paths:
        path.unlink()
    del restated
    again = make_report(settings, Wanted(Q3), tmp_path, clock=lambda: LATER)
    assert again.edition.manifest.edition == 2
    frozen = {file.name: file.sha256 for file in first.edition.manifest.files}
    old = next(edition for edition in editions(settings.reports) if edition.manifest.edition == 1)
    assert {file.name: file.sha256 for file in old.manifest.files} == frozen


def test_example_11_a_quarter_run_again_after_late_data_is_the_same_report_and_a_restatement_list(
    settings: Settings, first: Made, restated: Made, tmp_path: Path
) -> None:
    # The first edition stays as it was told, to the byte, though the log knows more now.
    model = from_json(first.edition.model())
    assert hashlib.sha256((first.edition.folder / "report.json").read_bytes()).hexdigest() == (
        first.edition.manifest.report_sha256
    )
    assert model.edition == 1
    # The second lists what it tells otherwise, by how much, and why.
    second = from_json(restated.edition.model())
    assert second.edition == 2
    section = next(section for section in second.annex if section.key == "restatements")
    why, table = section.blocks
    assert isinstance(why, Paragraph)
    assert why.text.startswith("6 events that happened by the end of the quarter were learnt after")
    assert "6 relationship.ended" in why.text
    assert isinstance(table, Table)
    moved = {row[1]: row[2:] for row in table.rows if row[0] == "whole program"}
    was, now = moved["Natural ends"]
    assert was != now
    assert was.endswith(f"(n = {_n(model, 'natural_end')})")
    assert now.endswith(f"(n = {_n(model, 'natural_end') + 6})")


def test_words_of_the_program_manager_take_the_place_of_the_draft(restated: Made) -> None:
    plan = next(section for section in from_json(restated.edition.model()).body if section.key == "plan")
    assert [(block.kind, block.text) for block in plan.blocks if isinstance(block, Paragraph)] == [
        ("written", "We will call every silent pair."),
        ("written", "And <b>close</b> the others well."),
    ]
    assert b"<b>" not in next(path for path in restated.paths if path.suffix == ".html").read_bytes()


def _n(report: Report, measure: str) -> int:
    return next(cell.n for cell in report.cells if cell.key == ("", measure))


def test_the_log_folded_again_tells_the_same(settings: Settings, first: Made, restated: Made) -> None:
    again = make_report(settings, Wanted(Q3, is_rebuild=True), clock=lambda: LATER)
    assert again.edition.manifest == restated.edition.manifest
    assert again.is_same is True


def test_an_edition_somebody_changed_is_refused(settings: Settings, first: Made, restated: Made) -> None:
    path = restated.edition.folder / "report.json"
    kept = path.read_bytes()
    try:
        path.write_bytes(kept.replace(b"Mentorship program", b"Mentorship problem"))
        with pytest.raises(KinkeeperError, match="is not what was frozen"):
            make_report(settings, Wanted(Q3), clock=lambda: LATER)
    finally:
        path.write_bytes(kept)


@pytest.mark.parametrize("quarter", [Quarter(2026, 4), Quarter(2027, 2)])
def test_a_quarter_that_is_not_over_is_refused_and_the_last_one_that_is_named(
    settings: Settings, quarter: Quarter
) -> None:
    said = f"{quarter} is not over: it ends on {quarter.last_day}. Ask for 2026Q3"
    with pytest.raises(KinkeeperError, match=re.escape(said)):
        make_report(settings, Wanted(quarter), clock=lambda: FIRST)


def test_a_program_nobody_knows_is_refused_by_name(settings: Settings) -> None:
    with pytest.raises(KinkeeperError, match="name one of the programs with --program: sample"):
        make_report(settings, Wanted(Quarter(2026, 2), programs=("other",)), clock=lambda: FIRST)


def test_the_command_answers_with_files_and_the_snapshots_hash(
    settings: Settings, restated: Made, tmp_path: Path
) -> None:
    asked = ["report", "--quarter", "2026Q3", "--home", str(settings.home), "--out", str(tmp_path), "--json"]
    found = CliRunner().invoke(app, asked)
    assert found.exit_code == 0, found.output
    said = json.loads(found.stdout)
    assert said["snapshot_hash"] == restated.edition.manifest.snapshot_hash
    assert [Path(file["path"]).suffix for file in said["files"]] == [".html", ".pdf", ".pptx", ".xlsx"]
    for file in said["files"]:
        assert hashlib.sha256(Path(file["path"]).read_bytes()).hexdigest() == file["sha256"]


def test_a_word_that_is_no_quarter_is_wrong_usage(settings: Settings) -> None:
    found = CliRunner().invoke(app, ["report", "--quarter", "summer", "--home", str(settings.home)])
    assert found.exit_code == 2


def test_where_our_clock_was_set_back_an_edition_knows_how_far_the_log_reached(tmp_path: Path) -> None:
    """What was in the log and of the future by the clock of one edition is learnt by the next."""
    settings, hour = load_settings(tmp_path / "home"), dt.timedelta(hours=1)
    for number, at in enumerate([FIRST, FIRST - 2 * hour, FIRST + hour]):
        file = tmp_path / f"{number}.ndjson"
        file.write_text(session(number))
        ingest_into_home(settings, [file], clock=lambda at=at: at)  # type: ignore[misc]
    with closing(duckdb.connect()) as con:
        database.attach_log(con, settings.log_file)
        assert log_mark(con, None) == high_water.head(con)
        was = origin(2, FIRST - hour)
        assert learnt(con, was, origin(3, FIRST + 2 * hour)) == [("session.held", 2)]
        assert learnt(con, was, origin(3, FIRST)) == [("session.held", 1)]
        assert learnt(con, was, was) == []


def session(number: int) -> str:
    """A native line that does not say when it was recorded."""
    line = {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "platform",
        "type": "mentorship.session.held.v1",
        "subject": "relationship/p1",
        "time": "2026-09-01T10:00:00Z",
        "data": {"session_id": f"s{number}"},
    }
    return json.dumps(line) + "\n"


def origin(position: int, known_at: dt.datetime) -> Origin:
    """Of an edition that was made when the log reached a position."""
    told = f"{known_at:%Y-%m-%dT%H:%M:%SZ}"
    return Origin("2026Q3", "sample", "sponsor", "2026-09-30T23:59:59Z", told, "", position, "", "", "1")
