"""Exports open in a spreadsheet without running anything."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
import pytest

from pipelines.export import export_table, harmless, write_csv, write_events
from pipelines.ingest import ingest_into_home
from warehouse import database, publish
from warehouse.errors import KinkeeperError
from warehouse.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = load_settings(tmp_path)
    with duckdb.connect() as con:
        con.execute("create schema ref")
        con.execute("create schema mart")
        con.execute(
            "create table ref.run as select ''::varchar as build_id, timestamp '2026-03-01' as as_of, "
            "timestamp '2026-03-01' as known_at, 'abc'::varchar as policy_fingerprint"
        )
        con.execute(
            "create table mart.pair (pair_id varchar, note varchar, note_message varchar, gap_days double)"
        )
        con.execute("insert into mart.pair values ('p1', '=1+1', '{}', 2.5), ('p2', null, '{}', -1)")
        publish.publish(con, settings.published, "hash")
    return settings


@pytest.mark.parametrize("cell", ["=HYPERLINK(1)", "+1", "-1", "@SUM", "\tx", "\rx", "＝1"])
def test_a_cell_that_would_run_as_a_formula_gets_a_quote(cell: str) -> None:
    assert harmless(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["plain", "", "a=b", 3, -3, None])
def test_other_cells_stay_as_they_are(cell: object) -> None:
    assert harmless(cell) == cell


def test_csv_has_a_header_all_rows_no_formula_and_no_message(settings: Settings) -> None:
    target = io.StringIO()

    assert write_csv(settings, "mart.pair", target) == 2

    rows = list(csv.reader(io.StringIO(target.getvalue())))
    assert rows == [["pair_id", "note", "gap_days"], ["p1", "'=1+1", "2.5"], ["p2", "", "-1.0"]]


def test_json_names_the_build_it_comes_from(settings: Settings) -> None:
    made = export_table(settings, "mart.pair")

    assert made["build_id"] == publish.current(settings.published).build_id
    assert made["rows"][0] == {"pair_id": "p1", "note": "=1+1", "note_message": "{}", "gap_days": 2.5}


def test_an_unknown_table_is_refused_with_those_there_are(settings: Settings) -> None:
    with pytest.raises(KinkeeperError, match=r"mart\.pair"):
        export_table(settings, "mart.pair; drop table mart.pair")


def test_the_log_goes_out_as_cloudevents_that_another_home_takes_whole(
    demo_home: Path, tmp_path: Path
) -> None:
    told, other = tmp_path / "events.ndjson", load_settings(tmp_path / "other")
    with told.open("w", encoding="utf-8") as target:
        n_events = write_events(load_settings(demo_home), target)

    (taken,), n_in_log = ingest_into_home(other, [told])

    assert (taken.lines_in, taken.quarantined, n_in_log) == (n_events, 0, n_events)
    what = "select event_id, event_type, version, pair_id, occurred_at, recorded_at, evidence from event"
    with database.open_read_only(load_settings(demo_home).log_file) as log:
        sent = log.execute(f"{what} order by position").fetchall()
    with database.open_read_only(other.log_file) as log:
        assert log.execute(f"{what} order by position").fetchall() == sent


def test_an_empty_home_has_no_events_to_give(tmp_path: Path) -> None:
    with pytest.raises(KinkeeperError, match="no events yet"):
        write_events(load_settings(tmp_path), io.StringIO())
