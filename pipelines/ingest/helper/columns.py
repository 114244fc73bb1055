"""What the columns of a table hold, by their values first and by what they are called second."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines.ingest.helper.dates import MOSTLY, Dates, read_dates
from pipelines.ingest.helper.table import Table
from warehouse.waiting import fold_name

Holds = Literal[
    "nothing", "address", "date", "number", "decimal", "duration", "party", "id", "name", "choice", "text"
]

IN_WORDS: dict[Holds, str] = {
    "nothing": "nothing",
    "address": "e-mail addresses",
    "date": "dates",
    "number": "whole numbers",
    "decimal": "numbers with decimals",
    "duration": "durations",
    "party": "mentor or mentee",
    "id": "ids",
    "name": "names",
    "choice": "a few words",
    "text": "text",
}

MENTOR_WORDS = frozenset({"mentor", "mentorin", "mentors", "coach", "advisor", "adviser", "tutor", "parrain"})
MENTEE_WORDS = frozenset(
    {"mentee", "mentees", "mentoree", "protege", "coachee", "learner", "student", "scholar", "filleul"}
)
MAX_CHOICES = 12
"""The most different words of a column that is a choice and not a text."""

_ADDRESS = re.compile(r"(?:[^<>]*<)?[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+>?")
_WHOLE = re.compile(r"[+-]?\d{1,9}")
_DECIMAL = re.compile(r"[+-]?\d+[.,]\d+")
_COMMA = re.compile(r"[+-]?\d+,\d+")
_DURATION = re.compile(
    r"(?:\d+ ?(?:h|hr|hrs|hours?|m|min|mins|minutes?|s|sec|secs|seconds?)\.? ?)+|\d{1,2}:\d{2}(?::\d{2})?",
    re.IGNORECASE,
)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/#=~-]{0,63}")
_NAME = re.compile(r"[^\W\d_][^\d@_]*[^\W\d_]\.?")
_WORDS = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it is called and what it holds. `choices` are its different values, where few."""

    name: str
    holds: Holds
    n_filled: int
    n_distinct: int
    dates: Dates | None = None
    choices: tuple[str, ...] = ()
    note: str = ""

    @property
    def words(self) -> frozenset[str]:
        """The words of its name, folded; `startTime` has two."""
        return words_of(self.name)

    @property
    def is_key(self) -> bool:
        """Whether every row has another value here."""
        return self.n_filled == self.n_distinct > 0

    def has(self, words: frozenset[str]) -> bool:
        return bool(self.words & words)


def words_of(text: str) -> frozenset[str]:
    """The words of a text, folded."""
    return frozenset(_WORDS.findall(fold_name(_CAMEL.sub(" ", text).replace(",", " "))))


def columns_of(table: Table) -> list[Column]:
    """The columns of a table that have a name; one that stands twice is looked at once."""
    return [
        column_of(name, table.values(name), len(table.rows)) for name in dict.fromkeys(table.header) if name
    ]


def column_of(name: str, values: Sequence[str], n_rows: int) -> Column:
    """What one column holds."""
    distinct = dict.fromkeys(values)
    counts = len(values), len(distinct)
    if not values:
        return Column(name, "nothing", 0, 0)
    holds, note, dates = _holds(name, values, counts[1], n_rows)
    is_words = holds in ("choice", "party", "text", "name", "id")
    choices = tuple(distinct) if is_words and counts[1] <= MAX_CHOICES else ()
    return Column(name, holds, *counts, dates, choices, note)


def _holds(name: str, values: Sequence[str], n_distinct: int, n_rows: int) -> tuple[Holds, str, Dates | None]:
    words = words_of(name)
    if _mostly(values, _ADDRESS):
        return "address", "", None
    dates = read_dates(values)
    if dates is not None and not (dates.unit and words & {"id", "number", "phone"}):
        return "date", "", dates
    if _mostly(values, _WHOLE):
        is_id = words & {"id", "number", "no", "key"} and n_distinct == len(values)
        return ("id" if is_id else "number"), "", None
    if all(_WHOLE.fullmatch(text) or _DECIMAL.fullmatch(text) for text in values):
        comma = any(_COMMA.fullmatch(text) for text in values)
        return "decimal", "with a decimal comma" if comma else "with a decimal point", None
    if _mostly(values, _DURATION):
        return "duration", "", None
    return _words_hold(words, values, n_distinct, n_rows), "", None


def _words_hold(words: frozenset[str], values: Sequence[str], n_distinct: int, n_rows: int) -> Holds:
    folded = [words_of(text) for text in values]
    if all(one <= MENTOR_WORDS | MENTEE_WORDS for one in folded):
        return "party"
    says_person = words & (
        MENTOR_WORDS | MENTEE_WORDS | {"name", "participant", "attendee", "host", "person", "who"}
    )
    if says_person and _mostly(values, _NAME) and not words & {"id"}:
        return "name"
    is_few = n_distinct <= MAX_CHOICES and (n_distinct < n_rows / 2 or n_distinct <= 2)
    if is_few and not words & {"id", "key", "pair", "match"}:
        return "choice"
    has_digit = any(any(letter.isdigit() for letter in text) for text in values)
    if _mostly(values, _ID) and (has_digit or words & {"id", "key", "code", "ref"}):
        return "id"
    return "choice" if is_few else "text"


def _mostly(values: Sequence[str], pattern: re.Pattern[str]) -> bool:
    return sum(pattern.fullmatch(text) is not None for text in values) >= MOSTLY * len(values)
