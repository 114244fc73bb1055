"""Generated pages are what the code would write, and no page leads nowhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from expectations.drift import write_drift
from expectations.runner import write_results
from pipelines.sample.docs import sample_markdown
from pipelines.signal_tables import SIGNAL_TABLES
from warehouse.clock import Clock
from warehouse.coverage import coverage_markdown
from warehouse.docs import CHECK_RESULT, INSTRUMENT_ITEM, INSTRUMENT_WORD, LAYERS, RUN, dictionary_markdown
from warehouse.events.base import typed_columns
from warehouse.events.docs import catalogue_markdown
from warehouse.log_tables import ENVELOPE_COLUMNS
from warehouse.models import discover
from warehouse.policy import Policy, load_policy
from warehouse.policy_example import policy_toml
from warehouse.run import Run, write_run

ROOT = Path(__file__).parents[2]
GENERATED = {
    "docs/events.md": ("warehouse.events.docs", catalogue_markdown),
    "docs/data-dictionary.md": ("warehouse.docs", dictionary_markdown),
    "docs/coverage.md": ("warehouse.coverage", coverage_markdown),
    "docs/sample.md": ("pipelines.sample.docs", sample_markdown),
    "examples/program.toml": ("warehouse.policy_example", policy_toml),
}
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md"))
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")


def columns(con: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [row[0] for row in con.execute(f"describe {table}").fetchall()]


@pytest.mark.parametrize("page", GENERATED)
def test_a_generated_page_is_what_the_code_says(page: str) -> None:
    text: Callable[[], str] = GENERATED[page][1]
    assert (ROOT / page).read_text("utf-8") == text(), "run `make docs`"


@pytest.mark.parametrize("page", GENERATED)
def test_make_docs_writes_the_page(page: str) -> None:
    module = GENERATED[page][0]
    assert f"\t$(PY) -m {module} > {page}\n" in (ROOT / "Makefile").read_text("utf-8")


def test_the_example_policy_is_the_default_with_every_setting() -> None:
    path = ROOT / "examples/program.toml"
    assert load_policy(path) == Policy()
    named = re.findall(r"^(\w+) = ", path.read_text("utf-8"), re.MULTILINE)
    assert named == list(Policy.model_fields)


def test_every_number_of_the_policy_has_its_range_and_its_unit() -> None:
    settings = re.findall(r"^# (.+)\n\w+ = [\d.]+(.*)$", policy_toml(), re.MULTILINE)
    unmeasured = [value for value in Policy().as_columns().values() if isinstance(value, str | bool)]
    assert len(settings) == len(Policy.model_fields) - len(unmeasured)
    assert [meaning for meaning, _ in settings if not re.search(r"; \S+ to \S+$", meaning)] == []
    assert [meaning for meaning, unit in settings if not unit.startswith("  # ")] == []


def test_every_model_is_in_the_dictionary_once_and_the_published_come_first() -> None:
    sections = re.findall(r"^### `(.+)`$", dictionary_markdown(), re.MULTILINE)
    written = ["ref.run", "ref.drift", "ref.instrument_item", "ref.instrument_word", "mart.check_result"]
    assert sorted(sections) == sorted([*written, *discover()])
    layers = [name.partition(".")[0] for name in sections]
    assert layers[:2] == ["ref", "ref"]
    assert layers[2:] == sorted(layers[2:], key=list(LAYERS).index)


def test_tables_that_no_model_makes_have_the_columns_the_dictionary_says(clock: Clock) -> None:
    con = duckdb.connect()
    con.execute("attach ':memory:' as log")
    names = ", ".join(f"{name} {kind}" for name, kind in (ENVELOPE_COLUMNS | typed_columns()).items())
    con.execute(f"create table log.typed_event ({names})")
    now = clock()
    write_run(con, Run(now, now, Policy()))
    write_results(con, [])
    write_drift(con, [])
    settings = set(Policy().as_columns())
    assert {column.name for column in RUN} == set(columns(con, "ref.run")) - settings
    assert [column.name for column in INSTRUMENT_ITEM] == columns(con, "ref.instrument_item")
    assert [column.name for column in INSTRUMENT_WORD] == columns(con, "ref.instrument_word")
    assert [column.name for column in CHECK_RESULT] == columns(con, "mart.check_result")
    assert [column.name for column in CHECK_RESULT] == columns(con, "ref.drift")


def test_what_the_signals_write_is_explained_among_the_marts() -> None:
    models = discover()
    explained = {
        "signal.pair": ("mart.pair", "mart.listed"),
        "signal.pair_day": ("mart.pair_day",),
        "signal.pair_reason": ("mart.pair_reason",),
        "signal.health_part": ("mart.health_part",),
        "signal.frozen_part": ("mart.health_component",),
        "signal.pair_risk": ("mart.pair",),
        "signal.pair_risk_reason": ("mart.pair_risk_reason",),
        "signal.pair_risk_cause": ("mart.pair_risk_cause",),
        "signal.risk_model": ("mart.risk_model",),
        "signal.nudge_effect": ("mart.nudge_effect",),
        "signal.alert_precision": ("mart.alert_precision",),
        "signal.backtest": ("mart.backtest",),
        "signal.backtest_bin": ("mart.backtest_bin",),
        "signal.backtest_lead": ("mart.backtest_lead",),
        "signal.backtest_week": ("mart.backtest_week",),
        "signal.backtest_group": ("mart.backtest_group",),
        "signal.ending_curve": ("mart.ending_curve",),
        "signal.ending_comparison": ("mart.ending_comparison",),
        "signal.kpi": ("mart.kpi", "feature.kpi_count"),
        "signal.equity_value": ("mart.equity_value",),
        "signal.equity_gap": ("mart.equity_gap",),
        "signal.survey_response": ("mart.survey_response",),
        "signal.survey_score": ("mart.survey_score",),
        "signal.survey_share": ("mart.survey_share",),
        "signal.survey_change": ("mart.survey_change",),
    }
    # Whose alert is held back is nobody's to read: mart.listed leaves these pairs out. What rules say of
    # an instant, what it is made with, and marks of days go into what is shown and nowhere else.
    made_with = {"signal.cohort_entry", "signal.pair_mean"}
    inner = {"signal.holdout", "signal.verdict", "signal.past_day", *made_with}
    assert explained.keys() | inner == SIGNAL_TABLES.keys()
    for table, marts in explained.items():
        known = {column.name for mart in marts for column in models[mart].columns}
        assert SIGNAL_TABLES[table].keys() - known == set()


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs/README.md").read_text("utf-8")
    named = {target for target, _ in LINK.findall(index)}
    assert {Path(page).name for page in PAGES} - named == {"README.md"}


@pytest.mark.parametrize("page", PAGES)
def test_a_link_leads_to_a_file_and_its_heading(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    for target, anchor in LINK.findall(text):
        if "://" in target:
            continue
        path = (ROOT / page).parent / target if target else ROOT / page
        assert path.exists(), f"{page} leads to {target}, which is not there"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}
