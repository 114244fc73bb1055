from __future__ import annotations

import subprocess
import sys
from dataclasses import astuple

import duckdb
import pytest

from expectations.runner import CheckResult, checked_tables, run_checks, write_results
from expectations.set_rules import SET_RULES, tables_beside


def kept(con: duckdb.DuckDBPyConnection) -> list[tuple]:
    return con.execute("select * from mart.check_result order by table_name, rule").fetchall()


def test_empty_tables_only_warn(sound: duckdb.DuckDBPyConnection) -> None:
    for table in ("core.pair", "feature.pair", "signal.pair", "mart.pair", "mart.pair_day", "mart.listed"):
        sound.execute(f"delete from {table}")
    sound.execute("delete from mart.cohort; delete from staging.event; delete from mart.pair_practice")
    sound.execute("delete from core.session; delete from core.contact")
    broken = [result for result in run_checks(sound) if not result.is_ok]
    assert {result.rule for result in broken} == {"there are rows"}
    assert not any(result.is_blocking for result in broken)


def test_a_missing_table_breaks_its_rules_and_raises_nothing(sound: duckdb.DuckDBPyConnection) -> None:
    sound.execute("drop table mart.listed")
    results = run_checks(sound, ["mart.listed"])
    assert results
    assert not any(result.is_ok for result in results)
    assert all("could not be checked" in result.detail for result in results)


def test_a_missing_column_breaks_only_the_rules_that_need_it(sound: duckdb.DuckDBPyConnection) -> None:
    sound.execute("alter table mart.cohort drop column median_silence_ratio")
    (broken,) = [result for result in run_checks(sound, ["mart.cohort"]) if not result.is_ok]
    assert broken.rule == "median_silence_ratio is at least 0"
    assert broken.detail.startswith(
        "could not be checked: the table has no column median_silence_ratio. Run `kinkeeper build --full`"
    )


def test_a_result_counts_rows_and_holds_no_value_of_them(sound: duckdb.DuckDBPyConnection) -> None:
    sound.execute("update mart.pair set band = 'Synthetic Asha' where pair_id = 'p1'")
    (broken,) = [result for result in run_checks(sound, ["mart.pair"]) if not result.is_ok]
    assert (broken.rule, broken.n_checked, broken.n_failed) == ("band is a known code", 2, 1)
    assert "Asha" not in str(broken)


def test_results_are_kept_in_place_of_earlier_ones(sound: duckdb.DuckDBPyConnection) -> None:
    results = run_checks(sound, ["mart.cohort", "mart.ledger"])
    write_results(sound, results)
    once = kept(sound)
    write_results(sound, results)
    assert kept(sound) == once
    assert {row[0] for row in once} == {"mart.cohort", "mart.ledger"}
    assert len(once) == len(results)


def test_results_of_other_tables_stay_and_those_of_unknown_tables_go(
    sound: duckdb.DuckDBPyConnection,
) -> None:
    gone = CheckResult("mart.renamed", "there are rows", True, False, 0, 1)
    other = CheckResult("mart.pair", "there are rows", False, True, 2, 0)
    write_results(sound, [gone, other])
    write_results(sound, [CheckResult("mart.cohort", "there are rows", False, True, 1, 0)])
    assert {row[0] for row in kept(sound)} == {"mart.cohort", "mart.pair"}
    assert astuple(other) in kept(sound)


def test_a_duplicated_key_is_counted_in_rows(sound: duckdb.DuckDBPyConnection) -> None:
    sound.execute("insert into core.session select * from core.session")
    (broken,) = [result for result in run_checks(sound, ["core.session"]) if not result.is_ok]
    assert (broken.n_checked, broken.n_failed) == (4, 2)


@pytest.mark.parametrize("module", ["expectations.runner", "expectations.suites"])
def test_great_expectations_is_not_imported_before_a_frame_is_checked(module: str) -> None:
    code = f"import sys, {module}; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_tables_are_checked_in_the_order_in_which_they_are_built() -> None:
    layers = [name.partition(".")[0] for name in checked_tables()]
    assert layers == sorted(layers, key=["log", "core", "feature", "signal", "mart"].index)


def test_a_message_counts_no_rows_where_there_are_none() -> None:
    result = CheckResult("mart.pair", "there are rows", False, False, 0, 1, "Ingest files.")
    assert result.message == "mart.pair: there are rows: no row to look at. Ingest files."


def test_tables_are_checked_again_when_a_rule_of_theirs_reads_what_changed() -> None:
    assert checked_tables({"mart.risk_model_of_nobody"}) == ()
    assert "mart.pair" in checked_tables({"mart.pair"})
    for rule in SET_RULES:
        for read in tables_beside(rule.table_name):
            assert rule.table_name in checked_tables({read})
