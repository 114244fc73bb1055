"""Data Docs of a home where a rule is broken; `tests/pipelines/test_data_docs.py` reads a whole site."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from expectations.data_docs import write_data_docs

pytestmark = pytest.mark.slow


def test_a_broken_rule_stands_without_its_value_on_a_site_that_takes_the_place_of_the_last_one(
    sound: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "old.html").write_text("old")
    sound.execute("update mart.pair set band = 'Synthetic Asha' where pair_id = 'p1'")
    index = write_data_docs(sound, site)
    assert "mart.pair: band is a known code: 1 of 2 rows. Run `kinkeeper build --full`" in index.read_text()
    pages = [path for path in site.rglob("*") if path.is_file()]
    assert [page.name for page in pages if "Asha" in page.read_text("utf-8")] == []
    assert site / "old.html" not in pages
