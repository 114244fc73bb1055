"""Every text of a screen goes through a catalogue; numbers and dates follow the locale."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import dash
import pytest
from babel import Locale
from babel.messages.pofile import read_po
from flask import Flask
from plotly.utils import PlotlyJSONEncoder

from dashboards import acting, app, formats, speech, texts, viewer
from dashboards.viewer import COOKIE, PSEUDO
from warehouse.database import open_read_only
from warehouse.messages import SUFFIX
from warehouse.words import ACT

ROOT = Path(__file__).parents[2]
PAGES = Path(app.__file__).parent / "pages"
ADDRESSES: Mapping[str, Iterable[dict[str, str]]] = {
    "overview": ({}, {"asof": "2026-11-12"}, {"asof": "2026-12-24"}),
    "watchlist": ({}, {"view": "all"}, {"view": "snoozed"}, {"view": "new"}, {"q": "zzz"}),
    "pair": (
        {"pair_id": "pair-suspected-ghosting-01", "then": "2026-11-12"},
        {"pair_id": "pair-suspected-ghosting-01", "asof": "2026-11-12"},
        {"pair_id": "pair-ended-04"},
        {"pair_id": "pair-hostile"},
        {"pair_id": "nobody"},
    ),
}
"""What else than the plain screen is looked at."""


SENTENCES = {
    "reason",
    "next_step",
    "summary",
    "sentence",
    "rule",
    "detail",
    "hint",
    "limits",
    "of_what",
    "unit",
}
"""Columns of the tables that hold texts of ours."""


def of_the_program(home: Path, *, is_built: bool = False) -> set[str]:
    """Every text the tables hold: names, ids and codes are no texts of the screens.

    Sentences are, where a build wrote them; those of the invented program here have no messages.
    """
    (file,) = (home / "published").glob("*.duckdb")
    with open_read_only(file) as con:
        columns = con.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns() "
            "where database_name = current_database() and data_type = 'VARCHAR'"
        ).fetchall()
        told: set[str] = set()
        for table, column in columns:
            if column.endswith(SUFFIX) or (is_built and column in SENTENCES):
                continue
            found = con.execute(f"select distinct {column} from {table}")
            told |= _lines(found.fetchall(), are_codes=column not in ("source", "program_id"))
    zones = available_timezones()
    cities = {zone.rpartition("/")[2].replace("_", " ") for zone in zones}
    told |= {ALLOWED.sub(" ", text).strip() for text in told if ALLOWED.search(text)} - {""}
    countries = set(Locale.parse("en").territories.values())  # babel says them in the viewer's language
    return told | cities | countries | {zone.replace("_", " ") for zone in zones}


def _lines(rows: list[tuple[Any, ...]], *, are_codes: bool) -> set[str]:
    """The lines of a column's texts; single words are codes, which screens have words of their own for."""
    texts = {line for (value,) in rows for line in str(value or "").split("\n")}
    return {text for text in texts if not (are_codes and re.fullmatch(r"[a-z_]*", text))}


def shown(drawn: Any) -> Iterator[str]:
    """What people read of a screen that was drawn."""
    match drawn:
        case str():
            yield drawn
        case {"props": props, "type": kind}:
            if kind not in {"Code", "Store", "Pre"} and props.get("lang") != "en":
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


CODES = {
    "domLayout",
    "ink",
    "fill",
    "href",
    "pair_id",
    "mark",
    "event_type",
    "file_id",
    "position",
    "cellClass",
    "theme",
}
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
    r"Kinkeeper|CSV|XLSX|PNG|SVG|PDF|HTML|PPTX|<extra></extra>|<br>|%\{[^}]*\}|SHA-256|\b[JK]\b|ROC-AUC|BG/NBD"
)
"""Names of things that are called so in every language."""


DAY = re.compile(
    r"((Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?\d+ (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)( \d{4})?"
)


def unspoken(text: str, program: set[str]) -> str:
    """What is left of a text without what went through a catalogue, numbers, dates and the program's own."""
    left = ALLOWED.sub(" ", text)
    while (inner := re.sub(r"⟦[^⟦⟧]*⟧", " ", left)) != left:
        left = inner
    for own in sorted((own for own in program if own in left), key=len, reverse=True):
        left = re.sub(rf"(?<!\w){re.escape(own)}(?!\w)", " ", left)
    left = DAY.sub(" ", left)
    left = re.sub(r"\b[0-9a-f]{4}\b|\bUTC\b|\bQ\d\b", " ", left)
    return left if re.search(r"[A-Za-z]{2}", left) else ""


def in_pseudo(screens: Any, layout: Any, **address: str) -> Any:
    with screens.app.server.test_request_context("/", headers={"Cookie": f"{COOKIE}=language={PSEUDO}"}):
        return json.loads(json.dumps(layout(**address), cls=PlotlyJSONEncoder, ensure_ascii=False))


@pytest.fixture(scope="session")
def program(home: Path) -> set[str]:
    return of_the_program(home) | set(Locale.parse("en").territories.values())


@pytest.mark.parametrize("name", [file.stem for file in sorted(PAGES.glob("[!_]*.py"))])
def test_every_text_of_a_screen_went_through_a_catalogue(name: str, screens: Any, program: set[str]) -> None:
    layout = dash.page_registry[f"dashboards.pages.{name}"]["layout"]
    for address in ADDRESSES.get(name, ({},)):
        drawn = in_pseudo(screens, layout, **address)
        assert [text for text in shown(drawn) if unspoken(text, program)] == []
        assert any("⟦" in text for text in shown(drawn))


def test_the_frame_went_through_a_catalogue(screens: Any, program: set[str]) -> None:
    assert [text for text in shown(in_pseudo(screens, app.frame)) if unspoken(text, program)] == []


@pytest.mark.parametrize("kind", ACT)
def test_the_form_for_an_action_went_through_a_catalogue(kind: str, screens: Any, program: set[str]) -> None:
    def form() -> Any:
        return speech.spoken(acting.Desk({"pair_id": "pair-suspected-ghosting-01"}).form(kind))

    assert [text for text in shown(in_pseudo(screens, form)) if unspoken(text, program)] == []


def test_the_template_of_all_catalogues_is_the_one_of_this_code() -> None:
    with speech.TEMPLATE.open("rb") as file:
        known = {message.id for message in read_po(file) if message.id}
    assert known == set(texts.messages()), "run make docs"


def test_a_text_that_no_catalogue_knows_is_found() -> None:
    assert unspoken("⟦Known ⟦3 pairs⟧⟧ and not", {"Watch this"}) != ""
    assert unspoken("⟦Known ⟦3 pairs⟧⟧, 23 Nov 2026, Watch this", {"Watch this"}) == ""


@pytest.fixture
def german(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A catalogue of two texts, and a viewer who wants it."""
    lines = [
        'msgid "Watchlist"',
        'msgstr "Beobachtungsliste"',
        "",
        'msgid "{n:,} pair"',
        'msgid_plural "{n:,} pairs"',
        'msgstr[0] "{n:,} Paar"',
        'msgstr[1] "{n:,} Paare"',
        "",
        'msgid "{pairs} found"',
        'msgstr "gefunden: {pairs}"',
    ]
    (tmp_path / "de.po").write_text("\n".join(lines), "utf-8")
    monkeypatch.setattr(speech, "FOLDER", tmp_path)
    monkeypatch.setitem(viewer.LANGUAGES, "de", "Deutsch")
    for cached in (speech._catalogue, viewer.from_cookie):
        cached.cache_clear()
    with Flask("x").test_request_context("/", headers={"Cookie": f"{COOKIE}=language=de&zone=Asia/Kolkata"}):
        yield
    for cached in (speech._catalogue, viewer.from_cookie):
        cached.cache_clear()


@pytest.mark.usefixtures("german")
def test_words_counts_numbers_and_dates_are_those_of_the_language() -> None:
    assert speech.spoken(["Watchlist", "Unknown"]) == ["Beobachtungsliste", "Unknown"]
    assert speech.say("{pairs} found", pairs=speech.plural(1873, "pair")) == "gefunden: 1.873 Paare"
    assert formats.plural(1, "pair") == "1 Paar"
    assert formats.count(12345) == "12.345"
    assert speech.say("{rate:.1f}", rate=2.5) == "2,5"
    assert formats.day(dt.date(2026, 3, 1)) == "01.03.2026"


@pytest.mark.usefixtures("german")
def test_what_a_browser_reads_as_code_stays_though_it_is_a_word() -> None:
    column = {"field": "watch", "headerName": "Watchlist", "cellRenderer": "Watchlist"}
    choice = {"label": "Watchlist", "value": "Watchlist"}
    assert speech.spoken([column, choice, speech.AsIs("Watchlist")]) == [
        column | {"headerName": "Beobachtungsliste"},
        choice | {"label": "Beobachtungsliste"},
        "Watchlist",
    ]


@pytest.mark.usefixtures("german")
def test_instants_stand_on_the_viewers_clock_and_name_its_zone() -> None:
    assert formats.instant(dt.datetime(2026, 11, 23, 20, 0)) == "24.11.2026, 01:30 IST"
    assert formats.zone_head("Landed") == "Landed (Asia/Kolkata)"
    assert formats.in_utc(dt.datetime(2026, 11, 24, 1, 30)) == dt.datetime(2026, 11, 23, 20, 0)


def test_the_zone_is_the_programs_unless_the_viewer_chose_one() -> None:
    with Flask("x").test_request_context("/"):
        viewer.remember_zone("Europe/London")
        assert formats.instant(dt.datetime(2026, 7, 1, 9, 0)) == "1 Jul 2026, 10:00 BST"
    with Flask("x").test_request_context("/", headers={"Cookie": f"{COOKIE}=zone=America/Sao_Paulo"}):
        viewer.remember_zone("Europe/London")
        assert formats.instant(dt.datetime(2026, 7, 1, 9, 0)) == "1 Jul 2026, 06:00 UTC-03:00"


@pytest.mark.parametrize(
    "cookie",
    ["language=xx&zone=../etc/passwd&theme=pink&scheme=&density=9", "%%%", "a=b=c;;", "zone=Mars/Base"],
)
def test_a_cookie_that_was_tampered_with_is_as_good_as_none(cookie: str) -> None:
    assert viewer.from_cookie(cookie) == viewer.Viewer()


@pytest.mark.parametrize(
    ("cookie", "shown"),
    [
        ("", viewer.COLUMNS),
        ("columns=health.risk.email", ("risk", "health")),
        ("columns=none", ()),
    ],
)
def test_columns_of_the_list_are_shown_unless_left_out(cookie: str, shown: tuple[str, ...]) -> None:
    how = viewer.from_cookie(cookie)
    assert tuple(name for name in viewer.COLUMNS if how.shows(name)) == shown
    assert how.shows("pair")


def test_a_choice_is_read_from_the_cookie() -> None:
    asked = "language=en_US&zone=Asia%2FTokyo&theme=dark&scheme=dark&density=close"
    assert viewer.from_cookie(asked) == viewer.Viewer("en_US", "Asia/Tokyo", "dark", "dark", "close")
