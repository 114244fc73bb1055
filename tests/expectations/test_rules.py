from __future__ import annotations

import re

import duckdb
import pytest

from expectations.rules import Rule, one_of
from expectations.runner import (
    CheckResult,
    check_set_rule,
    checked_tables,
    run_checks,
    validate_tables,
    write_results,
)
from expectations.set_rules import SET_RULES, tables_beside
from expectations.suites import SUITES
from warehouse.altered import Altered

NEEDS_IS_LISTED = "every pair that needs a check-in is listed, unless somebody or chance put it off"

# table, what goes wrong, the rule that must notice
ROW_FAULTS = [
    (
        "log.event",
        "update log.event set event_type = 'session.hold' where position = 1",
        "event_type is a known code",
    ),
    (
        "log.typed_event",
        "update log.typed_event set mode = 'pigeon' where position = 1",
        "mode is a known code",
    ),
    (
        "log.typed_event",
        "update log.typed_event set source_event_id = 'e2' where position = 1",
        "one row per source and source_event_id",
    ),
    (
        "log.typed_event",
        "update log.typed_event set score = 6, score_max = 5",
        "score is not above score_max",
    ),
    ("core.pair", "insert into core.pair select * from core.pair limit 1", "one row per pair_id"),
    ("core.session", "update core.session set status = null", "status is filled"),
    ("core.contact", "update core.contact set evidence = 'guessed'", "evidence is a known code"),
    ("feature.pair", "update feature.pair set silence_days = -1", "silence_days is at least 0"),
    ("feature.pair", "update feature.pair set is_paused = null", "is_paused is filled"),
    (
        "feature.pair",
        "update feature.pair set first_contact_at = timestamp '2026-02-01'",
        "first_contact_at is not after last_contact_at",
    ),
    ("signal.pair", "update signal.pair set coverage = 1.2", "coverage is at least 0 and at most 1"),
    ("mart.pair", "update mart.pair set band = 'ghosted'", "band is a known code"),
    ("mart.pair_day", "update mart.pair_day set band_raw = 'ghosted'", "band_raw is a known code"),
    ("mart.handling", "update mart.handling set handling = 'lost'", "handling is a known code"),
    ("mart.listed", "update mart.listed set reason = null", "reason is filled"),
    ("mart.cohort", "update mart.cohort set n_pairs = null", "n_pairs is filled"),
    ("mart.ending_curve", "update mart.ending_curve set low = 0.6", "low is not above rate"),
    (
        "mart.ending_comparison",
        "update mart.ending_comparison set p_value = 2",
        "p_value is at least 0 and at most 1",
    ),
    ("mart.funnel", "update mart.funnel set n_reached = 10", "n_reached is not above n_entered"),
    ("mart.kpi", "update mart.kpi set kpi = 'luck'", "kpi is a known code"),
    ("mart.practice", "update mart.practice set low = 0.7", "low is not above value"),
    ("mart.choice", "update mart.choice set choice = 'magic'", "choice is a known code"),
    ("mart.mentor", "update mart.mentor set off_minutes = 91", "off_minutes is not above session_minutes"),
    (
        "mart.pair_practice",
        "update mart.pair_practice set need_distance = 1.5",
        "need_distance is at least 0 and at most 1",
    ),
    ("mart.equity_value", "update mart.equity_value set field = 'luck'", "field is a known code"),
    ("mart.equity_gap", "update mart.equity_gap set gap_low = 0.2", "gap_low is not above gap"),
    ("mart.parked", "update mart.parked set n_events = 0", "n_events is at least 1"),
    ("mart.survey_response", "update mart.survey_response set n_reached = 10", "n_reached is not above n"),
    ("mart.survey_score", "update mart.survey_score set high = 5.1", "high is not above scale_max"),
    ("mart.survey_share", "update mart.survey_share set n = 7", "n is not above n_all"),
    ("mart.survey_change", "update mart.survey_change set field = 'luck'", "field is a known code"),
    ("mart.ledger", "update mart.ledger set status = 'lost'", "status is a known code"),
    ("mart.source", "update mart.source set freshness = 'rotten'", "freshness is a known code"),
]

SET_FAULTS = [
    (
        "mart.funnel",
        "insert into mart.funnel select * from mart.funnel where cohort_id is null",
        "one row per group and step",
    ),
    (
        "mart.funnel",
        "update mart.funnel set is_hidden = true",
        "what is hidden or not recorded has no number",
    ),
    (
        "mart.kpi",
        "insert into mart.kpi select * from mart.kpi where cohort_id is null",
        "one row per group and measure",
    ),
    (
        "mart.practice",
        "insert into mart.practice select * from mart.practice where cohort_id is null",
        "one row per group and practice",
    ),
    ("mart.practice", "update mart.practice set is_hidden = true", "what is hidden has no number"),
    (
        "mart.choice",
        "insert into mart.choice select * from mart.choice",
        "one row per program, number and kind",
    ),
    ("mart.choice", "update mart.choice set kind = 'magic'", "kind is a known code or a platform"),
    ("mart.choice", "update mart.choice set is_hidden = true", "what is hidden has no number"),
    (
        "mart.choice",
        "update mart.choice set is_hidden = true, n = null where kind = 'mentor'",
        "no kind is hidden alone beside others",
    ),
    ("mart.mentor", "insert into mart.mentor select * from mart.mentor", "one row per program and mentor"),
    (
        "mart.pair_practice",
        "delete from mart.pair_practice where pair_id = 'p1'",
        "the same pairs as mart.pair",
    ),
    (
        "mart.kpi",
        "update mart.kpi set low = -0.1",
        "only a difference is below zero, and no share above one",
    ),
    (
        "mart.equity_value",
        "insert into mart.equity_value select * from mart.equity_value",
        "one row per field, group and measure",
    ),
    (
        "mart.equity_gap",
        "insert into mart.equity_gap select * from mart.equity_gap",
        "one row per field and measure",
    ),
    (
        "mart.equity_gap",
        "update mart.equity_gap set n_groups = 1",
        "no gap is told where fewer than two groups may be",
    ),
    (
        "mart.parked",
        "update mart.parked set code = 'ref.unknown'",
        "no pair waits longer for somebody to announce it than the program allows",
    ),
    (
        "mart.survey_response",
        "insert into mart.survey_response select * from mart.survey_response",
        "one row per wave and side",
    ),
    (
        "mart.survey_score",
        "insert into mart.survey_score select * from mart.survey_score",
        "one row per scale, side and wave or group",
    ),
    ("mart.survey_score", "update mart.survey_score set is_hidden = true", "what is hidden has no number"),
    (
        "mart.survey_share",
        "delete from mart.survey_share where step = 1",
        "the steps of an item add up to its answers",
    ),
    (
        "mart.survey_change",
        "insert into mart.survey_change select * from mart.survey_change",
        "one row per scale, side and group",
    ),
    ("mart.survey_change", "update mart.survey_change set is_hidden = true", "what is hidden has no number"),
    (
        "mart.ending_curve",
        "insert into mart.ending_curve select * from mart.ending_curve where cohort_id is null limit 1",
        "one row per group, curve and day",
    ),
    (
        "mart.ending_curve",
        "update mart.ending_curve set rate = 0.8 where curve = 'natural'",
        "the curves of a day add up to all pairs",
    ),
    ("log.event", "insert into log.event select * from log.event where position = 2", "one row per event_id"),
    ("log.event", "delete from log.event where position = 2", "positions run from 1 without a gap"),
    ("log.event", "update log.ledger set n_events = 4", "the ledger accounts for every event"),
    ("log.event", "delete from log.typed_event where position = 3", "every event is in the typed projection"),
    (
        "log.event",
        "update log.event set recorded_at = null where position = 1",
        "every event says when it happened and when it was recorded",
    ),
    (
        "log.event",
        "update log.event set occurred_at = timestamp '2027-01-01' where position = 1",
        "nothing happened more than a day after it was recorded",
    ),
    (
        "log.typed_event",
        "update log.typed_event set session_id = null where position = 2",
        "every event has the fields that its type needs",
    ),
    (
        "log.typed_event",
        "update log.typed_event set pair_id = null where position = 2",
        "every event about a pair names it",
    ),
    ("core.pair", "insert into staging.event values ('p3')", "every pair the log names is there"),
    ("core.session", "insert into core.session select * from core.session", "one row per pair and session"),
    ("core.session", "update core.session set pair_id = 'p9'", "every pair is in core.pair"),
    (
        "core.session",
        "update core.session set held_at = null",
        "a session is held exactly when it has a time at which it was",
    ),
    (
        "core.session",
        "update core.session set held_at = timestamp '2026-04-01'",
        "no session was held after the run's as-of",
    ),
    ("core.contact", "insert into core.contact select * from core.contact", "one row per pair and instant"),
    ("core.contact", "update core.contact set pair_id = 'p9'", "every pair is in core.pair"),
    (
        "core.contact",
        "update core.contact set contacted_at = null",
        "every contact has its instant, none after the run's as-of",
    ),
    ("feature.pair", "delete from feature.pair where pair_id = 'p1'", "the same pairs as core.pair"),
    (
        "feature.pair",
        "update feature.pair set mentor_answered = 3",
        "no part is larger than its whole: answers, windows, goals, advice",
    ),
    (
        "feature.pair",
        "update feature.pair set last_contact_at = timestamp '2026-03-02'",
        "no contact lies after the run's as-of",
    ),
    (
        "mart.parked",
        "update mart.parked set code = 'ref.unknown'",
        "no pair waits longer for somebody to announce it than the program allows",
    ),
    ("signal.pair", "delete from signal.pair where pair_id = 'p1'", "the same pairs as feature.pair"),
    ("signal.pair", "update signal.pair set tau_days = 6.9", "the usual gap lies within the policy's limits"),
    ("signal.pair", "update signal.pair set waiting_on = null", "whoever is unresponsive is named"),
    ("signal.pair", "update signal.pair set health = 'nan'", "no number is NaN or infinite"),
    (
        "signal.pair",
        "update signal.health_part set points = 41 where points = 40",
        "the parts of a score add up to it",
    ),
    ("mart.pair", "delete from mart.pair where pair_id = 'p1'", "the same pairs as signal.pair"),
    ("mart.pair", "update mart.pair set health_low = health + 1", "the interval of a score holds the score"),
    (
        "mart.pair_day",
        "delete from mart.pair_day where day = date '2026-02-28'",
        "every day once from the first to the run's, the last one as signal.pair has it",
    ),
    (
        "mart.pair_day",
        "update mart.pair_day set band = 'closing' where day = date '2026-03-01'",
        "every day once from the first to the run's, the last one as signal.pair has it",
    ),
    ("mart.pair", "update mart.pair set end_reason = 'faded'", "a success ended for a reason that is one"),
    ("mart.pair", "update feature.pair set is_auto_closed = true", "a time-out is never a success"),
    ("mart.listed", "update mart.listed set pair_id = 'p9'", "every pair is in mart.pair"),
    ("mart.listed", "delete from mart.listed", NEEDS_IS_LISTED),
    ("mart.listed", "insert into mart.handling values ('p1', 'snoozed', true, true)", NEEDS_IS_LISTED),
    ("mart.listed", "insert into signal.holdout values ('p1', '2026-03-01')", NEEDS_IS_LISTED),
    ("mart.cohort", "insert into mart.cohort select * from mart.cohort", "one row per program and cohort"),
    (
        "mart.cohort",
        "update mart.cohort set n_pairs = 3",
        "the cohorts hold every pair once, without declined proposals",
    ),
    ("mart.cohort", "update mart.cohort set n_ended = 0", "the bands of a cohort add up to its pairs"),
    (
        "mart.ledger",
        "update mart.ledger set accepted = 2",
        "every line was accepted, seen before or quarantined",
    ),
    (
        "mart.source",
        "update mart.source set freshness = 'stale'",
        "no source is stale by its own usual interval",
    ),
    ("mart.ledger", "delete from log.quarantine", "every quarantined line is kept with its reason"),
]


def broken(results: list[CheckResult]) -> set[str]:
    return {result.rule for result in results if not result.is_ok}


def test_sound_tables_break_no_rule(sound: duckdb.DuckDBPyConnection) -> None:
    results = run_checks(sound)
    assert broken(results) == set()
    assert {result.table_name for result in results} == set(checked_tables())
    assert all(result.detail == "" for result in results)


@pytest.mark.parametrize(("table", "fault", "rule"), ROW_FAULTS)
def test_a_faulty_row_breaks_its_rule(
    sound: duckdb.DuckDBPyConnection, table: str, fault: str, rule: str
) -> None:
    sound.execute(fault)
    results = run_checks(sound, [table])
    assert rule in broken(results)
    assert {result.table_name for result in results} == {table}


@pytest.mark.parametrize(("table", "fault", "rule"), SET_FAULTS)
def test_a_faulty_table_breaks_its_rule(
    sound: duckdb.DuckDBPyConnection, table: str, fault: str, rule: str
) -> None:
    (set_rule,) = [item for item in SET_RULES if (item.table_name, item.name) == (table, rule)]
    assert check_set_rule(sound, set_rule).is_ok
    sound.execute(fault)
    result = check_set_rule(sound, set_rule)
    assert not result.is_ok
    assert result.n_failed > 0
    assert "could not be checked" not in result.detail


LATER = Altered(frozenset({"log.event"}), log_checked=1)
"""The log has grown from position 1 on since all was checked."""

NEW_FAULTS = [
    "insert into log.event select * replace (4 as position) from log.event where position = 1",
    "insert into log.event select * from log.event where position = 3",
    "insert into log.event select * replace (5 as position, uuid() as event_id) from log.event limit 1",
    "delete from log.event where position = 2",
    "update log.event set recorded_at = null where position = 3",
    "update log.event set occurred_at = timestamp '2027-01-01' where position = 3",
    "update log.typed_event set session_id = null where position = 2",
    "update log.typed_event set pair_id = null where position = 3",
]
"""What new events may be, beside one that a rule held of; and what is gone is missed whenever it was told."""


@pytest.mark.parametrize("fault", NEW_FAULTS)
def test_a_rule_of_the_log_that_held_finds_in_new_events_what_it_finds_in_all(
    sound: duckdb.DuckDBPyConnection, fault: str
) -> None:
    of_new = [rule for rule in SET_RULES if rule.of_new]
    sound.execute(fault)
    found = [check_set_rule(sound, rule) for rule in of_new]
    assert [check_set_rule(sound, rule, LATER) for rule in of_new] == found
    assert broken(found)


def test_a_rule_of_the_log_that_did_not_hold_looks_at_all_events_again(
    sound: duckdb.DuckDBPyConnection,
) -> None:
    sound.execute("update log.event set recorded_at = null where position = 1")
    write_results(sound, run_checks(sound))
    assert run_checks(sound, altered=Altered(frozenset(checked_tables()), log_checked=3)) == run_checks(sound)


NEAR = Altered(frozenset({"core.session", "core.contact"}), frozenset({"core.session", "core.contact"}))
"""Rows of touched pairs alone may be others."""

TOUCHED_FAULTS = [
    "insert into core.session select * from core.session where session_id = 's1'",
    "insert into core.contact select * from core.contact",
    "insert into staging.event values ('p3'), ('p3')",
    "delete from core.pair where pair_id = 'p1'",
    "update core.contact set pair_id = null",
    "update core.session set pair_id = 'p3'",
    "delete from mart.pair_day where pair_id = 'p1' and day = (select max(day) - 1 from mart.pair_day)",
    "update signal.pair set band = 'watch' where pair_id = 'p1'",
]


@pytest.mark.parametrize("fault", TOUCHED_FAULTS)
def test_a_rule_that_held_finds_among_touched_pairs_what_it_finds_among_all(
    sound: duckdb.DuckDBPyConnection, fault: str
) -> None:
    sound.execute("create temp table touched as select unnest(['p1', 'p3', null]) as pair_id")
    of_touched = [rule for rule in SET_RULES if rule.of_touched]
    sound.execute(fault)
    found = [check_set_rule(sound, rule) for rule in of_touched]
    assert [check_set_rule(sound, rule, NEAR) for rule in of_touched] == found
    assert broken(found)


def test_a_rule_looks_at_all_rows_where_those_of_other_pairs_may_be_others(
    sound: duckdb.DuckDBPyConnection,
) -> None:
    """Nobody touched the pair that is at fault: what looks at touched pairs alone does not see it."""
    sound.execute("create temp table touched as select 'p2' as pair_id")
    (rule,) = [one for one in SET_RULES if one.name == "one row per pair and instant"]
    sound.execute("insert into core.contact select * from core.contact")
    assert check_set_rule(sound, rule, NEAR).is_ok
    assert not check_set_rule(sound, rule, Altered(frozenset({"core.contact"}))).is_ok
    assert not check_set_rule(sound, rule).is_ok


OF_PAIRS = frozenset(table for table in checked_tables() if not table.startswith("log."))
ALL_NEAR = Altered(frozenset(checked_tables()), OF_PAIRS)


@pytest.mark.parametrize(("table", "fault", "rule"), [*ROW_FAULTS, *SET_FAULTS])
def test_rules_find_near_touched_pairs_what_they_find_in_all_rows(
    sound: duckdb.DuckDBPyConnection, table: str, fault: str, rule: str
) -> None:
    write_results(sound, run_checks(sound, [table]))
    sound.execute(
        "create temp table touched as select unnest(['p1', 'p2', 'p3', 'p8', 'p9', null]) as pair_id"
    )
    sound.execute(fault)
    found = run_checks(sound, [table], ALL_NEAR)
    assert rule in broken(found)
    assert found == run_checks(sound, [table])


def test_a_rule_of_rows_looks_at_touched_pairs_alone_while_it_holds(
    sound: duckdb.DuckDBPyConnection,
) -> None:
    held = run_checks(sound)
    write_results(sound, held)
    sound.execute("create temp table touched as select 'p2' as pair_id")
    sound.execute("update feature.pair set n_goals = -1 where pair_id = 'p1'")
    assert broken(run_checks(sound, ["feature.pair"], ALL_NEAR)) == {
        "no part is larger than its whole: answers, windows, goals, advice"
    }
    write_results(sound, run_checks(sound))
    assert run_checks(sound, ["feature.pair"], ALL_NEAR) == run_checks(sound, ["feature.pair"])


def test_codes_of_the_log_are_kept_and_those_of_new_events_added(sound: duckdb.DuckDBPyConnection) -> None:
    assert run_checks(sound, ["log.event"], Altered(frozenset({"log.event"}))) == run_checks(
        sound, ["log.event"]
    )
    sound.execute("insert into log.event select * replace (4 as position, 'no' as event_type) from log.event")
    later = Altered(frozenset({"log.event"}), log_checked=3)
    found = run_checks(sound, ["log.event"], later)
    assert "event_type is a known code" in broken(found)
    assert found == run_checks(sound, ["log.event"]) == run_checks(sound, ["log.event"], later)


def test_great_expectations_finds_the_same_in_sound_tables(sound: duckdb.DuckDBPyConnection) -> None:
    assert validate_tables(sound) == run_checks(sound)


@pytest.mark.parametrize(("table", "fault", "rule"), ROW_FAULTS)
def test_great_expectations_finds_the_same_in_faulty_rows(
    sound: duckdb.DuckDBPyConnection, table: str, fault: str, rule: str
) -> None:
    sound.execute(fault)
    validated = validate_tables(sound, [table])
    assert rule in broken(validated)
    assert validated == run_checks(sound, [table])


@pytest.mark.parametrize(("table", "fault", "rule"), [*ROW_FAULTS, *SET_FAULTS])
def test_a_broken_rule_says_where_how_many_and_what_to_do(
    sound: duckdb.DuckDBPyConnection, table: str, fault: str, rule: str
) -> None:
    sound.execute(fault)
    (result,) = [item for item in run_checks(sound, [table]) if item.rule == rule]
    assert result.message.startswith(f"{table}: {rule}: {result.n_failed} of {result.n_checked} rows. ")
    assert re.search(r"(Run|Look|Ask|Ingest) .{20,}\.$", result.message)


def test_every_table_and_every_set_rule_has_a_planted_fault() -> None:
    assert {table for table, _fault, _rule in ROW_FAULTS} == {suite.table_name for suite in SUITES}
    planted = {(table, rule) for table, _fault, rule in SET_FAULTS}
    assert planted == {(rule.table_name, rule.name) for rule in SET_RULES}


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.table_name)
def test_rules_of_a_table_have_distinct_names(suite) -> None:
    names = [rule.name for rule in suite.rules]
    names += [rule.name for rule in SET_RULES if rule.table_name == suite.table_name]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.table_name)
def test_no_rows_is_a_warning_and_never_blocks(suite) -> None:
    counting = [rule for rule in suite.rules if rule.expectation == "ExpectTableRowCountToBeBetween"]
    assert all(not rule.is_blocking for rule in counting)


def test_null_is_refused_unless_it_is_declared_an_answer() -> None:
    required, optional = one_of("band", ["watch"]), one_of("waiting_on", ["mentor"], is_optional=True)
    assert [rule.expectation for rule in required] == [
        "ExpectColumnValuesToNotBeNull",
        "ExpectColumnValuesToBeInSet",
    ]
    assert [rule.expectation for rule in optional] == ["ExpectColumnValuesToBeInSet"]
    assert all(isinstance(rule, Rule) for rule in required)


def test_a_rule_between_tables_says_which_it_reads() -> None:
    assert tables_beside("mart.pair_day") == {"signal.pair"}
    assert tables_beside("core.session") == {"core.pair", "ref.run"}
    assert tables_beside("log.event") == {"log.ledger", "log.typed_event"}
    assert tables_beside("log.typed_event") == set()
