"""What the columns of a table are called: exports for people's eyes name them in words, in any order.

A column may have several names: Qualtrics gives each an id, its question and an ImportId, SurveyMonkey a
question and a row of it. Names are compared without case, markup and punctuation; a column that two places
answer to is refused, never chosen.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pipelines.ingest.readers.records import MAX_COLUMNS, nearest
from warehouse.clock import RFC3339, TimeFormat
from warehouse.errors import FileRefused

ANSWER_MONTH = "answer_month"
ROW_KEY = "row_key"
OWN_COLUMNS = (ANSWER_MONTH, ROW_KEY)
"""Columns that every table has: year and month of a row's first instant in the declared zone, and a hash of
all its cells that the mapping reads, for sources that give their rows no id."""

_MARKUP = re.compile(r"<[^<>]{0,200}>")
_NO_WORD = re.compile(r"[\W_]+")
_GRID = re.compile(r".*\[(?P<row>[^\[\]]+)\]", re.DOTALL)
_MATRIX = re.compile(r".*\s-\s(?P<row>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Heading:
    """What a mapping asks of a table's columns, by our names for them.

    `known_as` says what each may be called in the file. Columns in `optional` may be missing, but one of
    `some_of` must be there. `times` hold instants, written in `style`; `ids` make an event's id.
    """

    needed: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    some_of: frozenset[str] = frozenset()
    known_as: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    times: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    style: TimeFormat = RFC3339
    delimiter: str | None = None
    encoding: str = "utf-8"
    sheet: str | None = None

    def places(self, columns: Sequence[Names]) -> dict[str, int]:
        """Where each column asked for stands; refuses one that is missing and one that stands twice."""
        if len(columns) > MAX_COLUMNS:
            raise FileRefused("csv.columns_max", f"more than {MAX_COLUMNS} columns: is this the right file?")
        found = {
            name: place
            for name in self.needed | self.optional
            if (place := self._place(name, columns)) is not None
        }
        for missing in sorted(self.needed - found.keys()):
            raise FileRefused("schema.missing_column", _missing(missing, columns))
        if self.some_of and not self.some_of & found.keys():
            hint = "no column is one of the questions the mapping knows: bind yours below [survey.items]"
            raise FileRefused("schema.missing_column", hint)
        return found

    def is_met_by(self, columns: Sequence[Names]) -> bool:
        """Whether a row can be the header: everything needed is in it."""
        return all(self._place(name, columns) is not None for name in self.needed)

    def _place(self, name: str, columns: Sequence[Names]) -> int | None:
        """The column of a name; the name itself is looked for before what else it may be called."""
        for called in self.known_as.get(name, (name,)):
            exact = [place for place, names in enumerate(columns) if called in names]
            wanted = alike(called)
            found = exact or [
                place
                for place, names in enumerate(columns)
                if wanted and any(alike(one) == wanted for one in names)
            ]
            if len(found) > 1:
                hint = f"{len(found)} columns are called {called!r}: bind it by its id, or rename one"
                raise FileRefused("schema.ambiguous_column", hint)
            if found:
                return found[0]
        return None


Names = tuple[str, ...]
"""All the names of one column."""


@lru_cache(maxsize=4096)
def alike(text: str) -> str:
    """A text for comparing: without case, markup, punctuation and kinds of space."""
    plain = _MARKUP.sub(" ", html.unescape(text)) if "<" in text or "&" in text else text
    return _NO_WORD.sub(" ", unicodedata.normalize("NFKC", plain).casefold()).strip()


def plain_names(rows: Sequence[Sequence[str]]) -> list[Names]:
    """The columns of a table with one row of names; a grid's columns are `question [row]`."""
    return [_with_row(name.strip(), _GRID) for name in rows[0]]


def qualtrics_names(rows: Sequence[Sequence[str]]) -> list[Names]:
    """The columns of a Qualtrics table: id, question (of a matrix `question - row`) and ImportId."""
    return [
        tuple(
            dict.fromkeys(
                name
                for name in (cells[0], _import_id(cells[2:]), *_with_row("".join(cells[1:2]), _MATRIX))
                if name
            )
        )
        for cells in _columns(rows)
    ]


def qualtrics_zones(row: Sequence[str]) -> list[str | None]:
    """The time zone that the third row tells of each column, if it tells any."""
    return [_told(cell).get("timeZone") for cell in row]


def is_import_row(row: Sequence[str]) -> bool:
    """Whether a row is the third of a Qualtrics table."""
    return any("ImportId" in _told(cell) for cell in row)


def surveymonkey_names(rows: Sequence[Sequence[str]]) -> list[Names]:
    """The columns of a SurveyMonkey table: a question spans its columns, below it stand its rows."""
    named: list[Names] = []
    question = ""
    for above, *below in _columns(rows):
        question = above or question
        part = below[0] if below else ""
        is_whole = not part or alike(part) in _WHOLE_ANSWERS
        names = [question] if above and (is_whole or not part) else []
        if part and not is_whole:
            names += [f"{question} - {part}", part]
        named.append(tuple(names))
    return named


_WHOLE_ANSWERS = frozenset(
    alike(text)
    for text in (
        "Response",
        "Open-Ended Response",
        "Réponse",
        "Antwort",
        "Respuesta",
        "Resposta",
        "Risposta",
        "Antwoord",
    )
)
"""What stands below a question that has one column."""


def _with_row(question: str, pattern: re.Pattern[str]) -> Names:
    """The names of a question: the whole of it, and the row of a matrix that it ends in."""
    if not question:
        return ()
    match = pattern.fullmatch(question)
    return (question, match["row"].strip()) if match else (question,)


def _columns(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """The cells of some rows by column, each row as wide as the widest."""
    width = max(map(len, rows))
    return [[(row[place] if place < len(row) else "").strip() for row in rows] for place in range(width)]


def _import_id(cells: Sequence[str]) -> str:
    told = _told(cells[0]) if cells else {}
    return next((str(told[key]) for key in ("ImportId", "choiceId") if told.get(key)), "")


def _told(cell: str) -> dict[str, str]:
    if not cell.lstrip().startswith("{"):
        return {}
    try:
        told = json.loads(cell)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _missing(name: str, columns: Sequence[Names]) -> str:
    close = nearest(name, {one for names in columns for one in names})
    if close is None:
        return f"the mapping reads column {name!r}, which the file does not have"
    return f'no column {name!r}, but {close!r}: rename it, or add `"{name}" = "{close}"` below [alias]'
