"""The program manager's own words in a report: sealed here, and an event of the log says that they are there.

Words may say anything, so the log never holds them: they lie in the operational store, each sealed with a
key of its own, and show at once. The next build, or the next report, brings an event `ops.report_worded` into
the log that names the section, the text's id and the SHA-256 of its sealed bytes. So the log replays who was
heard when, nobody can swap a text unnoticed, and a text can be forgotten: its bytes go, its event stays.
Empty words give a section back to the draft.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from warehouse.clock import Clock, naive_utc, system_clock
from warehouse.errors import KinkeeperError
from warehouse.events.base import TYPE_PREFIX
from warehouse.operations import METADATA
from warehouse.vault import Vault, seal, unseal

SOURCE = "kinkeeper/reports"
EVENT = "ops.report_worded"
MAX_WORDS = 4000
"""Characters of one section's words."""
EVERY_PROGRAM = ""
"""Words of no program in particular stand in every report of the quarter that has none of its own."""

SECTIONS = {
    "answer": "The answer on the first page",
    "front": "A word in front",
    "reach": "Reach",
    "health": "Relationship health",
    "endings": "How relationships end",
    "early_warning": "Early warning",
    "experience": "Experience of both sides",
    "learning": "Learning and behaviour",
    "network": "Network and sponsorship",
    "equity": "Equity",
    "mentors": "Mentors",
    "operation": "Operation",
    "did_not_work": "What did not work",
    "plan": "Risks and plan",
}
"""Where a manager may write words of their own, in the order of the report."""

REPORT_WORDS = sa.Table(
    "report_words",
    METADATA,
    sa.Column("text_id", sa.String, primary_key=True),
    sa.Column("ordinal", sa.Integer, nullable=False, unique=True),
    sa.Column("program", sa.String, nullable=False),
    sa.Column("quarter", sa.String, nullable=False),
    sa.Column("section", sa.String, nullable=False),
    sa.Column("sealed", sa.LargeBinary),
    sa.Column("sha256", sa.String),
    sa.Column("written_at", sa.DateTime, nullable=False),
    sa.Column("drained_at", sa.DateTime, index=True),
)
"""`sealed` is gone where the words were forgotten, and was never there where a draft was given back."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where words stand: a section of the reports of a quarter, of one program or of every one."""

    quarter: str
    section: str
    program: str = EVERY_PROGRAM


@dataclass(frozen=True, slots=True)
class Worded:
    """That a section was put into words once; `sha256` is None where it was given back to the draft.

    `written_at` is naive UTC.
    """

    text_id: str
    place: Place
    sha256: str | None
    written_at: dt.datetime


class ReportWords:
    """The words of one home's reports."""

    def __init__(self, engine: sa.Engine, clock: Clock = system_clock) -> None:
        self._engine = engine
        self._clock = clock

    def write(self, place: Place, words: str) -> None:
        """Keep the words of a section; raises KinkeeperError where it is none, or where they are too many."""
        if place.section not in SECTIONS:
            raise KinkeeperError(
                f"no section is called {place.section!r}: choose one of {', '.join(SECTIONS)}"
            )
        text = words.replace("\r\n", "\n").strip()
        if len(text) > MAX_WORDS:
            raise KinkeeperError(f"the text has {len(text):,} characters, {MAX_WORDS:,} are allowed")
        text_id = f"txt_{secrets.token_hex(8)}"
        sealed = seal(self._new_key(text_id), text.encode("utf-8", "replace")) if text else None
        row = {
            "text_id": text_id,
            "program": place.program,
            "quarter": place.quarter,
            "section": place.section,
            "sealed": sealed,
            "sha256": sealed and hashlib.sha256(sealed).hexdigest(),
            "written_at": self._now(),
        }
        column = REPORT_WORDS.c
        with self._engine.begin() as connection:
            last = connection.scalar(sa.select(sa.func.max(column.ordinal))) or 0
            connection.execute(sa.insert(REPORT_WORDS).values(row | {"ordinal": last + 1}))

    def latest(self, quarter: str, program: str = EVERY_PROGRAM) -> dict[str, str]:
        """The words of a quarter's report of a program, by section; its own before those of all."""
        column = REPORT_WORDS.c
        query = sa.select(REPORT_WORDS).where(column.quarter == quarter, column.program.in_({"", program}))
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(column.ordinal)).all()
        texts: dict[str, dict[str, str]] = {EVERY_PROGRAM: {}, program: {}}
        for row in rows:
            texts[row.program][row.section] = self._text(row.text_id, row.sealed)
        of_both = texts[EVERY_PROGRAM] | {key: text for key, text in texts[program].items() if text}
        return {section: text for section, text in of_both.items() if text}

    def texts(self, named: Mapping[str, str]) -> dict[str, str]:
        """Texts by their ids, as the log names them: id -> SHA-256 of the sealed bytes.

        One that was forgotten is left out. Raises KinkeeperError where a text is not the one written.
        """
        query = sa.select(REPORT_WORDS).where(REPORT_WORDS.c.text_id.in_(list(named)))
        with self._engine.connect() as connection:
            rows = [row for row in connection.execute(query) if row.sealed is not None]
        for row in rows:
            if hashlib.sha256(row.sealed).hexdigest() != named[row.text_id]:
                raise KinkeeperError(
                    f"the words for {row.section} of {row.quarter} are not those that the log names: "
                    "write them again, or restore a backup"
                )
        return {row.text_id: self._text(row.text_id, row.sealed) for row in rows}

    def forget(self, place: Place) -> int:
        """Destroy all words written there and give the section back to the draft; how many there were."""
        column = REPORT_WORDS.c
        where = (
            column.quarter == place.quarter,
            column.section == place.section,
            column.program == place.program,
            column.sealed.is_not(None),
        )
        with self._engine.begin() as connection:
            ids = list(connection.scalars(sa.select(column.text_id).where(*where)))
            connection.execute(sa.update(REPORT_WORDS).where(column.text_id.in_(ids)).values(sealed=None))
        vault = Vault(self._engine)
        for text_id in ids:
            vault.forget_key(_key_of(text_id))
        self.write(place, "")
        return len(ids)

    def waiting(self) -> list[Worded]:
        """What the log does not know yet, in the order in which it was written."""
        query = sa.select(REPORT_WORDS).where(REPORT_WORDS.c.drained_at.is_(None))
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(REPORT_WORDS.c.ordinal)).all()
        return [
            Worded(row.text_id, Place(row.quarter, row.section, row.program), row.sha256, row.written_at)
            for row in rows
        ]

    def drained(self, worded: Iterable[Worded]) -> None:
        """Note that the log knows of these."""
        ids = [each.text_id for each in worded]
        query = sa.update(REPORT_WORDS).where(REPORT_WORDS.c.text_id.in_(ids))
        with self._engine.begin() as connection:
            connection.execute(query.values(drained_at=self._now()))

    def _text(self, text_id: str, sealed: bytes | None) -> str:
        if sealed is None:
            return ""
        return unseal(Vault(self._engine).known_key(_key_of(text_id)), bytes(sealed)).decode("utf-8")

    def _new_key(self, text_id: str) -> bytes:
        return Vault(self._engine).file_key(_key_of(text_id))

    def _now(self) -> dt.datetime:
        return naive_utc(self._clock())


def _key_of(text_id: str) -> str:
    return f"report-text-{text_id}"


def event_line(worded: Worded) -> str:
    """That a section was put into words, as one native line of the log: nothing of what they say."""
    place = worded.place
    data = {
        "quarter": place.quarter,
        "section": place.section,
        "text_id": worded.text_id,
        "sealed_sha256": worded.sha256,
        "program": place.program,
    }
    written_at = worded.written_at.replace(tzinfo=dt.UTC).isoformat()
    line = {
        "specversion": "1.0",
        "id": worded.text_id,
        "source": SOURCE,
        "type": f"{TYPE_PREFIX}.{EVENT}.v1",
        "time": written_at,
        "recordedat": written_at,
        "actorrole": "pm",
        "data": {name: value for name, value in data.items() if value},
    }
    return json.dumps(line, sort_keys=True)


def standing(
    rows: Sequence[tuple[str | None, str, str, str | None]], program: str
) -> dict[str, tuple[str, str]]:
    """Which texts stand in the report of a program: section -> id and SHA-256.

    `rows` are program, section, text id and SHA-256 of the log's events of one quarter, the oldest first.
    """
    latest: dict[tuple[str, str], tuple[str, str | None]] = {}
    for of_program, section, text_id, sha256 in rows:
        latest[of_program or EVERY_PROGRAM, section] = text_id, sha256
    found: dict[str, tuple[str, str]] = {}
    for of_program in (EVERY_PROGRAM, program):
        for (owner, section), (text_id, sha256) in latest.items():
            if owner == of_program and sha256 is not None:
                found[section] = text_id, sha256
    return found
