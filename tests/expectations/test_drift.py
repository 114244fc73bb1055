"""What moved since the last publication is said in words, warns, and never touches the hash of the marts."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from expectations.drift import (
    FIRST_BUILD,
    STABLE_PSI,
    compare,
    compared_tables,
    stability_index,
    stability_limit,
    write_drift,
)
from expectations.results import DRIFT, CheckResult, read_results
from warehouse import publish
from warehouse.messages import render
from warehouse.models import mart_hash

MONDAY = dt.datetime(2026, 3, 2, 12)
PSI_OF_THE_EXAMPLE = 0.23 * math.log(0.31 / 0.08) + 0.23 * math.log(0.92 / 0.69)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("create schema ref; create schema mart")
        con.execute(
            "create table ref.run as select '' as build_id, ?::timestamp as as_of, ?::timestamp as known_at, "
            "'policy-1' as policy_fingerprint",
            [MONDAY, MONDAY],
        )
        con.execute(
            """
            create table mart.pair as
            select n as pair_id, case when n < 40 then 'needs_check_in' else 'on_track' end as band,
                'in_rhythm' as state, 'active' as stage, 80.0::double as health, 'x' as reason
            from range(500) as t(n);
            create table mart.pair_event as
            select 'session.held' as event_type, timestamp '2026-02-23' - week * interval 7 day as occurred_at
            from range(10) as w(week) cross join range(30)
            """
        )
        yield con


def released(con: duckdb.DuckDBPyConnection, folder: Path) -> publish.Publication:
    return publish.publish(con, folder, mart_hash(con, publish.mart_tables(con)))


def moved(con: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, CheckResult]:
    return {result.rule: result for result in compare(con, folder) if not result.is_ok}


def test_the_first_build_has_nothing_to_compare_with(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    found = compare(con, tmp_path)
    assert [result.table_name for result in found] == list(compared_tables())
    assert all(result.is_ok and result.detail == render(FIRST_BUILD) for result in found)


def test_the_same_build_again_moved_nothing(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    released(con, tmp_path)
    found = compare(con, tmp_path)
    assert len(found) == 8
    assert [result.message for result in found if not result.is_ok] == []
    assert all(result.detail.startswith("Since 2 Mar 2026: ") for result in found)


def test_a_band_that_grew_is_said_in_words_and_only_warns(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    released(con, tmp_path)
    con.execute("update mart.pair set band = 'needs_check_in' where pair_id < 155")
    (found,) = moved(con, tmp_path).values()
    assert found.rule == "bands shared out as in the last build"
    assert not found.is_blocking
    assert (found.n_failed, found.n_checked) == (115, 500)
    assert "Needs check-in 8 % -> 31 %, On track 92 % -> 69 %" in found.detail
    assert "Stability index 0.37, limit 0.10." in found.detail
    assert found.message.endswith("then at the pairs that moved.")


def test_another_policy_is_named_as_a_reason(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    released(con, tmp_path)
    con.execute("update ref.run set policy_fingerprint = 'policy-2'")
    assert all("under another policy" in result.detail for result in compare(con, tmp_path))


def test_a_replay_of_an_earlier_day_is_not_compared(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    released(con, tmp_path)
    con.execute("update ref.run set as_of = timestamp '2026-01-05'")
    con.execute("delete from mart.pair")
    found = compare(con, tmp_path)
    assert {result.detail for result in found} == {
        "Not compared: the last build is of a later day, 2 Mar 2026."
    }


def test_lost_pairs_are_counted(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    released(con, tmp_path)
    con.execute("delete from mart.pair where pair_id % 2 = 0")
    found = moved(con, tmp_path)["as many pairs as in the last build"]
    assert found.n_failed == 250
    assert "500 -> 250 pairs." in found.detail


def test_no_pairs_at_all_are_counted_and_nothing_else_is_compared(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    released(con, tmp_path)
    con.execute("delete from mart.pair")
    assert set(moved(con, tmp_path)) == {"as many pairs as in the last build"}


def test_a_lower_mean_health_and_its_spread_are_said(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    released(con, tmp_path)
    con.execute("update mart.pair set health = 55")
    found = moved(con, tmp_path)
    assert "Mean health 80 -> 55 of 100." in found["mean health as in the last build"].detail
    spread = found["health by tens shared out as in the last build"]
    assert "50 to 60 0 % -> 100 %, 80 to 90 100 % -> 0 %" in spread.detail


def test_a_column_that_emptied_is_named(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    released(con, tmp_path)
    con.execute("update mart.pair set reason = null where pair_id < 200")
    found = moved(con, tmp_path)["columns as filled as in the last build"]
    assert found.n_failed == 200
    assert "Without a value: reason 0 % -> 40 %." in found.detail


def test_past_events_that_are_gone_are_named_with_their_week(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    released(con, tmp_path)
    con.execute("delete from mart.pair_event where occurred_at = timestamp '2026-02-09'")
    (found,) = moved(con, tmp_path).values()
    assert found.table_name == "mart.pair_event"
    assert found.n_failed == 30
    assert "session.held 300 -> 270 events, most in the week of 9 Feb 2026: 30 -> 0" in found.detail


def test_events_of_the_weeks_that_only_this_build_knows_are_no_drift(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    released(con, tmp_path)
    con.execute("update ref.run set as_of = as_of + interval 14 day")
    con.execute("insert into mart.pair_event select 'session.held', timestamp '2026-03-04' from range(500)")
    assert moved(con, tmp_path) == {}


def test_what_the_last_build_had_not_yet_is_not_compared(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    con.execute("alter table mart.pair drop column stage")
    con.execute("alter table mart.pair_event rename to later")
    released(con, tmp_path)
    con.execute("alter table mart.later rename to pair_event")
    con.execute("alter table mart.pair add column stage varchar default 'active'")
    found = compare(con, tmp_path)
    assert {result.table_name for result in found} == {"mart.pair"}
    assert "stages shared out as in the last build" not in {result.rule for result in found}


def test_findings_are_published_and_leave_the_hash_alone(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    alone = mart_hash(con, publish.mart_tables(con))
    write_drift(con, compare(con, tmp_path))
    first = released(con, tmp_path)
    write_drift(con, compare(con, tmp_path))
    assert first.mart_hash == alone == mart_hash(con, publish.mart_tables(con))
    assert released(con, tmp_path) == first
    with publish.open_current(tmp_path) as reader:
        assert reader.execute(f"select count(*) from {DRIFT}").fetchall() == [(2,)]
    assert len(read_results(con, DRIFT)) == 8


def test_the_stability_index_is_the_one_of_the_formula() -> None:
    assert stability_index([80, 920], [310, 690]) == pytest.approx(PSI_OF_THE_EXAMPLE, abs=0.002)
    assert stability_index([5, 5, 90], [5, 5, 90]) == 0
    assert math.isfinite(stability_index([100, 0], [0, 100]))


def test_the_limit_is_siddiqis_for_many_pairs_and_chance_for_few() -> None:
    assert stability_limit(10_000, 10_000, 7) == STABLE_PSI
    # The 99 % point of a chi-squared with six degrees of freedom is 16.81 in every table of it.
    assert stability_limit(100, 100, 7) == pytest.approx(16.81 * 2 / 100, abs=0.0005)


def test_chance_alone_rarely_passes_the_limit() -> None:
    numpy = pytest.importorskip("numpy")
    chance = numpy.random.default_rng(11)
    shares, n = [0.4, 0.3, 0.2, 0.1], 300
    drawn = [chance.multinomial(n, shares) for _ in range(2000)]
    above = [
        stability_index(before.tolist(), now.tolist()) > stability_limit(n, n, len(shares))
        for before, now in zip(drawn[::2], drawn[1::2], strict=True)
    ]
    assert sum(above) / len(above) < 0.02
