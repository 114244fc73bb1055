from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.data_docs import write_sample_docs


@pytest.mark.slow
def test_the_docs_of_the_sample_are_made_from_nothing(tmp_path: Path) -> None:
    index = write_sample_docs(tmp_path / "site")
    assert index == tmp_path / "site/index.html"
    assert "mart.watchlist" in index.read_text("utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
