"""Several programs in one report: each as in its own, together only what follows, in every format."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import openpyxl
import pytest

from pipelines.report import rollup
from pipelines.report.contents import Asked
from pipelines.report.facts import Facts, Moment
from pipelines.report.guard import Guard
from pipelines.report.model import Figure, Numbers, Report, Table
from pipelines.report.pdf import printable
from pipelines.report.quarters import Quarter
from pipelines.report.sheets import xlsx
from pipelines.report.slides import pptx
from pipelines.report.web import html
from warehouse.charts import Dots
from warehouse.editions import Origin
from warehouse.policy import Policy

Q3 = Quarter(2026, 3)
Row = dict[str, Any]
SHARED_MENTOR = "m0"


def measure(kpi: str, value: float, n: int, before: tuple[float, int] | None = None) -> Row:
    return {
        "program_id": "", "cohort_id": None, "kpi": kpi, "unit": "rate", "of_what": "pairs", "n": n,
        "n_pairs": n, "value": value, "low": value - 0.1, "high": value + 0.1, "worst_evidence": None,
        "value_before": before and before[0], "n_before": before and before[1],
    }  # fmt: skip


def facts(program: str, n_pairs: int, *measures: Row) -> Facts:
    pairs = [
        {
            "pair_id": f"{program}-{i}", "mentee_id": f"{program}-e{i}",
            "mentor_id": SHARED_MENTOR if i == 0 else f"{program}-m{i}", "cohort_id": f"{program}-spring",
            "band": "on_track", "is_success": None, "end_reason": None, "ended_at": None,
            "accepted_at": dt.datetime(2026, 1, 5),
        }
        for i in range(n_pairs)
    ]  # fmt: skip
    run = {"time_zone": "UTC", "program_label": "Synthetic"}
    return Facts(Moment(Q3, run, list(measures), pairs, program))


@pytest.fixture(scope="module")
def report() -> Report:
    given = {
        "north": facts(
            "north", 30, measure("sustained", 0.8, 30, (0.5, 20)), measure("natural_end", 0.5, 12),
            measure("early_end", 0.5, 12),
        ),
        "south": facts(
            "south", 10, measure("sustained", 0.5, 10, (0.25, 8)), measure("reply_mentor", 0.9, 40)
        ),
        "tiny": facts("tiny", 3, measure("sustained", 1.0, 3)),
    }  # fmt: skip
    origin = Origin(
        "2026Q3", "all", "sponsor", "2026-09-30T23:59:59Z", "2026-11-24T12:00:00Z", "f", 9, "h", "m", "1",
        ("north", "south", "tiny"),
    )  # fmt: skip
    asked = Asked("all", "sponsor", 1, Policy(), origin)
    return rollup.build_rollup(given, asked, {program: Guard(5, [], "2026Q3") for program in given})


def of_figure(report: Report, figure_id: str) -> dict[str, tuple[float, float | None, str]]:
    figure = next(each for each in report.figures if each.figure_id == figure_id)
    assert isinstance(figure.chart, Dots)
    return {dot.name: (round(dot.value, 4), dot.before, dot.of) for dot in figure.chart.dots}


def test_shares_of_programs_add_up_by_their_counts(report: Report) -> None:
    # 24 of 30 and 5 of 10 are 29 of 40; before 10 of 20 and 2 of 8 were 12 of 28.
    assert of_figure(report, "programs") == {
        "All together": (0.725, pytest.approx(12 / 28), "40 pairs"),
        "north": (0.8, 0.5, "30 pairs"),
        "south": (0.5, 0.25, "10 pairs"),
    }


def test_the_interval_of_all_together_is_wilsons() -> None:
    row = rollup.pooled([measure("sustained", 0.8, 30), measure("sustained", 0.5, 10), None])
    assert row is not None
    # R: binom::binom.wilson(29, 40) or prop.test(29, 40, correct = FALSE)$conf.int
    assert (round(row["low"], 4), round(row["high"], 4)) == (0.5717, 0.8389)
    assert row["value_before"] is None


def test_a_program_too_small_is_named_and_counts_nowhere(report: Report) -> None:
    section = next(section for section in report.body if section.title == "tiny")
    assert [block.text for block in section.blocks] == [rollup.SMALL]  # type: ignore[union-attr]
    numbers = next(block for block in report.front if isinstance(block, Numbers))
    assert (numbers.items[0].value, numbers.items[0].detail) == ("40", "in 3 programs")
    assert not [cell for cell in report.cells if cell.group == "tiny"]


def test_people_are_not_counted_across_programs(report: Report) -> None:
    text = html(report).decode()
    assert "people are not added up" in text
    assert "of 78 people" not in text
    assert "79 people" not in text


def test_what_the_ledger_reads_back_is_what_the_programs_own_report_would_have_told(report: Report) -> None:
    own = rollup.told_of_program(report.cells, "south")
    assert {(cell.group, cell.measure, cell.n) for cell in own if ":" not in cell.measure} == {
        ("", "sustained", 10),
        ("", "reply_mentor", 40),
    }
    assert rollup.told_of_program(own, None) == own


def test_every_format_holds_the_roll_up_and_no_file_tells_more_than_the_cells(report: Report) -> None:
    assert b"program by program" in html(report)
    assert pptx(report)
    assert {section["key"] for section in printable(report)["body"]} >= {"overview", "program_1", "program_2"}
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx(report)))["Numbers"]
    told = {(row[0], row[2], row[7]) for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert told == {(cell.group or "whole program", cell.measure, cell.n) for cell in report.cells}


def test_no_two_figures_or_sections_of_the_roll_up_have_one_name(report: Report) -> None:
    in_body = [
        block.figure_id
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Figure)
    ]
    tables = [block.table_id for block in report.tables if isinstance(block, Table)]
    keys = [section.key for section in report.sections]
    for names in (in_body, tables, keys):
        assert len(names) == len(set(names))
