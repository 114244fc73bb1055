"""Sections: what is said of warnings, of groups and of practices, and what is not said."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from pipelines.report import sections, words
from pipelines.report.facts import Facts, Moment, fingerprint
from pipelines.report.guard import Guard, Published
from pipelines.report.model import Number, Numbers, Paragraph, Table
from pipelines.report.quarters import Quarter
from pipelines.report.told import Told, tell
from warehouse.policy import Policy

Q3 = Quarter(2026, 3)
NOW = Moment(Q3, {"time_zone": "UTC"}, [], [])
Row = dict[str, Any]


def facts(**given: Any) -> Facts:
    return Facts(NOW, **given)


def told(found: Facts, *before: Guard) -> Told:
    published = [Published(guard.quarter, {cell.key: cell for cell in guard.cells}) for guard in before]
    return tell(found, Guard(5, published, "2026Q3"))


def measure(kpi: str, value: float) -> Row:
    return {
        "program_id": "p", "cohort_id": None, "kpi": kpi, "unit": "rate", "of_what": "pairs", "n": 40,
        "n_pairs": 40, "value": value, "low": value - 0.1, "high": value + 0.1, "worst_evidence": None,
        "value_before": None,
    }  # fmt: skip


def group(name: str, n_pairs: int, value: float) -> Row:
    return {
        "field": "modality", "kpi": "sustained", "group_value": name, "unit": "rate", "of_what": "pairs",
        "n": n_pairs, "n_pairs": n_pairs, "value": value, "low": 0.1, "high": 0.9,
    }  # fmt: skip


def gap(*groups: Row) -> Row:
    return {
        "field": "modality", "kpi": "sustained", "ordinal": 1, "unit": "rate", "verdict": "gap",
        "lowest_group": "virtual", "highest_group": "mixed", "lowest": 0.4, "highest": 0.8, "gap_low": 0.1,
        "gap_high": 0.6, "p_adjusted": 0.01, "groups": list(groups),
    }  # fmt: skip


def record(metric: str, value: float, low: float, high: float) -> Row:
    return {
        "method": "risk", "metric": metric, "value": value, "low": low, "high": high, "n_pairs": 120,
        "n_weeks": 26, "from_on": dt.date(2026, 1, 5), "to_on": dt.date(2026, 6, 29),
    }  # fmt: skip


def pairs(n: int, **given: Any) -> list[Row]:
    """Pairs of as many mentees and mentors, accepted in May."""
    row = {
        "accepted_at": dt.datetime(2026, 5, 4), "ended_at": None, "is_success": None, "n_sessions_held": 0
    } | given  # fmt: skip
    mark = "-".join(map(str, given.values()))
    return [
        row | {"pair_id": f"{mark}-{i}", "mentee_id": f"{mark}-e{i}", "mentor_id": f"{mark}-m{i}"}
        for i in range(n)
    ]


def tables(found: Told) -> dict[str, Table]:
    return {
        block.table_id: block for block in sections.equity.section(found).blocks if isinstance(block, Table)
    }


def test_warnings_that_were_tried_on_the_past_are_told_with_interval_and_n() -> None:
    backtest = [record("alert_precision", 0.41, 0.3, 0.52), record("median_lead_days", 12.0, 9.0, 15.0)]
    (line,) = sections.themes.early_warning(told(facts(backtest=backtest))).blocks
    assert isinstance(line, Paragraph)
    assert line.text.replace("\u00a0", " ") == (
        "Tried on the program's own past (5 January 2026 to 29 June 2026), 41% of the alerts were right (95% "
        "interval 30% to 52%, n = 120 pairs in 26 weeks). Half of the silences that came true were warned of "
        "12 d or more before (95% interval 9 to 15 d)."
    )


def test_without_a_backtest_the_section_says_how_to_get_one() -> None:
    (line,) = sections.themes.early_warning(told(facts())).blocks
    assert line == Paragraph(words.BACKTEST_NONE, "gap")


def test_a_gap_stands_in_the_ledger_with_its_groups() -> None:
    found = told(facts(gaps=[gap(group("virtual", 20, 0.4), group("mixed", 10, 0.8))]))
    assert len(tables(found)["gaps"].rows) == 1
    assert {(cell.group, cell.measure, cell.n_pairs) for cell in found.guard.cells} == {
        ("virtual", "equity.modality.sustained", 20),
        ("mixed", "equity.modality.sustained", 10),
    }


@pytest.mark.parametrize(("n_now", "is_told"), [(20, True), (22, False), (25, True)])
def test_a_gap_that_differs_from_an_earlier_report_by_few_pairs_is_not_told(
    n_now: int, is_told: bool
) -> None:
    first = told(facts(gaps=[gap(group("virtual", 20, 0.4), group("mixed", 10, 0.8))]))
    sections.equity.section(first)
    second = told(facts(gaps=[gap(group("virtual", n_now, 0.4), group("mixed", 10, 0.8))]), first.guard)
    assert ("gaps" in tables(second)) is is_told


def test_kinds_are_told_side_by_side_unless_one_tells_of_everybody() -> None:
    kinds = [
        {
            "choice": "fit_by_place",
            "kind": kind,
            "n": 40,
            "n_pairs": 40,
            "rate": rate,
            "low": 0.5,
            "high": 1.0,
        }
        for kind, rate in (("same_country", 0.7), ("other_country", 0.9))
    ]
    rows = tables(told(facts(choices=kinds)))["choices"].rows
    assert [row[1:3] for row in rows] == [("One country", "70%"), ("Two countries", "90%")]
    assert "choices" not in tables(told(facts(choices=[kinds[0], kinds[1] | {"rate": 1.0}])))


def test_of_the_practices_only_those_of_a_section_are_told() -> None:
    now = replace(NOW, kpis=[measure("practice.overloaded", 0.2), measure("practice.overran", 0.3)])
    found = told(Facts(now))
    assert list(found.measures) == ["practice.overloaded"]
    (sentence, _) = sections.themes.mentors(found).blocks
    assert isinstance(sentence, Paragraph)
    assert sentence.text.startswith("Mentor carries more than they can: 20% (95% interval")


def test_a_practice_has_its_interval_its_change_and_its_weakest_evidence() -> None:
    more = {"value_before": 0.3, "n_before": 30, "worst_evidence": "attested1"}
    now = replace(NOW, kpis=[measure("practice.overloaded", 0.2) | more])
    (_, table) = sections.themes.mentors(told(Facts(now))).blocks
    assert isinstance(table, Table)
    assert table.heads == ("Measure", "Value", "95% interval", "Of", "On Q2 2026", "Evidence")
    ((_, *cells),) = table.rows
    assert [cell.replace("\xa0", " ") for cell in cells] == [
        "20%",
        "10% to 30%",
        "40 pairs",
        "−10 points",
        "Attested by one",
    ]


def test_every_practice_of_a_section_has_a_name_and_a_meaning() -> None:
    assert all(words.name(code) != code and code in words.MEANING for code in words.PRACTICES)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("end:True:Goals reached", "Ends: Goals reached"),
        ("flow:Watch → On track", "From band to band: Watch → On track"),
        ("band at end of Q3 2026:needs_check_in", "Band at end of Q3 2026: Needs check-in"),
        ("cost:natural end", "Cost is told over: natural end"),
    ],
)
def test_a_count_by_kind_is_named_in_words(code: str, name: str) -> None:
    assert words.name(code) == name


def test_the_fingerprint_changes_with_what_is_told_and_with_nothing_else() -> None:
    one = facts(reach=[{"step": "invited", "n": 9}])
    later = replace(one, now=replace(NOW, run=NOW.run | {"n_events_in_log": 7}))
    other = replace(one, reach=[{"step": "invited", "n": 8}])
    assert fingerprint(one) == fingerprint(later) != fingerprint(other)


def cost(*listed: list[Row], found: Told | None = None) -> tuple[Number, ...]:
    """What is told of a cost of 12,000 a quarter."""
    found = found or told(of_pairs(*listed))
    numbers = sections.outlook.cost(found, Policy(program_cost=12_000)).blocks[0]
    return numbers.items if isinstance(numbers, Numbers) else ()


def test_cost_is_told_per_sustained_relationship_and_per_natural_end() -> None:
    in_august = dt.datetime(2026, 8, 1)
    items = cost(
        pairs(7),  # never started: they are no relationships that were sustained
        pairs(6, n_sessions_held=2),
        pairs(6, n_sessions_held=3),
        pairs(6, n_sessions_held=4, ended_at=in_august, is_success=False),
        pairs(5, n_sessions_held=1, ended_at=in_august, is_success=True),
        pairs(9, n_sessions_held=8, ended_at=dt.datetime(2026, 6, 1), is_success=True),  # a quarter before
    )
    assert [(item.label, item.value.replace("\xa0", " "), item.detail) for item in items] == [
        ("per sustained relationship", "EUR 1,000", "n = 12"),
        ("per natural end", "EUR 2,400", "n = 5"),
    ]


def of_pairs(*listed: list[Row]) -> Facts:
    return Facts(replace(NOW, pairs=[pair for each in listed for pair in each]))


def test_what_cost_is_told_over_stands_in_the_ledger() -> None:
    found = told(of_pairs(pairs(12, n_sessions_held=3)))
    cost(found=found)
    assert [(cell.measure, cell.n) for cell in found.guard.cells] == [("cost:sustained relationship", 12)]


@pytest.mark.parametrize(("n_now", "n_told"), [(12, 12), (14, 12), (17, 17)])
def test_cost_of_another_edition_stays_while_few_pairs_have_come(n_now: int, n_told: int) -> None:
    first = told(of_pairs(pairs(12, n_sessions_held=3)))
    cost(found=first)
    (again,) = cost(found=told(of_pairs(pairs(n_now, n_sessions_held=3)), first.guard))
    assert (again.value.replace("\xa0", " "), again.detail) == (
        f"EUR {12_000 / n_told:,.0f}",
        f"n = {n_told}",
    )


def test_cost_over_a_few_is_not_told() -> None:
    assert cost(pairs(4, n_sessions_held=3), pairs(30)) == ()
