"""What the source of the screens must not hold: ways in for HTML, addresses of other hosts, wall clocks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dashboards

FOLDER = Path(dashboards.__file__).parent
SOURCES = sorted(path for path in FOLDER.rglob("*") if path.suffix in (".py", ".js", ".css", ".svg"))


@pytest.mark.parametrize(
    "pattern",
    [
        r"dangerously_?[Aa]llow|dangerouslySetInnerHTML|srcDoc|innerHTML|insertAdjacentHTML|Markdown\(",
        r"\beval\(|new Function|document\.write",
        r"https?://(?!www\.w3\.org/2000/svg)(?!\{)",
        r"datetime\.now|date\.today|time\.time\(|utcnow",
        r"\bduckdb\.connect\(",
        r"^\s*(?:import|from) (?:pipelines|expectations|dagster|great_expectations)\b",
    ],
)
def test_no_source_holds(pattern: str) -> None:
    assert SOURCES
    hits = [
        f"{path.name}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if re.search(pattern, line)
    ]
    assert hits == []


def test_only_the_reader_knows_tables() -> None:
    rooms = {
        path.relative_to(FOLDER).parts[0]
        for path in FOLDER.rglob("*.py")
        if re.search(r"\bmart\.[a-z_]+\b", path.read_text("utf-8"))
    }
    assert rooms == {"data"}
