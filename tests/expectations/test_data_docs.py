"""Data Docs name every suite, hold nobody's data, and load nothing from anywhere."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from expectations.data_docs import WHOLE_TABLES, write_data_docs
from expectations.suites import SUITES
from pipelines.build import open_build
from warehouse.settings import load_settings


@pytest.fixture(scope="module")
def site(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = load_settings(demo_home)
    folder = tmp_path_factory.mktemp("docs") / "site"
    with open_build(settings, settings.models_file) as con:
        write_data_docs(con, folder)
    return folder


def texts(site: Path) -> str:
    return "\n".join(path.read_text("utf-8") for path in site.rglob("*") if path.is_file())


def test_the_first_page_names_every_suite_and_its_pages_exist(site: Path) -> None:
    index = (site / "index.html").read_text("utf-8")
    for name in (*(suite.table_name for suite in SUITES), WHOLE_TABLES):
        assert f"<td>{name}</td>" in index
    links = re.findall(r'href="([^"]+)"', index)
    assert len(links) == 2 * (len(SUITES) + 1)
    assert [link for link in links if not (site / link).is_file()] == []


def test_the_pages_load_nothing_from_anywhere(site: Path) -> None:
    everything = texts(site)
    assert not re.search(r"https?://", everything)
    assert "<script" not in everything
    assert "<img" not in everything


def test_the_pages_hold_no_row_of_anybody(site: Path, demo_home: Path) -> None:
    settings = load_settings(demo_home)
    with open_build(settings, settings.models_file) as con:
        ids = con.execute("select pair_id from core.pair union select person_id from core.person").fetchall()
        reasons = con.execute("select distinct reason from mart.pair").fetchall()
    everything = texts(site)
    assert len(ids) > 300
    assert [value for (value,) in (*ids, *reasons) if value in everything] == []


def test_a_broken_rule_stands_in_full_on_the_first_page_without_its_value(
    sound: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    sound.execute("update mart.pair set band = 'Synthetic Asha' where pair_id = 'p1'")
    index = write_data_docs(sound, tmp_path / "site")
    assert "mart.pair: band is a known code: 1 of 2 rows. Run `kinkeeper build --full`" in index.read_text()
    assert "Asha" not in texts(tmp_path / "site")


def test_a_site_takes_the_place_of_the_last_one(sound: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/old.html").write_text("old")
    write_data_docs(sound, tmp_path / "site")
    assert not (tmp_path / "site/old.html").exists()
