"""What a build wrote is told in the language of whoever reads it, on every screen and in every export."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import dash
import pytest
from openpyxl import load_workbook

from dashboards import speech, texts
from dashboards.told import told
from dashboards.viewer import COOKIE, PSEUDO
from tests.conftest import DEMO_NOW
from tests.dashboards.test_speech import PAGES, german, in_pseudo, of_the_program, shown, unspoken
from warehouse import publish
from warehouse.messages import SUFFIX, counted, message, on_day, packed, render, unpacked

__all__ = ["german"]


@pytest.fixture(scope="session")
def sample(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample program as it was built, to be looked at."""
    home = tmp_path_factory.mktemp("told") / "home"
    shutil.copytree(demo_home / "published", home / "published")
    return home


@pytest.fixture(scope="session")
def sample_screens(sample: Path, make_screens: Callable[..., Any]) -> Any:
    return make_screens(sample, now=DEMO_NOW)


@pytest.fixture(scope="session")
def own(sample: Path) -> set[str]:
    """The texts of the sample that are no words of ours: names, ids and codes."""
    return of_the_program(sample, is_built=True)


def addresses(sample: Path, page: str) -> Iterator[dict[str, str]]:
    if page != "pair":
        yield {"view": "all"} if page == "watchlist" else {}
        return
    with publish.open_current(sample / "published") as con:
        found = con.execute(
            "select min(pair_id) from mart.pair_reason group by code, position('{' in reason_message)"
        )
        yield from ({"pair_id": pair_id} for (pair_id,) in found.fetchall())


def read_on(page: str, sample: Path, screens: Any) -> set[str]:
    """The different texts of a screen at its addresses."""
    layout = dash.page_registry[f"dashboards.pages.{page}"]["layout"]
    drawn = (in_pseudo(screens, layout, **address) for address in addresses(sample, page))
    return {text for each in drawn for text in shown(each)}


@pytest.mark.parametrize("page", [file.stem for file in sorted(PAGES.glob("[!_]*.py"))])
def test_every_sentence_on_a_screen_of_the_sample_is_told(
    page: str, sample: Path, sample_screens: Any, own: set[str]
) -> None:
    assert {text for text in read_on(page, sample, sample_screens) if unspoken(text, own)} == set()


MARKED = re.compile("⟦([^⟦⟧]*)⟧")
"""What went through a catalogue; a text of the data holds no such marks of its own."""


@pytest.fixture
def catalogued(monkeypatch: pytest.MonkeyPatch, own: set[str]) -> set[str]:
    """A catalogue that knows every text of the data, as if each were a word of ours."""
    ours = speech._known()
    monkeypatch.setattr(speech, "_known", lambda: ours | own)
    return own - ours


@pytest.mark.parametrize("page", [file.stem for file in sorted(PAGES.glob("[!_]*.py"))])
def test_a_text_of_the_data_that_is_a_word_of_ours_keeps_its_name(
    page: str, sample: Path, sample_screens: Any, catalogued: set[str]
) -> None:
    told = read_on(page, sample, sample_screens)
    assert {text for text in told if not catalogued.isdisjoint(MARKED.findall(text))} == set()


def messages_of(home: Path) -> Iterator[tuple[str, str]]:
    """Every sentence of a build and its message."""
    with publish.open_current(home / "published") as con:
        found = con.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns() "
            "where database_name = current_database() and suffix(column_name, $suffix)",
            {"suffix": SUFFIX},
        ).fetchall()
        for table, column in found:
            words = column.removesuffix(SUFFIX)
            yield from con.execute(f"select distinct {words}, {column} from {table}").fetchall()


def said_in(kept: Any) -> Iterator[str]:
    """The templates and counts a message is made of."""
    match kept:
        case {"say": template, **values}:
            yield template
            yield from (said for each in values.values() for said in said_in(each))
        case {"all": parts}:
            yield from (said for each in parts for said in said_in(each))
        case {"of": noun}:
            yield f"{{n:,}} {noun}"


def test_a_sentence_of_a_build_is_its_message_in_english(sample: Path) -> None:
    kept = [(words, found) for words, found in messages_of(sample) if words]
    assert len(kept) > 300
    assert [words for words, found in kept if not found or render(unpacked(found)) != words] == []


def test_every_template_of_a_build_is_in_the_catalogue(sample: Path) -> None:
    known = {one if isinstance(one, str) else one[0] for one in texts.messages()}
    said = {said for _, found in messages_of(sample) if found for said in said_in(unpacked(found))}
    assert said - known == set()


@pytest.mark.usefixtures("german")
def test_a_sentence_is_told_in_the_language_of_whoever_reads_it() -> None:
    waits = message(
        "{pairs} found, {rate:.1f} since {day}; {cohort}",
        pairs=counted(1873, "pair"),
        rate=2.5,
        day=on_day(DEMO_NOW, has_year=False),
        cohort="Watchlist",
    )
    rows = [{"reason": render(waits), f"reason{SUFFIX}": packed(waits), "cohort_id": "Watchlist"}]
    assert rows[0]["reason"] == "1873 pairs found, 2.5 since 24 Nov; Watchlist"
    (row,) = told(rows)
    assert row["reason"] == "1.873 Paare found, 2,5 since 24. Nov.; Watchlist"
    assert speech.spoken([row["cohort_id"], "Watchlist"]) == ["Watchlist", "Beobachtungsliste"]


def taken(screens: Any, path: str) -> Any:
    """An export in the language that marks what went through a catalogue."""
    screens._client.set_cookie(COOKIE, f"language={PSEUDO}")
    try:
        answer = screens.get(path)
    finally:
        screens._client.delete_cookie(COOKIE)
    assert answer.status_code == 200, path
    return answer


def left(cells: Iterable[Any], own: set[str]) -> list[str]:
    return [cell for cell in cells if isinstance(cell, str) and unspoken(cell, own | KEPT)]


KEPT = {"view=all", "csv", "xlsx"}
"""What an export says to machines."""


@pytest.mark.parametrize(
    "path", ["/export/pairs.csv?view=all", "/export/tables/data_quality/expectations-that-hold.csv"]
)
def test_an_export_speaks_the_language_of_the_screen(path: str, sample_screens: Any, own: set[str]) -> None:
    lines = list(csv.reader(io.StringIO(taken(sample_screens, path).data.decode("utf-8-sig"))))
    (*told_lines, (columns, keys)) = lines
    assert left((cell for line in told_lines for cell in line), own) == []
    assert columns == "⟦Columns⟧"
    assert len(keys.split(", ")) == len(lines[0])


def test_a_workbook_explains_its_columns_by_keys_that_no_language_changes(
    sample_screens: Any, own: set[str]
) -> None:
    book = load_workbook(io.BytesIO(taken(sample_screens, "/export/pairs.xlsx?view=all").data))
    sheet, definitions = book.worksheets
    assert [cell.value for cell in definitions["B"]][1:] == [cell.value for cell in sheet[1]]
    assert [cell.value for cell in definitions["A"]][1:4] == ["rank", "pair_id", "mentee"]
    assert left((cell.value for row in definitions.iter_rows(min_col=2) for cell in row), own) == []


def test_the_events_of_a_pair_are_taken_along_in_the_language_of_the_screen(
    sample: Path, sample_screens: Any, own: set[str]
) -> None:
    (address, *_rest) = addresses(sample, "pair")
    answer = taken(sample_screens, f"/export/pairs/{address['pair_id']}/events.csv")
    (*lines, _keys) = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert left((cell for line in lines for cell in line), own) == []
