"""What every screen is given and what happens when it cannot be drawn.

A page is a function of a `Scene`: one publication, its run, the names a reader may see and the time. Which
publication it is, the address says: the newest, or that of a past day. The decorator hands the page its scene
and turns a missing publication or a failure into a screen that says what to do, so no page ever shows a
traceback or stays blank.
"""

from __future__ import annotations

import datetime as dt
import functools
import logging
import secrets
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
from dash.development.base_component import Component
from flask import current_app
from werkzeug.exceptions import HTTPException

from dashboards import components, data, formats
from dashboards.access import caller, note
from dashboards.data.publication import Publication, Row
from dashboards.data.reader import Dated, Reader
from dashboards.moment import PRESENT, Moment, carry, from_address
from dashboards.pictures import offer_pictures
from dashboards.speech import spoken
from dashboards.tables import offer_tables
from dashboards.viewer import remember_zone
from warehouse.accounts import NAMES, PAST
from warehouse.actions import Actions
from warehouse.clock import SKEW_ALLOWED, Clock, naive_utc
from warehouse.errors import KinkeeperError, NothingPublished
from warehouse.past_desk import PastDesk
from warehouse.report_desk import ReportDesk
from warehouse.report_words import ReportWords
from warehouse.requests import Requests
from warehouse.settings import default_home

EXTENSION = "kinkeeper"
STALE_AFTER = dt.timedelta(hours=36)

Names = Callable[[Iterable[str]], Mapping[str, str]]
"""Person ids to names, for those the vault knows; nothing where names are not switched on."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shelf:
    """Where published reports lie, and where new ones are asked for."""

    folder: Path
    desk: ReportDesk
    words: ReportWords


@dataclass(frozen=True)
class Setting:
    """What the application was started with."""

    reader: Reader
    requests: Requests
    actions: Actions
    names: Names
    clock: Clock
    shelf: Shelf
    past: PastDesk
    shows_names: bool = False


@dataclass(frozen=True)
class Scene:
    """What one drawing of a screen may look at; `now` is naive UTC like all times in the tables."""

    publication: Publication
    run: Row
    now: dt.datetime
    names: Mapping[str, str] = field(default_factory=dict)
    moment: Moment = PRESENT

    @property
    def is_past(self) -> bool:
        """Whether somebody asked for another day than today: nothing can be done there."""
        return bool(self.moment)

    def may(self, permission: str) -> bool:
        """Whether the caller may do something here: what changes anything is for today alone."""
        return not self.is_past and caller().may(permission)

    @property
    def is_stale(self) -> bool:
        """Whether the build looks so far back that a list made from it may mislead."""
        return bool(self.now - min(self.run["as_of"], self.run["known_at"]) > STALE_AFTER)

    @property
    def is_ahead(self) -> bool:
        """Whether the build looks at a day that has not come."""
        return bool(self.run["as_of"] - self.now > SKEW_ALLOWED)

    def health(self, row: Row) -> float | None:
        """The health of a pair that enough is known about: with too little evidence it decides nothing."""
        is_covered = (row["coverage"] or 0) >= self.run["too_early_coverage"]
        return row["health"] if is_covered else None

    def people_called(self, text: str) -> list[str]:
        """The persons with this text in their names, where names are shown."""
        if not text:
            return []
        names = names_of(data.people.everybody(self.publication))
        return [person_id for person_id, name in names.items() if text.casefold() in name.casefold()]

    def people(self, row: Row) -> tuple[str, str]:
        """What the two of a pair are called: the mentee's side first."""
        direction = row["direction"]
        return (
            formats.person("mentee", row["mentee_id"], direction, self.names),
            formats.person("mentor", row["mentor_id"], direction, self.names),
        )

    def naming(self, rows: Iterable[Row]) -> Scene:
        """The same scene, knowing the names of the people in these rows where that is allowed."""
        ids = {row[side] for row in rows for side in ("mentee_id", "mentor_id") if row[side] is not None}
        return replace(self, names=names_of(sorted(ids)))


class PastShut(KinkeeperError):
    """The caller may look at today only."""

    def __init__(self) -> None:
        super().__init__("past days are not open to you")


class NotBuilt(KinkeeperError):
    """No publication shows the day somebody asked for."""

    def __init__(self, moment: Moment) -> None:
        super().__init__("no publication shows this day: run `kinkeeper build --beside --as-of DAY`")
        self.moment = moment


def setting() -> Setting:
    """The setting of the application that is answering."""
    found: Setting = current_app.extensions[EXTENSION]
    return found


def command_line(arguments: str) -> str:
    """A command for the home that is shown; a folder outside the working directory is not named."""
    home, here = setting().reader.home.absolute(), Path.cwd()
    if home == default_home():
        return f"kinkeeper {arguments}"
    is_below = home.is_relative_to(here)
    return f"kinkeeper {arguments} --home {shlex.quote(str(home.relative_to(here))) if is_below else 'HOME'}"


def names_of(person_ids: Iterable[str]) -> Mapping[str, str]:
    """The names of these people, for callers who may see names."""
    return setting().names(person_ids) if caller().may(NAMES) else {}


def scene(moment: Moment = PRESENT) -> Scene:
    """What the caller may see of the newest publication, or of a past day.

    Raises NothingPublished where there is none at all, NotBuilt where none shows that day, and PastShut for
    callers who may look at today only.
    """
    if moment and not caller().may(PAST):
        raise PastShut
    reader, programs = setting().reader, caller().programs
    newest = reader.publication(programs)
    now = naive_utc(setting().clock())
    dated = dated_at(moment) if moment else None
    if moment and dated is None:
        raise NotBuilt(moment)
    is_past = dated is not None and dated.build_id != newest.build_id
    publication = reader.past(dated, programs) if dated is not None and is_past else newest
    run = data.publication.run(publication)
    remember_zone(run["time_zone"])
    return Scene(publication, run, now, moment=moment if is_past else PRESENT)


def dated_at(moment: Moment) -> Dated | None:
    """The publication of a day as known on a day: of several the latest, and None where there is none."""
    as_of, known_at = days_of(moment)
    found = (one for one in setting().reader.kept() if (one.as_of_on, one.known_on) == (as_of, known_at))
    return next(found, None)


def days_of(moment: Moment) -> tuple[dt.date, dt.date]:
    """Both days of a moment: the newest where no day is said, and known as on that day."""
    as_of = moment.as_of or setting().reader.newest().as_of_on
    return as_of, moment.known_at or as_of


OTHER_VERSION = (duckdb.BinderException, duckdb.CatalogException)
"""What a query meets in a build that lacks a table or a column."""


def _failed(module: str, error: Exception) -> Component:
    """What stands in place of a screen; a build that lacks what it reads only has to be built again."""
    incident = secrets.token_hex(4)
    log.exception("screen %s failed, incident %s", module, incident)
    if isinstance(error, OTHER_VERSION):
        return components.other_version()
    return components.failure(incident)


def panel(name: str, draw: Callable[[], Component | None]) -> Component | None:
    """One part of a screen that may fail by itself: then it says so, and the rest of the screen is served.

    What the whole screen has to answer passes: nothing published, a day not built, a build of another
    version, somebody who may not.
    """
    try:
        return draw()
    except (NothingPublished, NotBuilt, PastShut, HTTPException, *OTHER_VERSION):
        raise
    except Exception:  # the visitor gets a number, the log what happened
        incident = secrets.token_hex(4)
        log.exception("panel %r failed, incident %s", name, incident)
        return components.broken(name, incident)


def screen(
    permission: str, *, has_past: bool = True
) -> Callable[[Callable[..., Component]], Callable[..., Component]]:
    """Make a page's `draw(scene, **address)` a layout for callers with this permission that never fails.

    A page without a past shows today whatever the address says, and says so.
    """

    def mark(draw: Callable[..., Component]) -> Callable[..., Component]:
        @functools.wraps(draw)
        def layout(**address: Any) -> Component:
            if not caller().may(permission):
                note(draw.__module__.rpartition(".")[2], outcome="denied")
                return spoken(components.not_yours(caller().role, permission))
            moment = from_address(address)
            try:
                current = scene(moment if has_past else PRESENT)
                drawn = spoken(draw(current, **address))
                offer_pictures(drawn, current.run)
                offer_tables(drawn, draw.__module__.rpartition(".")[2], address)
                return carry(drawn, moment)
            except NothingPublished:
                return spoken(components.first_run())
            except PastShut:
                return spoken(components.today_only())
            except NotBuilt:
                from dashboards.panels.past import not_built  # panels are drawn from scenes

                return carry(spoken(not_built(moment, address)), moment)
            except Exception as error:  # a screen is the outermost layer: say so, keep the rest up
                return spoken(_failed(draw.__module__, error))

        layout.permission = permission  # type: ignore[attr-defined]  # the navigation and a test read it
        layout.has_past = has_past  # type: ignore[attr-defined]  # the frame says so
        return layout

    return mark
