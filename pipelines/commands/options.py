"""What the commands share: their common options, and how an instant or a path is read and shown."""

from __future__ import annotations

import contextlib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines import console
from warehouse.errors import EventRejected, KinkeeperError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from pipelines.ingest.home import OpenHome
    from warehouse.settings import Settings

QUARANTINED = 3
"""Exit code: done, but something was quarantined."""

DEFAULT_PORT = 8050

Home = Annotated[
    Path | None,
    typer.Option("--home", help="Home folder of the data.", show_default="KINKEEPER_HOME, else var"),
]
DemoHome = Annotated[
    Path | None,
    typer.Option("--home", help="Home folder of the sample.", show_default="demo in the home folder"),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="T", help="A date (its end, in the program's zone) or an instant with offset."
    ),
]
KnownAt = Annotated[
    str | None,
    typer.Option("--known-at", metavar="T", help="Only what was recorded by then.", show_default="as-of"),
]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port on 127.0.0.1.")]


def home_settings(home: Path | None) -> Settings:
    """The settings of a home folder; the default one when none is named."""
    from warehouse.settings import load_settings

    return load_settings(home)


def sample_settings(home: Path | None) -> Settings:
    """The sample lives in a home of its own, so that it never mixes with a program's own data."""
    from warehouse.settings import demo_home

    return home_settings(home or demo_home())


@contextlib.contextmanager
def opened_home(home: Path | None) -> Iterator[OpenHome]:
    """A home with events, open for one writer; raises KinkeeperError where nothing was ingested."""
    from pipelines.ingest.home import open_home
    from warehouse.database import writer_lock

    settings = home_settings(home)
    if not settings.log_file.exists():
        raise KinkeeperError(f"{settings.home} holds no events yet: run `kinkeeper ingest PATH` first")
    with writer_lock(settings.home), open_home(settings) as opened:
        yield opened


def moment(settings: Settings, text: str | None, option: str) -> dt.datetime | None:
    """An instant that may be left out."""
    return None if text is None else instant(settings, text, option)


def instant(settings: Settings, text: str, option: str) -> dt.datetime:
    """A date (its end, in the program's zone) or an instant with offset; anything else is wrong usage."""
    from warehouse.clock import end_of_day_or_instant

    with _refusing(
        text, option, "a date such as 2026-03-01, or an instant such as 2026-03-01T10:00:00+01:00"
    ):
        return end_of_day_or_instant(text, settings.policy.time_zone, field=option)


def day(text: str, option: str) -> dt.date:
    """A date; anything else is wrong usage."""
    from warehouse.clock import parse_date

    with _refusing(text, option, "a date such as 2026-03-01"):
        return parse_date(text, field=option)


def known_zone(text: str, option: str) -> str:
    """The IANA name of a time zone; anything else is wrong usage."""
    from warehouse.clock import zone

    try:
        return zone(text, field=option).key
    except EventRejected as error:
        raise typer.BadParameter(error.hint, param_hint=option) from None


@contextlib.contextmanager
def _refusing(text: str, option: str, wanted: str) -> Iterator[None]:
    """Say what was typed and what is wanted; the clock itself never repeats what it is given."""
    try:
        yield
    except EventRejected as error:
        reason = {
            "time.no_offset": " has a time without an offset",
            "time.range": " is out of range",
        }.get(error.code, " cannot be read")
        raise typer.BadParameter(f"{text!r}{reason}: give {wanted}.", param_hint=option) from None


def warn_of_future(as_of: dt.datetime | None) -> None:
    """Say what a future as-of does to silences."""
    from warehouse.clock import SKEW_ALLOWED, system_clock

    if as_of is not None and as_of > system_clock() + SKEW_ALLOWED:
        console.warn(
            f"--as-of lies in the future ({friendly(as_of.isoformat())}): silence is counted up to a day "
            "that has not come, so pairs look worse than they are"
        )


def friendly(instant: str) -> str:
    """An ISO instant as people read it: 24 Nov 2026, 07:26 UTC."""
    import datetime as dt

    return f"{dt.datetime.fromisoformat(instant):%-d %b %Y, %H:%M} UTC"


def command_line(settings: Settings, arguments: str) -> str:
    """A command for this home, to be copied: `.venv/bin/kinkeeper build --home var/demo`."""
    from warehouse.settings import default_home

    is_default = settings.home == default_home()
    return f"kinkeeper {arguments}" + ("" if is_default else f" --home {typed(settings.home)}")


def typed(path: Path) -> str:
    """A path as one word of a command."""
    return shlex.quote(shown(path))


def shown(path: Path) -> str:
    """A path as a person would type it: relative to the working directory where that is shorter."""
    with contextlib.suppress(ValueError):
        return str(path.absolute().relative_to(Path.cwd()))
    return str(path)
