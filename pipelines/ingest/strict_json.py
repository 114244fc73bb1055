"""JSON read to the letter: what two libraries would read in two ways is refused with a reason.

Python's own parser lets pass a key that comes twice, NaN, numbers beyond any column and half characters,
and stops with a RecursionError where brackets nest too deep.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from warehouse.errors import EventRejected

MAX_DEPTH = 32
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1
_INT_DIGITS = 20

_STRINGS_AND_BRACKETS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
_NUL_OR_HALF = re.compile(r"[\x00\ud800-\udfff]")


def parse_json(text: str) -> Any:
    """The value of one JSON text.

    Refuses with `json.syntax`, `json.duplicate_key`, `json.depth`, `json.not_number` (NaN, infinity),
    `number.range` (beyond 64 bits), `text.lone_surrogate` and `text.control_char` (an escaped NUL).
    """
    _refuse_depth(text)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise EventRejected("json.syntax", None, f"{error.msg} at character {error.pos + 1}") from None
    if "\\u" in text:
        _refuse_characters(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise EventRejected("json.duplicate_key", None, "an object names one key twice: which one is meant?")
    return made


def _integer(digits: str) -> int:
    if len(digits) > _INT_DIGITS or not _INT_MIN <= (number := int(digits)) <= _INT_MAX:
        raise EventRejected("number.range", None, "a whole number needs more than 64 bits: send it as text")
    return number


def _real(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise EventRejected("json.not_number", None, "a number is too large to be one")
    return number


def _constant(word: str) -> float:
    raise EventRejected("json.not_number", None, f"{word} is no JSON number: leave the field out")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_real, parse_constant=_constant
)


def _refuse_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for match in _STRINGS_AND_BRACKETS.finditer(text):
        mark = match[0]
        depth += (mark in "[{") - (mark in "]}")
        if depth > MAX_DEPTH:
            raise EventRejected("json.depth", None, f"nested more than {MAX_DEPTH} deep")


def _refuse_characters(value: Any) -> None:
    """Escapes can spell what no text may hold, anywhere in the value."""
    if isinstance(value, str):
        if found := _NUL_OR_HALF.search(value):
            is_nul = found[0] == "\x00"
            code = "text.control_char" if is_nul else "text.lone_surrogate"
            what = "a control character" if is_nul else "half of a character"
            raise EventRejected(code, None, f"an escape spells {what}")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_characters(key)
            _refuse_characters(inner)
    elif isinstance(value, list):
        for inner in value:
            _refuse_characters(inner)
