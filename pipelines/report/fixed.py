"""Office files whose bytes depend on nothing but their contents.

PPTX and XLSX are ZIP files. The libraries write the time of day into their members and properties; here
every member gets one date, their order is that of their names, and the properties carry the report's instant.
Workbooks inside a presentation (the data of its charts) are treated alike.
"""

from __future__ import annotations

import io
import re
import zipfile

_FIRST = (1980, 1, 1, 0, 0, 0)
"""The earliest date a ZIP file can hold."""
_WHEN = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")
_CONTENT_TYPES = "[Content_Types].xml"


def fixed(data: bytes, instant: str) -> bytes:
    """The same Office file with nothing of the time it was written at; `instant` is ISO 8601, UTC."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(made, "w") as target:
        for name in sorted(given.namelist(), key=lambda name: (name != _CONTENT_TYPES, name)):
            member = zipfile.ZipInfo(name, _FIRST)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o600 << 16
            target.writestr(member, _settled(name, given.read(name), instant))
    return made.getvalue()


def _settled(name: str, data: bytes, instant: str) -> bytes:
    if name.endswith(".xlsx"):
        return fixed(data, instant)
    if name == "docProps/core.xml":
        return _WHEN.sub(rb"\g<1>" + instant.encode() + rb"\g<2>", data)
    return data
