"""The reader follows `published/current.json` and opens the builds of past days by their instants.

A screen takes one publication and asks it everything, so no screen ever mixes two builds.
"""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from dashboards.data.publication import Publication, run
from warehouse import publish
from warehouse.clock import end_of_day, naive_utc
from warehouse.database import open_programs, open_read_only

MAX_PAST_OPEN = 8
"""How many publications of past days a process holds open; those used last stay."""


@dataclass(frozen=True)
class Dated:
    """A published file and the instants it is of (naive UTC), with their days in the program's zone."""

    file: Path
    build_id: str
    as_of: dt.datetime
    known_at: dt.datetime
    as_of_on: dt.date
    known_on: dt.date
    zone: str
    shape: str

    def end_of(self, day: dt.date) -> dt.datetime:
        """The last moment of a day in the program's zone (naive UTC), as the command line reads a day."""
        return naive_utc(end_of_day(day, ZoneInfo(self.zone)))


class Reader:
    """Follows the pointer in a folder of publications, and opens those of past days by their instants."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._open: dict[tuple[str, ...] | None, Publication] = {}
        self._past: dict[tuple[Path, tuple[str, ...] | None], Publication] = {}
        self._dated: dict[Path, Dated] = {}

    @property
    def home(self) -> Path:
        """The home folder whose publications these are."""
        return self._folder.parent

    def publication(self, programs: tuple[str, ...] | None = None) -> Publication:
        """The newest publication, or as much of it as is about these programs; raises NothingPublished.

        The one before stays open for as long as a screen still holds it.
        """
        named = publish.current(self._folder)
        with self._lock:
            found = self._open.get(programs)
            if found is None or found.build_id != named.build_id:
                found = self._open[programs] = _opened(self._folder / named.file, named.build_id, programs)
            return found

    def newest(self) -> Dated:
        """The instants of the newest publication; raises NothingPublished."""
        file = self._folder / publish.current(self._folder).file
        with self._lock:
            found = self._dated[file] = self._dated.get(file) or _dated(file)
            return found

    def kept(self) -> list[Dated]:
        """Every publication screens can draw, the latest day first, and of one day the latest knowledge.

        One that another version made, with other tables or columns, is as good as not built.
        """
        files, shape = publish.kept(self._folder), self.newest().shape
        with self._lock:
            self._dated = {file: self._dated.get(file) or _dated(file) for file in files}
            found = [dated for dated in self._dated.values() if dated.shape == shape]
        return sorted(found, key=lambda dated: (dated.as_of, dated.known_at), reverse=True)

    def past(self, dated: Dated, programs: tuple[str, ...] | None = None) -> Publication:
        """The publication of another day, or as much of it as is about these programs."""
        with self._lock:
            key = (dated.file, programs)
            found = self._past.pop(key, None) or _opened(dated.file, dated.build_id, programs)
            self._past[key] = found  # the one used last stands last
            while len(self._past) > MAX_PAST_OPEN:
                del self._past[next(iter(self._past))]
            return found


def _opened(file: Path, build_id: str, programs: tuple[str, ...] | None) -> Publication:
    connection = open_read_only(file) if programs is None else open_programs(file, programs)
    return Publication(build_id, connection)


_SHAPE = """
select md5(string_agg(table_name || '.' || column_name, ' ' order by table_name, column_name)) as shape
from duckdb_columns()
where schema_name = 'mart'
"""


def _dated(file: Path) -> Dated:
    """What a published file says of itself; it never changes, so it is asked once."""
    with open_read_only(file) as connection:
        opened = Publication("", connection)
        asked, shape = run(opened), opened.rows(_SHAPE)[0]["shape"]
    zone = str(asked.get("time_zone") or "UTC")

    def day(instant: dt.datetime) -> dt.date:
        return instant.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone)).date()

    as_of, known_at = asked["as_of"], asked["known_at"]
    return Dated(file, asked["build_id"], as_of, known_at, day(as_of), day(known_at), zone, shape)
