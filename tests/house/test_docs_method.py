"""docs/method.md: its examples are recomputed, its thresholds are the policy's, its tests exist."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from pipelines.signals import Signals, evaluate
from pipelines.signals.days import NO_PAST, Past, judged_days
from pipelines.signals.endings import CAUSES, CODES
from pipelines.signals.frames import FLAGS, INSTANTS, N_GAPS, NUMBERS, TEXTS
from pipelines.signals.health import COMPONENTS
from pipelines.signals.measures import measures
from pipelines.signals.survival import FROM_THE_START, Lives, aalen_johansen, count, kaplan_meier
from pipelines.signals.watchlist import STRENGTH
from warehouse import words
from warehouse.models import SQL_FOLDER
from warehouse.policy import Policy

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/method.md").read_text("utf-8")
AS_OF = dt.datetime(2026, 11, 20, 12)
DECIMALS = 0.0005

SECTIONS = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
EXAMPLE = re.compile(r"```toml\n(.*?)```", re.DOTALL)
EXAMPLES = [(title, block) for title, text in SECTIONS.items() for block in EXAMPLE.findall(text)]
PAIRS = [(title, block) for title, block in EXAMPLES if "[pair]" in block]
IDS = [f"{title} {number}" for number, (title, _) in enumerate(EXAMPLES, start=1)]
PROMISE = re.compile(r"^- \*\*.+?(?=^- |^\*\*|\Z)", re.MULTILINE | re.DOTALL)
EASY = re.compile(r"\b(?:simply|obviously|of course|just|powerful|seamless\w*)\b", re.IGNORECASE)
CODE = re.compile(r"`((?:warehouse|pipelines|expectations|dashboards)/[\w/.]+|tests/[\w/.:]+)`")
NUMBER = re.compile(r"^\w+ = (-?\d[\d.-]*)$", re.MULTILINE)


def calm(**differs: Any) -> dict[str, Any]:
    """The calm pair that the examples start from, as the page describes it; `gaps` newest first."""
    row: dict[str, Any] = dict.fromkeys((*TEXTS, *INSTANTS, *NUMBERS)) | dict.fromkeys(FLAGS, False)
    row |= {name: 0 for name in NUMBERS if name.startswith("n_") or name.endswith(("_n", "_n_days"))}
    gaps = differs.pop("gaps", [7] * N_GAPS)
    row |= {f"gap_{k}": gap for k, gap in enumerate(gaps, start=1)}
    row |= {"pair_id": "pair", "program_id": "program", "cohort_id": "cohort", "direction": "standard"}
    row |= {"accepted_at": AS_OF - dt.timedelta(200), "age_days": 200, "cadence_days": 7, "silence_days": 3}
    row |= {"n_contacts": 25, "n_sessions_held": 12, "n_windows": 6, "n_windows_met": 6, "push_streak": 0}
    unknown = differs.keys() - row.keys()
    assert unknown == set(), "the example names a column that feature.pair does not have"
    return row | {"has_contact_feed": True} | differs


def judged(example: dict[str, Any]) -> Signals:
    others = [calm(**example["other"]) | {"pair_id": "other"}] if "other" in example else []
    return evaluate(pd.DataFrame([calm(**example["pair"]), *others]), AS_OF, Policy(), past(example))


def past(example: dict[str, Any]) -> Past:
    """The day before, where an example tells of one."""
    if "yesterday" not in example:
        return NO_PAST
    day = pd.DataFrame([calm(**example["yesterday"])]).assign(as_of=AS_OF - dt.timedelta(1))
    return replace(NO_PAST, days=judged_days(day, Policy()))


def found(signals: Signals) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """What was found of the pair of an example, and of each part of its health."""
    pair = signals.pair.set_index("pair_id").loc["pair"].to_dict()
    own = signals.health_part[signals.health_part["pair_id"] == "pair"].set_index("component")
    pair["reference"] = pair["health"] - own["contribution"].sum()
    return pair, {name: own.loc[name].to_dict() for name in COMPONENTS}


def assert_agrees(computed: Any, written: Any) -> None:
    if isinstance(written, float | int):
        assert computed == pytest.approx(written, abs=DECIMALS, nan_ok=True)
    elif isinstance(written, dt.date):
        assert computed.date() == written
    else:
        assert computed == written


@pytest.mark.parametrize(("title", "block"), PAIRS)
def test_an_example_worked_by_hand_is_what_the_signals_find(title: str, block: str) -> None:
    example = tomllib.loads(block)
    pair, parts = found(judged(example))
    for name, written in example["found"].items():
        if isinstance(written, dict):
            for column, value in written.items():
                assert_agrees(parts[name][column], value)
        else:
            assert_agrees(pair[name], written)


def test_the_curves_of_the_example_are_those_of_the_signals() -> None:
    (block,) = EXAMPLE.findall(SECTIONS["Endings"])
    example = tomllib.loads(block)
    lives = [(left, CODES.get(cause, 0)) for cause, ages in example["lives"].items() for left in ages]
    left, cause = np.array(lives).T
    counts = count(Lives(0 * left, np.full_like(left, FROM_THE_START), left, cause), 1, len(CAUSES))
    ended, written = aalen_johansen(counts), example["found"]
    natural, faded = CODES["natural"] - 1, CODES["faded"] - 1
    assert_agrees(kaplan_meier(counts).estimate[0, 50], written["still_active"])
    assert_agrees(ended.estimate[0, natural, 50], written["natural"])
    assert_agrees(ended.estimate[0, faded, 50], written["faded"])
    assert_agrees(ended.low[0, natural, 50], written["low"])
    assert_agrees(ended.high[0, natural, 50], written["high"])


@pytest.mark.parametrize("block", [block for _, block in EXAMPLES if "[counts]" in block])
def test_the_numbers_of_a_group_are_those_of_the_signals(block: str) -> None:
    example = tomllib.loads(block)
    blank = dict.fromkeys(
        ("n_reached", "n_acts", "total", "total_reached", "squares", "middle", "low", "high")
    )
    named = {"program_id": "p", "cohort_id": None, "kpi": "k", "moment": "now", "n_pairs": 10}
    counts = pd.DataFrame([blank | named | {"worst_evidence": None} | example["counts"]])
    (row,) = measures(counts, pd.DataFrame(columns=["program_id"]), counts.iloc[:0]).to_dict("records")
    for name, written in example["found"].items():
        assert_agrees(row[name], written)


@pytest.mark.parametrize("code", words.KPI)
def test_every_number_of_a_group_has_its_formula_and_an_example(code: str) -> None:
    section = SECTIONS["Numbers of a group"]
    (row,) = [
        line
        for line in section.splitlines()
        if line.startswith("| `") and f"`{code}`" in line.split(" | ")[0]
    ]
    cells = row.strip("| ").split(" | ")
    assert len(cells) == 5
    assert all(cells)


@pytest.mark.parametrize(("title", "block"), EXAMPLES, ids=IDS)
def test_the_text_of_an_example_arrives_at_its_numbers(title: str, block: str) -> None:
    text = EXAMPLE.sub("", SECTIONS[title])
    numbers = NUMBER.findall(block.partition("[found]")[2])
    assert [number for number in numbers if number not in text] == []


def test_every_section_of_numbers_has_an_example() -> None:
    told = {title for title, _ in EXAMPLES}
    assert set(SECTIONS) - told == {"What is not there yet", "What the log promises"}


def test_the_clocks_of_the_example_are_those_of_the_model() -> None:
    days = tomllib.loads(EXAMPLES[0][1])["days"]
    con = duckdb.connect()
    con.execute("create schema core; create schema staging; create schema ref")
    con.execute("create table ref.run as select ?::timestamp as as_of", [AS_OF])
    con.execute("create table core.pair as select 'pair' as pair_id")
    con.execute(
        "create table staging.event as select 'pair' as pair_id, ?::date as occurred_on", [days["contact_on"]]
    )
    con.execute(
        "create table core.off_period as select 'pair' as pair_id, unnest(['mentor', 'pair']) as clock, "
        "?::date as starts_on, ?::date as ends_on, 0 as n_days_before",
        [days["leave_from"], days["leave_to"]],
    )
    for name in ("clock", "event_day", "today"):
        con.execute(f"create table core.{name} as {(SQL_FOLDER / f'core/{name}.sql').read_text('utf-8')}")
    clocks = con.sql((SQL_FOLDER / "core/day.sql").read_text("utf-8")).order("on_date").df()
    for side in ("mentor", "mentee", "pair"):
        assert clocks[f"{side}_day"].diff().iloc[-1] == days[side]


def test_every_threshold_on_the_page_is_the_default_of_the_policy() -> None:
    named = re.findall(r"`(\w+)` \((\d[\d.]*)\)", PAGE)
    defaults = Policy().as_columns()
    assert {name: float(value) for name, value in named} == {
        name: value for name, value in defaults.items() if not isinstance(value, str | bool)
    }
    assert [(name, value) for name, value in named if float(value) != defaults[name]] == []


def test_the_table_of_priorities_is_that_of_the_signals() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \| ([\d.]+) \|$", SECTIONS["Priority"], re.MULTILINE)
    assert {code: (float(floor), float(share)) for code, floor, share in rows} == STRENGTH


@pytest.mark.parametrize(("title", "codes"), [("States", words.STATE), ("Bands", words.BAND)])
def test_every_state_and_every_band_has_its_rule(title: str, codes: dict[str, str]) -> None:
    cells = re.findall(r"^\| (`.+?) \|", SECTIONS[title], re.MULTILINE)
    assert {code for cell in cells for code in re.findall(r"`(\w+)`", cell)} == codes.keys()


def test_every_part_of_the_health_score_has_its_row() -> None:
    cells = re.findall(r"^\| ([a-z ]+) \| `weight_(\w+)`", SECTIONS["Health and contributions"], re.MULTILINE)
    assert [name for _, name in cells] == list(COMPONENTS)
    assert [cell.replace(" ", "_") for cell, _ in cells] == list(COMPONENTS)


@pytest.mark.parametrize("name", sorted(set(CODE.findall(PAGE))))
def test_what_the_page_names_exists(name: str) -> None:
    path, _, test = name.partition("::")
    assert (ROOT / path).exists()
    assert not test or f"def {test}(" in (ROOT / path).read_text("utf-8")


def test_every_promise_names_a_test() -> None:
    promises = PROMISE.findall(SECTIONS["What the log promises"])
    assert len(promises) > 10
    assert [promise for promise in promises if "`tests/" not in promise] == []


@pytest.mark.parametrize("page", ["README.md", "method.md", "words.md"])
def test_a_page_written_by_hand_does_not_call_anything_easy(page: str) -> None:
    assert EASY.findall((ROOT / "docs" / page).read_text("utf-8")) == []
