"""Every text of a screen goes through a catalogue; numbers and dates follow the locale."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import dash
import duckdb
import pytest
from plotly.utils import PlotlyJSONEncoder

from dashboards import app, speech
from dashboards.viewer import COOKIE, PSEUDO

ROOT = Path(__file__).parents[2]
PAGES = Path(app.__file__).parent / "pages"
ADDRESSES: Mapping[str, Iterable[dict[str, str]]] = {
    "watchlist": ({}, {"view": "all"}, {"view": "snoozed"}, {"view": "new"}, {"q": "zzz"}),
    "pair": (
        {"pair_id": "pair-suspected-ghosting-01"},
        {"pair_id": "pair-ended-04"},
        {"pair_id": "pair-hostile"},
        {"pair_id": "nobody"},
    ),
}
"""What else than the plain screen is looked at."""


def of_the_program(home: Path) -> set[str]:
    """Every text the tables hold: names, ids and sentences of the build are no texts of the screens."""
    (file,) = (home / "published").glob("*.duckdb")
    with duckdb.connect(str(file), read_only=True) as con:
        columns = con.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns() "
            "where database_name = current_database() and data_type in ('VARCHAR', 'VARCHAR[]')"
        ).fetchall()
        told = set()
        for table, column in columns:
            found = con.execute(f"select distinct {column} from {table} where {column} is not null")
            for (value,) in found.fetchall():
                told.update(value if isinstance(value, list) else [value])
    cities = {zone.rpartition("/")[2].replace("_", " ") for zone in told if "/" in zone}
    return {text for text in told | cities if not re.fullmatch(r"[a-z_]*", text)}


def shown(drawn: Any) -> Iterator[str]:
    """What people read of a screen that was drawn."""
    match drawn:
        case str():
            yield drawn
        case {"props": props, "type": kind}:
            if kind not in {"Code", "Store", "Pre"}:
                for name in speech.TEXTS & set(props):
                    yield from shown(_figure(props[name]) if name == "figure" else props[name])
        case {"label": label, "value": _}:  # one of a choice
            yield from shown(label)
        case {"headerName": head}:
            yield from shown(head)
        case dict():
            yield from (text for name, value in drawn.items() if name not in CODES for text in shown(value))
        case list():
            for each in drawn:
                yield from shown(each)


CODES = {"ink", "fill", "href", "pair_id", "mark", "event_type", "file_id", "position", "cellClass", "theme"}
"""Fields of a grid that are no text."""


def _figure(figure: dict[str, Any]) -> list[Any]:
    """The texts of a chart: what stands on its axes and in its hovers."""
    axes = [figure["layout"].get(name, {}) for name in ("xaxis", "yaxis")]
    told: list[Any] = [axis.get("title", {}).get("text", "") for axis in axes]
    told += [axis.get("ticktext", []) for axis in axes] + [
        [note["text"] for note in figure["layout"].get("annotations", [])]
    ]
    for trace in figure["data"]:
        told.append(trace.get("hovertemplate", ""))
        told += [trace[name] for name in "xy" if trace.get("type") == "bar"]
    return told


ALLOWED = re.compile(
    r"Kinkeeper|CSV|XLSX|PDF|HTML|PPTX|UTC|<extra></extra>|<br>|%\{[^}]*\}|SHA-256|[JK]\b|ROC-AUC|BG/NBD"
)
"""Names of things that are called so in every language."""


def unspoken(text: str, program: set[str]) -> str:
    """What is left of a text without what went through a catalogue, numbers, dates and the program's own."""
    left = text
    while (inner := re.sub(r"⟦[^⟦⟧]*⟧", " ", left)) != left:
        left = inner
    for own in sorted((own for own in program if own in left), key=len, reverse=True):
        left = re.sub(rf"(?<!\w){re.escape(own)}(?!\w)", " ", left)
    left = re.sub(r"\d+ (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}", " ", ALLOWED.sub(" ", left))
    left = re.sub(r"\b[0-9a-f]{4}\b|\bQ\d\b", " ", left)
    return left if re.search(r"[A-Za-z]{2}", left) else ""


def in_pseudo(screens: Any, layout: Any, **address: str) -> Any:
    with screens.app.server.test_request_context("/", headers={"Cookie": f"{COOKIE}=language={PSEUDO}"}):
        return json.loads(json.dumps(layout(**address), cls=PlotlyJSONEncoder, ensure_ascii=False))


@pytest.fixture(scope="session")
def program(home: Path) -> set[str]:
    return of_the_program(home)


@pytest.mark.parametrize("name", [file.stem for file in sorted(PAGES.glob("[!_]*.py"))])
def test_every_text_of_a_screen_went_through_a_catalogue(name: str, screens: Any, program: set[str]) -> None:
    layout = dash.page_registry[f"dashboards.pages.{name}"]["layout"]
    for address in ADDRESSES.get(name, ({},)):
        drawn = in_pseudo(screens, layout, **address)
        assert [text for text in shown(drawn) if unspoken(text, program)] == []
        assert any("⟦" in text for text in shown(drawn))


def test_the_frame_went_through_a_catalogue(screens: Any, program: set[str]) -> None:
    assert [text for text in shown(in_pseudo(screens, app.frame)) if unspoken(text, program)] == []
