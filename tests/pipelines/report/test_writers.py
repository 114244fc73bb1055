"""One model, four files: each says the same, asks nobody, runs nothing and is the same bytes every time."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser

import pytest
from openpyxl import load_workbook
from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pypdf import PdfReader

from pipelines.quarterly.files import write
from pipelines.report import pdf
from pipelines.report.model import Report, from_json, snapshot_hash, to_json
from pipelines.report.svg import svg
from warehouse.charts import Bar, Bars

FORMATS = ("html", "pdf", "pptx", "xlsx")
NAMES = "محمد علي · 王小明 · さくら · 김민수 · 👩‍👩‍👧 😀 · Łukasz Ünal · Дмитрий · Ελένη · Nguyễn"
PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><script>alert(1)</script>",
    "<svg onload=alert(1)>",
    "javascript:alert(1)",
    '#set page(paper: "a1") #panic()',
    "]] >& \u202e gnp.exe",
    '=HYPERLINK("http://example.org")',
)


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags(data: bytes) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(data.decode())
    return parser.found


def slide_texts(data: bytes) -> str:
    deck = Presentation(io.BytesIO(data))
    frames = [shape.text_frame for slide in deck.slides for shape in slide.shapes if shape.has_text_frame]
    return "\n".join(frame.text for frame in frames)


def test_a_report_goes_to_json_and_back(report: Report) -> None:
    data = to_json(report)
    assert from_json(data) == report
    assert snapshot_hash(data) == snapshot_hash(to_json(from_json(data)))


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_report_is_the_same_bytes(report: Report, kind: str) -> None:
    assert write(report, kind) == write(from_json(to_json(report)), kind)


@pytest.mark.parametrize("kind", ["pptx", "xlsx"])
def test_an_office_file_knows_no_time_but_the_reports(report: Report, kind: str) -> None:
    def check(data: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            assert {member.date_time for member in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            core = file.read("docProps/core.xml").decode()
            written = re.findall(r"<dcterms:(?:created|modified)[^>]*>([^<]*)<", core)
            assert set(written) == {report.as_of}
            for name in file.namelist():
                if name.endswith(".xlsx"):
                    check(file.read(name))

    check(write(report, kind))


def test_the_page_asks_nobody_for_anything(report: Report) -> None:
    page = write(report, "html")
    found = tags(page)
    assert {tag for tag, _ in found} & {"script", "link", "iframe", "object", "embed", "img", "form"} == set()
    places = [
        value for _, attributes in found for name, value in attributes.items() if name in {"href", "src"}
    ]
    assert places
    assert all(str(value).startswith("#") for value in places)
    assert b"url(" not in page
    assert b"@import" not in page


def test_the_page_has_one_title_a_language_and_names_for_its_drawings(report: Report) -> None:
    page = write(report, "html")
    found = tags(page)
    assert [tag for tag, _ in found].count("h1") == 1
    assert dict(found)["html"]["lang"] == "en"
    drawings = [attributes for tag, attributes in found if tag == "svg"]
    assert len(drawings) == len(report.figures) == 4
    assert all(attributes["role"] == "img" for attributes in drawings)
    assert page.count(b"<title>") == 1 + len(drawings)
    ids = [attributes["id"] for _, attributes in found if "id" in attributes]
    assert len(ids) == len(set(ids))
    regions = [attributes["aria-label"] for _, attributes in found if attributes.get("role") == "region"]
    assert len(regions) == len(set(regions)) > 1


@pytest.mark.parametrize("payload", PAYLOADS)
def test_smuggled_markup_stays_text(make_report: Callable[..., Report], payload: str) -> None:
    nasty = make_report(payload)
    page = write(nasty, "html")
    assert {tag for tag, _ in tags(page)} == {tag for tag, _ in tags(write(make_report(), "html"))}
    assert not [name for _, attributes in tags(page) for name in attributes if name.startswith("on")]
    assert payload in unescape(page.decode())
    assert write(nasty, "pdf")[:5] == b"%PDF-"
    assert payload in slide_texts(write(nasty, "pptx"))


def test_the_pdf_is_tagged_titled_and_says_what_figures_show(report: Report) -> None:
    reader = PdfReader(io.BytesIO(write(report, "pdf")))
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == report.title
    assert b"pdfuaid" in reader.xmp_metadata.stream.get_data()  # type: ignore[union-attr]
    told = {element.get("/Alt") for element in structure(root["/StructTreeRoot"])} - {None}
    assert {figure.alt for figure in report.figures} <= told


def structure(node: object) -> list[dict[str, object]]:
    """Every structure element of a tagged PDF."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if not isinstance(node, dict):
        return []
    kids = node.get("/K", [])
    kids = kids.get_object() if hasattr(kids, "get_object") else kids
    return [node, *(each for kid in (kids if isinstance(kids, list) else [kids]) for each in structure(kid))]


def test_names_of_every_script_are_set_in_the_pdf(make_report: Callable[..., Report]) -> None:
    data = write(make_report(NAMES, name=f"Programm {NAMES}"), "pdf")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    assert "王小明" in text
    assert "김민수" in text
    assert "Дмитрий" in text


def test_a_letter_without_a_font_is_written_as_its_code_point(make_report: Callable[..., Report]) -> None:
    data = write(make_report("ᚠ ends \u202e here"), "pdf")
    assert "[U+16A0]" in PdfReader(io.BytesIO(data)).pages[0].extract_text()


def test_every_range_of_letters_said_to_be_covered_can_be_set(make_report: Callable[..., Report]) -> None:
    codes = sorted(pdf.covered())
    edges = [code for code in codes if not {code - 1, code + 1} <= pdf.covered()]
    letters = "".join(chr(code) for code in edges if chr(code).isprintable())
    assert len(letters) > 200
    assert write(make_report(letters), "pdf")[:5] == b"%PDF-"


def test_no_cell_of_the_workbook_is_a_formula(make_report: Callable[..., Report]) -> None:
    book = load_workbook(io.BytesIO(write(make_report('=cmd|"/C calc"!A1'), "xlsx")))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert all(cell.data_type in {"s", "n"} for cell in cells)
    texts = [str(cell.value) for cell in cells]
    assert not any(text.startswith(("=", "+", "-", "@", "\t")) for text in texts)
    assert '\'=cmd|"/C calc"!A1' in texts


def test_the_workbook_holds_the_data_behind_every_figure(report: Report) -> None:
    book = load_workbook(io.BytesIO(write(report, "xlsx")))
    assert [name for name in book.sheetnames if name.startswith("Figure")] == [
        "Figure leading",
        "Figure bands",
        "Figure reasons",
        "Figure curves",
    ]
    bands = [tuple(cell.value for cell in row) for row in book["Figure bands"].iter_rows(min_row=3)]
    assert bands == [("End of Q2 2026", 15, 5), ("End of Q3 2026", 27, 3)]
    assert "Definitions" in book.sheetnames
    numbers = [tuple(cell.value for cell in row) for row in book["Numbers"].iter_rows(min_row=2)]
    assert numbers[0][:5] == ("whole program", "Sustained", "sustained", "rate", 0.84)


def test_six_slides_with_native_charts_that_can_be_edited(report: Report) -> None:
    deck = Presentation(io.BytesIO(write(report, "pptx")))
    assert len(deck.slides) == 6
    charts = [
        shape for slide in deck.slides for shape in slide.shapes if shape.shape_type == MSO_SHAPE_TYPE.CHART
    ]
    assert len(charts) == 3
    for shape in charts:
        assert shape._element.nvGraphicFramePr.cNvPr.get("descr")
        assert shape.chart.part.chart_workbook.xlsx_part is not None
    assert [slide.shapes.title.text_frame.text for slide in deck.slides][1] == "What we ask for"


def test_a_drawing_is_well_formed_and_draws_every_series(report: Report) -> None:
    for figure in report.figures:
        root = ET.fromstring(svg(figure.chart, figure.title, figure.alt))
        names = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert {"title", "desc", "text"} <= names
        assert root.find("{*}title").text == figure.title  # type: ignore[union-attr]
    bands = ET.fromstring(svg(report.figures[1].chart, "t", "d"))
    assert len(bands.findall("{*}rect")) == 4
    curves = ET.fromstring(svg(report.figures[3].chart, "t", "d"))
    assert len(curves.findall("{*}polyline")) == 2
    assert len(curves.findall("{*}polygon")) == 1


def test_a_drawing_is_as_it_was() -> None:
    chart = Bars(("Faded",), (Bar("Early end", "■", "#B85C00", (4.0,), (4,)),), is_share=False)
    drawn = svg(chart, "T & t", "D")
    assert drawn.splitlines()[1:] == [
        "<title>T &amp; t</title>",
        "<desc>D</desc>",
        '<text x="41" y="27" text-anchor="end" fill="#1b2530" font-size="12.5">Faded</text>',
        '<rect x="51" y="11" width="569" height="24" fill="#B85C00" stroke="#ffffff" stroke-width="1"/>',
        '<text x="627" y="27.5" text-anchor="start" fill="#1b2530" font-size="12.5" '
        'font-weight="600">4</text>',
        "</svg>",
    ]
