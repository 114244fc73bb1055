"""Microsoft Teams' attendance report: numbered sections, tabs, UTF-16, in the organiser's language.

Section 3 tells every stay; where it is missing, section 2 tells the first join and the last leave. Headers in
a language nobody listed are read by what stands below them: the two columns of times are join and leave.
The attendance list that is downloaded during a meeting has three columns instead: name, action, time.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from pipelines.ingest.readers.attendance import (
    UNTIL_LAST,
    Call,
    Cells,
    Columns,
    Draft,
    ReportLayout,
    Told,
    cell,
    columns_of,
    read_table,
    settle,
    zone_in_header,
)
from pipelines.ingest.readers.records import Record
from warehouse.errors import FileRefused

PARTICIPANT = {
    "name": frozenset(
        {"name", "full name", "nom", "nombre", "nome", "naam", "vollständiger name", "nom complet"}
    ),
    "email": frozenset({"email", "e mail", "e mail address", "correo electrónico", "adresse e mail"}),
    "join": frozenset(
        {"join time", "first join", "first join utc", "join time utc", "joined", "first join time"}
    ),
    "leave": frozenset(
        {"leave time", "last leave", "last leave utc", "leave time utc", "left", "last leave time"}
    ),
    "upn": frozenset({"participant id upn", "upn", "participant id"}),
    "total": frozenset(
        {"in meeting duration", "duration", "attendance duration", "besprechungsdauer", "dauer", "durée"}
        | {"durée de participation à la réunion", "duración en la reunión", "duración", "durata", "duur"}
    ),
}
START = frozenset(
    {"start time", "meeting start time", "startzeit", "heure de début", "hora de inicio", "ora di inizio"}
)
END = frozenset(
    {"end time", "meeting end time", "endzeit", "heure de fin", "hora de finalización", "ora di fine"}
)

_SECTION = re.compile(r"(?P<number>[1-9])\. *\S.*")
_DATED = re.compile(r"\d{1,4} ?[./-] ?\d{1,2} ?[./-] ?\d{2,4}\b.*\d[:.]\d\d")


def read_teams(chunks: Iterable[bytes], layout: ReportLayout, notes: list[str]) -> Iterator[Record]:
    """One record a participant's stay, with the call it belongs to.

    Refuses with `report.unknown` what has neither sections nor a table of names and times, and with
    `report.no_times` a report without join and leave times that does not say how long each was there.
    """
    sections = _sections(read_table(chunks, layout, notes))
    table = sections.get("3") or sections.get("2") or sections.get("")
    if table is None:
        raise FileRefused("report.unknown", 'no section "2. Participants" and no table of names and times')
    call = Call("teams")
    if _is_list(table):
        yield from settle(_stays_of_list(table[1:], call), [], layout, notes)
        return
    place, columns = _header(table, layout, notes)
    zone = zone_in_header(table[place])
    begin, end = _label(sections, START), _label(sections, END)
    told: list[Told] = [(call, begin, end)] if begin and zone is None else []
    rows = [
        row
        for row in table[place + 1 :]
        if not columns_of(row, PARTICIPANT, layout.aliases).keys() >= {"join"}
    ]
    drafts: list[Draft] = [(row, call, _texts(row, columns)) for row in rows]
    chosen = layout if zone is None else _in_zone(layout, zone)
    yield from settle(drafts, told, chosen, notes)


def _sections(rows: Sequence[Cells]) -> dict[str, list[Cells]]:
    """The rows below each numbered title, by its number; a report without titles is one section."""
    sections: dict[str, list[Cells]] = defaultdict(list)
    current = ""
    for row in rows:
        title = _SECTION.fullmatch(row.texts[0].strip())
        if title and not any(text.strip() for text in row.texts[1:]):
            current = title["number"]
            sections[current] = []
        else:
            sections[current].append(row)
    return {number: found for number, found in sections.items() if found}


def _header(table: Sequence[Cells], layout: ReportLayout, notes: list[str]) -> tuple[int, Columns]:
    """Where the header of a table stands, and which column is what."""
    for place, row in enumerate(table):
        columns = columns_of(row, PARTICIPANT, layout.aliases)
        if {"join", "leave"} <= columns.keys() and {"name", "email"} & columns.keys():
            return place, columns
        if {"name", "email"} <= columns.keys() and not any(_dated(other) for other in table[place + 1 :]):
            if "total" in columns:
                return place, columns
            hint = "the report has no join and leave times: an administrator chose 'Only who attended'"
            raise FileRefused("report.no_times", hint)
    for place, (row, following) in enumerate(pairwise(table)):
        times = _dated(following)
        if not _dated(row) and len(times) >= 2:
            notes.append("the header is in a language not listed: columns recognised by what is in them")
            return place, {"name": 0, "join": times[0], "leave": times[1]} | _address_column(
                table[place + 1 :]
            )
    raise FileRefused("report.unknown", "no table of participants with two columns of times")


def _dated(row: Cells) -> list[int]:
    return [index for index, text in enumerate(row.texts) if _DATED.search(text)]


def _address_column(rows: Sequence[Cells]) -> Columns:
    columns = (index for row in rows for index, text in enumerate(row.texts) if "@" in text)
    first = min(columns, default=None)
    return {} if first is None else {"email": first}


def _label(sections: dict[str, list[Cells]], labels: frozenset[str]) -> str:
    """What the summary says behind one of some labels; empty where it has none that we know."""
    summary = [*sections.get("1", ()), *sections.get("", ())]
    return next((row.texts[1] for row in summary if len(row.texts) > 1 and row.folded[0] in labels), "")


def _is_list(table: Sequence[Cells]) -> bool:
    """Whether each row is one joining or leaving: a name, what they did, and when."""
    widths = {len([text for text in row.texts if text.strip()]) for row in table}
    return widths == {3} and not _dated(table[0]) and all(_dated(row) == [2] for row in table[1:])


def _stays_of_list(rows: Sequence[Cells], call: Call) -> list[Draft]:
    """One row for each joining, with the leaving that follows it; rows of a person come in their order.

    What somebody did first was joining, in whatever language. Whoever did not leave was there until the last
    time that is listed; where that is true of several, nobody can tell how long they were together.
    """
    joining = _joining_words(rows)
    inside: dict[str, dict[str, str]] = {}
    drafts: list[Draft] = []
    for row in rows:
        (person, action, _), at = row.folded[:3], row.texts[2].strip()
        if action not in joining:
            inside.pop(person, {})["leave"] = at
        elif person not in inside:
            inside[person] = {"name": row.texts[0].strip(), "email": "", "join": at, "leave": ""}
            drafts.append((row, call, inside[person]))
    if len(inside) == 1:
        (still_there,) = inside.values()
        still_there["leave"] = UNTIL_LAST
    return drafts


def _joining_words(rows: Sequence[Cells]) -> set[str]:
    """What joining is called in a list; refuses one in which the same word seems to be leaving too."""
    said: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        said[row.folded[0]].append(row.folded[1])
    joining = {first for first, *_ in said.values()}
    if any(len(set(words)) > 1 and joining.issuperset(words) for words in said.values()):
        hint = "a list that does not begin with who joined: download the attendance report after the meeting"
        raise FileRefused("report.unknown", hint)
    return joining


def _texts(row: Cells, columns: Columns) -> dict[str, str]:
    """A participant's texts: join and leave, or how long they were there where there are no times."""
    texts = {name: cell(row, columns, name) for name in PARTICIPANT if name != "total"}
    if "join" not in columns:
        texts = {**texts, "leave": "", "total": cell(row, columns, "total")}
    if not texts["email"] and "@" in texts["upn"]:
        texts["email"] = texts["upn"]
    return texts


def _in_zone(layout: ReportLayout, zone: str) -> ReportLayout:
    """The same report with the zone its own header names."""
    return ReportLayout(
        zone=zone,
        date_order=layout.date_order,
        encoding=layout.encoding,
        aliases=layout.aliases,
        file_name=layout.file_name,
    )
