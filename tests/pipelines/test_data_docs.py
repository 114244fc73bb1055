"""Data Docs of the sample name every suite, hold nobody's data, and load nothing from anywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest

from expectations.data_docs import WHOLE_TABLES, write_data_docs
from expectations.suites import SUITES
from pipelines import data_docs
from warehouse.policy import Policy
from warehouse.settings import Settings, load_settings

pytestmark = pytest.mark.slow

VALUES = """
select pair_id from core.pair union select person_id from core.person union select reason from mart.pair
"""


@dataclass
class Sample:
    """Where the site of the sample begins, and what its build knew of pairs and people."""

    index: Path
    values: list[str]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The site made once, with one day of history; its build is gone by then, so what it knew is noted."""
    values: list[str] = []

    def of_one_day(home: Path) -> Settings:
        return replace(load_settings(home), policy=Policy(history_days=1))

    def note_and_write(con: duckdb.DuckDBPyConnection, folder: Path) -> Path:
        values.extend(value for (value,) in con.execute(VALUES).fetchall())
        return write_data_docs(con, folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data_docs, "load_settings", of_one_day)
        patch.setattr(data_docs, "write_data_docs", note_and_write)
        index = data_docs.write_sample_docs(tmp_path_factory.mktemp("docs") / "site")
    return Sample(index, values)


@pytest.fixture(scope="module")
def everything(sample: Sample) -> str:
    """All texts of the site."""
    return "\n".join(path.read_text("utf-8") for path in sample.index.parent.rglob("*") if path.is_file())


def test_the_docs_of_the_sample_are_made_from_nothing_and_nothing_else_is_left(sample: Sample) -> None:
    assert sample.index.name == "index.html"
    assert sample.index.is_file()
    assert [path.name for path in sample.index.parent.parent.iterdir()] == ["site"]


def test_the_first_page_names_every_suite_and_its_pages_exist(sample: Sample) -> None:
    index = sample.index.read_text("utf-8")
    for name in (*(suite.table_name for suite in SUITES), WHOLE_TABLES):
        assert f"<td>{name}</td>" in index
    links = re.findall(r'href="([^"]+)"', index)
    assert len(links) == 2 * (len(SUITES) + 1)
    assert [link for link in links if not (sample.index.parent / link).is_file()] == []


def test_the_pages_load_nothing_from_anywhere(everything: str) -> None:
    assert not re.search(r"https?://", everything)
    assert "<script" not in everything
    assert "<img" not in everything


def test_the_pages_hold_no_row_of_anybody(sample: Sample, everything: str) -> None:
    assert len(sample.values) > 300
    assert [value for value in sample.values if value in everything] == []
