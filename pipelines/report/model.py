"""What a report is made of: sections of paragraphs, numbers, tables and figures, as plain data.

There is one model and four writers (`html`, `pdf`, `slides`, `sheets`). It goes to JSON and back without
loss, so an edition is frozen as its model, and the same model always gives the same bytes.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from warehouse.charts import Chart
from warehouse.editions import Audience

ParagraphKind = Literal["text", "gap", "draft", "written"]


class Paragraph(msgspec.Struct, frozen=True, tag="paragraph"):
    """One paragraph.

    A `gap` says that something is not known; a `draft` is worded by Kinkeeper from the numbers, what is
    `written` by the program manager.
    """

    text: str
    kind: ParagraphKind = "text"


class Number(msgspec.Struct, frozen=True):
    """One big number: what it is called, what it is of with its interval, and how it changed."""

    label: str
    value: str
    detail: str
    change: str = ""


class Numbers(msgspec.Struct, frozen=True, tag="numbers"):
    """Numbers side by side."""

    items: tuple[Number, ...]


class Actions(msgspec.Struct, frozen=True, tag="actions"):
    """What is asked of the reader, the most urgent first."""

    items: tuple[tuple[str, str], ...]
    """What to do, and why."""


class Figure(msgspec.Struct, frozen=True, tag="figure"):
    """A chart with a title, what it says in words (its caption) and what it shows (its alternative text)."""

    figure_id: str
    title: str
    chart: Chart
    caption: str
    alt: str


class Table(msgspec.Struct, frozen=True, tag="table"):
    """A table of words; `numeric` are the columns set to the right."""

    table_id: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = ()
    note: str = ""


Block = Paragraph | Numbers | Actions | Figure | Table


class Section(msgspec.Struct, frozen=True):
    """One section; `level` is its level after Kirkpatrick, where it has one."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    level: str = ""
    is_annex: bool = False


class Cell(msgspec.Struct, frozen=True):
    """One number that a report tells of a group: what later reports are held against.

    `value` is rounded as it is told; `n_pairs` stand behind it.
    """

    group: str
    measure: str
    unit: str
    n_pairs: int
    n: int
    value: float
    low: float | None
    high: float | None
    text: str

    @property
    def key(self) -> tuple[str, str]:
        """What it is of, the same in every report."""
        return self.group, self.measure


class Report(msgspec.Struct, frozen=True):
    """A whole report. Instants are UTC, ISO 8601."""

    program_id: str
    program_name: str
    quarter: str
    edition: int
    audience: Audience
    as_of: str
    known_at: str
    label: str
    """What every page must say, for example that the people are synthetic; empty where there is nothing."""
    answer: str
    front: tuple[Block, ...]
    sections: tuple[Section, ...]
    cells: tuple[Cell, ...]

    @property
    def title(self) -> str:
        """The title of the document."""
        return f"{self.program_name}: impact report {spoken(self.quarter)}"

    @property
    def headline(self) -> str:
        """The first sentence of the answer."""
        first, stop, _ = self.answer.partition(". ")
        return first + stop.strip()

    @property
    def grounds(self) -> str:
        """What follows the first sentence of the answer."""
        return self.answer.partition(". ")[2]

    @property
    def body(self) -> tuple[Section, ...]:
        """The sections before the annex."""
        return tuple(section for section in self.sections if not section.is_annex)

    @property
    def annex(self) -> tuple[Section, ...]:
        """The sections behind the report."""
        return tuple(section for section in self.sections if section.is_annex)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures, in their order."""
        return tuple(block for block in self.blocks if isinstance(block, Figure))

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables, in their order."""
        return tuple(block for block in self.blocks if isinstance(block, Table))

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks of the front and of the sections."""
        return (*self.front, *(block for section in self.sections for block in section.blocks))


def to_json(report: Report) -> bytes:
    """The canonical bytes of a report: the same report is the same bytes."""
    return msgspec.json.format(msgspec.json.encode(report, order="sorted"), indent=1)


def from_json(data: bytes) -> Report:
    """The report in such bytes; raises msgspec.ValidationError where they are not one."""
    return msgspec.json.decode(data, type=Report)


def snapshot_hash(data: bytes) -> str:
    """What names a frozen report."""
    return hashlib.sha256(data).hexdigest()


def spoken(quarter: str) -> str:
    """2026Q3 as people write it: Q3 2026."""
    return f"{quarter[4:]} {quarter[:4]}"
