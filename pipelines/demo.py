"""The demo: the sample program through the whole main path, in a home that holds nothing else."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.build import build_home
from pipelines.ingest import ingest_into_home
from pipelines.sample import SampleSummary, write_sample
from warehouse.clock import Clock, system_clock
from warehouse.errors import KinkeeperError

if TYPE_CHECKING:
    from warehouse.settings import Settings

MARKER = "sample.json"
SEED = 7


@dataclass(frozen=True, slots=True)
class Sample:
    """Which of all possible samples a home holds: the last day of its events, and its seed."""

    until: dt.date
    seed: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"until": self.until.isoformat()}


def yesterday(clock: Clock) -> dt.date:
    """The last whole day: a sample that ends then holds no event of the future."""
    return clock().date() - dt.timedelta(days=1)


def place_sample(
    settings: Settings, until: dt.date | None = None, *, seed: int = SEED, clock: Clock = system_clock
) -> SampleSummary:
    """Write the sample into the inbox of a home, and note in the home which one it is.

    Refuses a home that holds another sample, whose files would stay beside the new ones, or other data.
    Nothing is ever deleted: somebody may have put data of their own beside a sample.
    """
    held = sample_in(settings)
    wanted = Sample(until or (held.until if held else yesterday(clock)), seed)
    if held is None and settings.log_file.exists():
        raise KinkeeperError(
            f"{settings.home} holds a program's own data: a sample needs another --home, for example var/demo"
        )
    if held not in (None, wanted):
        raise KinkeeperError(
            f"{settings.home} holds the sample until {held.until} of seed {held.seed}: "
            "another sample needs another --home"
        )
    settings.home.mkdir(parents=True, exist_ok=True)
    _marker(settings).write_text(json.dumps(wanted.as_dict()))
    return write_sample(settings.inbox, until=wanted.until, seed=wanted.seed)


def sample_in(settings: Settings) -> Sample | None:
    """Which sample a home holds, if any."""
    marker = _marker(settings)
    if not marker.exists():
        return None
    try:
        noted = json.loads(marker.read_text())
        return Sample(dt.date.fromisoformat(noted["until"]), noted.get("seed", SEED))
    except (ValueError, LookupError, TypeError, AttributeError):
        raise KinkeeperError(f"{marker} is damaged: choose another --home for a sample") from None


def prepare_demo(settings: Settings, *, clock: Clock = system_clock, say: Callable[[str], None]) -> None:
    """Sample, ingest, build, publish. Running it again the same day changes nothing.

    A home that holds a sample of an earlier day is built as of the day on which it was fresh.
    """
    say("1/4 Writing the synthetic sample program")
    made = place_sample(settings, clock=clock)
    say(f"    {made.n_pairs} pairs, {made.n_people} people, {made.n_events:,} events until {made.last_on}")
    say("2/4 Ingesting it into the event log")
    results, n_events = ingest_into_home(settings, [settings.inbox], clock=clock)
    say(f"    {n_events:,} events in the log, {_held_back(sum(result.quarantined for result in results))}")
    say("3/4 Building tables, judging every pair, checking expectations")
    now = clock().replace(microsecond=0)
    as_of = min(now, _last_good_instant(settings))
    built = build_home(settings, as_of=as_of, known_at=now, clock=clock)
    n_listed = built.publication.tables["mart.listed"]
    say(f"    {len(built.checks)} expectations checked, {n_listed} pairs on the watchlist")
    say(f"4/4 Published {built.publication.build_id}")
    if as_of < now:
        say(
            f"    as of {as_of:%Y-%m-%d}, when this sample ended; kinkeeper demo --home OTHER makes a new one"
        )


def _held_back(n_lines: int) -> str:
    if n_lines == 0:
        return "as before: the sample was ingested already"
    return f"{n_lines} lines quarantined on purpose: the sample has faults to look at"


def _last_good_instant(settings: Settings) -> dt.datetime:
    """The end of the day on which the sample was fresh: later, all its feeds are late."""
    held = sample_in(settings)
    assert held is not None, "the sample was placed just before"
    over_at = dt.datetime.combine(held.until + dt.timedelta(days=2), dt.time(), dt.UTC)
    return over_at - dt.timedelta(seconds=1)


def _marker(settings: Settings) -> Path:
    return settings.home / MARKER
