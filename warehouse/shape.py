"""What a line looks like without telling what it says, for people who must not see what it says."""

from __future__ import annotations

import re
from functools import cache

import warehouse.events.catalogue  # noqa: F401  fills the catalogue
from warehouse.events.base import CATALOGUE, fields

MAX_SHAPE = 400
"""Characters of a line that are looked at."""

ENVELOPE_KEYS = frozenset(
    {
        "specversion", "id", "source", "type", "subject", "time", "recordedat", "actorid", "actorrole",
        "programid", "cohortid", "evidence", "visibility", "causationid", "correlationid", "data",
    }
)  # fmt: skip

_KEY = re.compile(r'("[a-z_]{1,40}")(?=\s*:)')
_LETTER, _DIGIT, _ODD = re.compile(r"[^\W\d_]"), re.compile(r"\d"), re.compile(r"[^ -~]")


def line_shape(raw: bytes) -> str:
    """A line with its values hidden: digits as 9, letters as a, punctuation as it is.

    Keys stay where they are our own names of fields; any other key may be a person's name.
    """
    encoding = "utf-16-le" if raw[1:2] == b"\x00" else "utf-8"
    text = raw[: 4 * MAX_SHAPE].decode(encoding, "replace")
    cut = text[:MAX_SHAPE]
    between, *rest = _KEY.split(cut)
    shown = [_hidden(between)]
    for key, value in zip(rest[::2], rest[1::2], strict=True):
        shown += (key if key[1:-1] in _our_keys() else _hidden(key), _hidden(value))
    return "".join(shown) + ("…" if len(cut) < len(text) else "")


def _hidden(text: str) -> str:
    """Marks that are neither letter nor digit still tell a script, and vowels in some: they become dots."""
    return _ODD.sub("·", _DIGIT.sub("9", _LETTER.sub("a", text)))


@cache
def _our_keys() -> frozenset[str]:
    names = (field.name for kind in CATALOGUE.values() for field in fields(kind))
    return ENVELOPE_KEYS.union(names)
