"""A reader sees one whole build, the old or the new one, and the pointer is all that moves."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import duckdb
import pytest

from warehouse import publish
from warehouse.altered import Altered
from warehouse.errors import KinkeeperError, NothingPublished


@pytest.fixture
def models() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create schema ref")
    con.execute("create schema mart")
    con.execute(
        "create table ref.run as select ''::varchar as build_id, timestamp '2026-03-01 12:00:00' as as_of, "
        "timestamp '2026-03-01 12:00:00' as known_at, 'abc'::varchar as policy_fingerprint"
    )
    con.execute("create table mart.pair as select 'p1' as pair_id")
    return con


def test_nothing_published_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NothingPublished, match="kinkeeper build"):
        publish.current(tmp_path)


def test_pointer_names_a_file_with_marts_and_the_run(
    models: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    made = publish.publish(models, tmp_path, "hash-1")

    assert publish.current(tmp_path) == made
    assert made.tables == {"mart.pair": 1}
    with publish.open_current(tmp_path) as reader:
        assert reader.execute("select pair_id from mart.pair").fetchall() == [("p1",)]
        assert reader.execute("select build_id from ref.run").fetchall() == [(made.build_id,)]


def test_a_view_over_marts_tells_what_the_published_tables_hold(
    models: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    models.execute("create view mart.listed as select pair_id, 1 as rank from mart.pair")
    made = publish.publish(models, tmp_path, "hash-1")

    assert made.tables == {"mart.listed": 1, "mart.pair": 1}
    models.execute("insert into mart.pair values ('p2')")
    with publish.open_current(tmp_path) as reader:
        assert reader.execute("from mart.listed").fetchall() == [("p1", 1)]
    models.execute(f"attach '{tmp_path / made.file}' as earlier (read_only)")
    assert models.execute("from earlier.mart.listed").fetchall() == [("p1", 1)]


def test_what_another_version_published_is_not_read(
    models: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    publish.publish(models, tmp_path, "hash-1")
    pointer = tmp_path / publish.POINTER
    named = json.loads(pointer.read_text("utf-8"))
    assert named.pop("version") == publish.VERSION  # the first version did not note itself
    pointer.write_text(json.dumps(named), "utf-8")

    assert publish.current(tmp_path).version == 1
    with pytest.raises(KinkeeperError, match="another version of Kinkeeper: run `kinkeeper build`"):
        publish.open_current(tmp_path)


def test_same_contents_are_the_same_file(models: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    first = publish.publish(models, tmp_path, "hash-1")
    written_at = (tmp_path / first.file).stat().st_mtime_ns

    assert publish.publish(models, tmp_path, "hash-1") == first
    assert (tmp_path / first.file).stat().st_mtime_ns == written_at


def test_an_open_reader_keeps_its_generation_and_a_new_one_sees_the_new(
    models: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    publish.publish(models, tmp_path, "hash-1")
    with publish.open_current(tmp_path) as old:
        models.execute("insert into mart.pair values ('p2')")
        publish.publish(models, tmp_path, "hash-2")

        assert old.execute("select count(*) from mart.pair").fetchone() == (1,)
        with publish.open_current(tmp_path) as new:
            assert new.execute("select count(*) from mart.pair").fetchone() == (2,)


def test_only_the_newest_publications_stay(models: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    for number in range(publish.KEEP + 3):
        made = publish.publish(models, tmp_path, f"hash-{number}")

    files = sorted(path.name for path in tmp_path.glob("*.duckdb"))
    assert len(files) == publish.KEEP
    assert made.file in files


def test_a_half_written_file_of_a_killed_run_is_swept_away(
    models: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    stray = tmp_path / ".killed.tmp"
    stray.write_bytes(b"half")

    publish.publish(models, tmp_path, "hash-1")

    assert not stray.exists()


def test_a_reader_can_write_nothing_and_reach_no_other_file(
    models: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    publish.publish(models, tmp_path, "hash-1")

    with publish.open_current(tmp_path) as reader:
        with pytest.raises(duckdb.Error):
            reader.execute("create table mart.more as select 1 as a")
        with pytest.raises(duckdb.Error):
            reader.execute(f"select * from '{secret}'")


def test_pointer_is_plain_json_a_person_can_read(models: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    publish.publish(models, tmp_path, "hash-1")

    pointer = json.loads((tmp_path / publish.POINTER).read_text())
    assert dt.datetime.fromisoformat(pointer["as_of"]) == dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    assert pointer["mart_hash"] == "hash-1"


def test_a_past_day_lies_beside_the_current_publication_and_the_pointer_stays(
    models: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    current = publish.publish(models, tmp_path, "hash-1")
    models.execute("update ref.run set as_of = timestamp '2026-02-01 23:59:59'")
    past = publish.publish_past(models, tmp_path, "hash-2")

    assert publish.current(tmp_path) == current
    assert publish.kept(tmp_path) == [tmp_path / current.file, tmp_path / "past" / past.file]


def test_of_past_days_those_asked_for_last_are_kept(
    models: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    names = [publish.publish_past(models, tmp_path, f"hash-{n}").file for n in range(publish.KEEP)]
    publish.publish_past(models, tmp_path, "hash-0")
    names.append(publish.publish_past(models, tmp_path, "one more").file)

    assert {path.name for path in publish.kept(tmp_path)} == {names[0], *names[2:]}


def test_upon_an_earlier_file_only_what_is_altered_is_written(
    models: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    models.execute("create table mart.event as select 'p' || n % 10 as pair_id, n from range(100) as t (n)")
    models.execute("create table mart.cohort as select 1 as n")
    models.execute("create temp table touched as select 'p3' as pair_id")
    first = publish.publish(models, tmp_path, "hash-1")

    models.execute("update mart.event set n = -n")
    models.execute("update mart.pair set pair_id = 'p2'")
    models.execute("update mart.cohort set n = 2")
    altered = Altered(frozenset({"mart.event", "mart.pair"}), frozenset({"mart.event"}))
    publish.publish(models, tmp_path, "hash-2", before=first.build_id, altered=altered)

    with publish.open_current(tmp_path) as reader:
        negative = "select distinct pair_id from mart.event where n < 0"
        assert reader.execute(negative).fetchall() == [("p3",)]
        assert reader.execute("select count(*) from mart.event").fetchall() == [(100,)]
        assert reader.execute("from mart.pair").fetchall() == [("p2",)]
        assert reader.execute("from mart.cohort").fetchall() == [(1,)]


def test_a_table_with_many_rows_out_of_order_is_written_whole(
    models: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    models.execute("create table mart.event as select 'p' || n // 10 as pair_id, n from range(100) as t (n)")
    models.execute("create temp table touched as select 'p3' as pair_id")
    altered = Altered(frozenset({"mart.event"}), frozenset({"mart.event"}))
    order = []
    before = None
    for number in range(4):
        before = publish.publish(models, tmp_path, f"hash-{number}", before=before, altered=altered).build_id
        with publish.open_current(tmp_path) as reader:
            order.append([n for (n,) in reader.execute("select n from mart.event").fetchall()])

    at_the_end = [*range(30), *range(40, 100), *range(30, 40)]
    assert order == [[*range(100)], at_the_end, at_the_end, [*range(100)]]


def test_without_the_earlier_file_all_is_written(models: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    first = publish.publish(models, tmp_path, "hash-1")
    (tmp_path / first.file).unlink()
    nothing = Altered(frozenset(), frozenset({"mart.pair"}))
    publish.publish(models, tmp_path, "hash-2", before=first.build_id, altered=nothing)

    with publish.open_current(tmp_path) as reader:
        assert reader.execute("from mart.pair").fetchall() == [("p1",)]
