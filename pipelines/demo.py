"""The demo: the sample program through the whole main path, in a home that holds nothing else."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from pipelines.build import build_home
from pipelines.ingest import ingest_into_home
from pipelines.sample import write_sample
from warehouse.clock import Clock, system_clock
from warehouse.errors import KinkeeperError

if TYPE_CHECKING:
    from warehouse.settings import Settings

MARKER = "sample.json"


def yesterday(clock: Clock) -> dt.date:
    """The last whole day: a sample that ends then holds no event of the future."""
    return clock().date() - dt.timedelta(days=1)


def prepare_demo(settings: Settings, *, clock: Clock = system_clock, say: Callable[[str], None]) -> None:
    """Sample, ingest, build, publish. Running it again the same day changes nothing.

    A sample of an earlier day is built as it is; a home that holds only other data is refused.
    """
    until = _last_day(settings, yesterday(clock), say)
    say("[bold]1/4[/] Writing the synthetic sample program")
    made = write_sample(settings.inbox, until=until)
    say(f"    {made.n_pairs} pairs, {made.n_people} people, {made.n_events:,} events")
    say("[bold]2/4[/] Ingesting it into the event log")
    results, n_events = ingest_into_home(settings, [settings.inbox], clock=clock)
    n_quarantined = sum(result.quarantined for result in results)
    say(f"    {n_events:,} events in the log, {n_quarantined} lines quarantined on purpose")
    say("[bold]3/4[/] Building tables, judging every pair, checking expectations")
    built = build_home(settings, clock=clock)
    n_listed = built.publication.tables["mart.watchlist"]
    say(f"    {len(built.checks)} expectations checked, {n_listed} pairs on the watchlist")
    say(f"[bold]4/4[/] Published {built.publication.build_id}")


def _last_day(settings: Settings, until: dt.date, say: Callable[[str], None]) -> dt.date:
    """The last day of this home's sample: that of the sample it holds already, else `until`.

    Nothing is ever deleted: somebody may have put data of their own beside a sample.
    """
    marker = settings.home / MARKER
    if marker.exists():
        made_until = dt.date.fromisoformat(json.loads(marker.read_text())["until"])
        if made_until != until:
            say(f"The sample in {settings.home} ends on {made_until}; another --home makes a fresh one")
        return made_until
    if settings.log_file.exists():
        raise KinkeeperError(
            f"{settings.home} holds a program's own data: run the demo in another home, "
            "for example `kinkeeper demo --home var/demo`"
        )
    settings.home.mkdir(parents=True, exist_ok=True)
    marker.write_text(json.dumps({"until": until.isoformat()}))
    return until
