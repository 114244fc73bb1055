"""Fifty people at the screens for minutes while builds are published: nothing fails, nothing is lost.

    python -m tests.bench.soak [MINUTES]

Each visitor opens screens and takes pairs on, as fast as a person who reads a little. Every build is as of
another day. A screen is torn if what it shows is not what one of the publications shows; an action is lost if
it was said to be saved and is not in the log after the last build.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.build import build_home
from pipelines.demo import prepare_demo
from tests.bench.crowd import Visitor, served
from warehouse import database, publish
from warehouse.clock import system_clock
from warehouse.settings import Settings, load_settings

N_VISITORS = 50
BUILD_EVERY = 20.0
READING = (0.5, 4.0)
"""Seconds between two steps of a visitor."""
ACTS = 0.2
"""How often a step is an action."""
WATCHED = "/endings"
"""A screen without the time of day in it: drawn twice from one publication it shows the same."""
ACTED_ON = """
    select listed.pair_id
    from mart.listed as listed
    inner join mart.pair as pair on pair.pair_id = listed.pair_id
    cross join ref.run as run
    where pair.accepted_at < run.as_of - interval 60 day
"""
"""Pairs that every build knows: the earliest is as of seven weeks ago."""
SCREENS = (
    "/",
    "/overview",
    "/lifecycle",
    "/matching",
    "/scheduling",
    "/growth",
    WATCHED,
    "/equity",
    "/reports",
)


@dataclass
class Record:
    """What happened, told by all visitors."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    milliseconds: list[float] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)
    saved: list[str] = field(default_factory=list)
    shown: Counter[str] = field(default_factory=Counter)


def main(minutes: float) -> int:
    """Run it; the exit code says whether the promises held."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(Path(folder) / "home")
        prepare_demo(settings, say=print)
        with publish.open_current(settings.published) as con:
            pairs = [row[0] for row in con.execute(ACTED_ON).fetchall()]
        record, over = Record(), threading.Event()
        with served(["-m", "dashboards", "--home", str(settings.home), "--port", "0"]) as (port, _pid):
            visitors = [
                threading.Thread(target=visit, args=(port, pairs, record, over, seed))
                for seed in range(N_VISITORS)
            ]
            published = [shown_now(port)]
            for visitor in visitors:
                visitor.start()
            n_builds = publish_until(settings, time.monotonic() + 60 * minutes, port, published)
            over.set()
            for visitor in visitors:
                visitor.join()
        build_home(settings)
        return report(record, published, n_builds, missing(settings, record.saved))


def visit(port: int, pairs: list[str], record: Record, over: threading.Event, seed: int) -> None:
    """One person at the screens, until it is over."""
    choose = random.Random(seed)
    with contextlib.closing(Visitor(port)) as visitor:
        while not over.wait(choose.uniform(*READING)):
            started = time.perf_counter()
            try:
                step(visitor, choose, pairs, record)
            except Exception as error:  # whatever goes wrong is what is counted here
                with record.lock:
                    record.troubles[f"{type(error).__name__}: {error}"[:100]] += 1
            with record.lock:
                record.milliseconds.append(1000 * (time.perf_counter() - started))


def step(visitor: Visitor, choose: random.Random, pairs: list[str], record: Record) -> None:
    """Open a screen, or take a pair on."""
    if choose.random() < ACTS:
        answer = visitor.act(choose.choice(pairs), f"{choose.getrandbits(128):032x}")
        assert answer.status == 200, f"an action was answered {answer.status}"
        action = answer.json()["response"]["act-done"]["data"]["action"]
        with record.lock:
            record.saved.append(action)
        return
    path = choose.choice((*SCREENS, f"/pairs/{choose.choice(pairs)}"))
    answer = visitor.screen(path)
    assert answer.status == 200, f"a screen was answered {answer.status}"
    assert b"incident" not in answer.body, f"{path} could not be drawn"
    if path == WATCHED:
        with record.lock:
            record.shown[digest(answer.json())] += 1


def publish_until(settings: Settings, end: float, port: int, published: list[str]) -> int:
    """Publish a build as of another day every so often; answers how many, and adds what each shows."""
    today, n = system_clock(), 0
    while time.monotonic() < end:
        began = time.monotonic()
        n += 1
        build_home(settings, as_of=today - dt.timedelta(days=7 * (n % 8)), known_at=today)
        published.append(shown_now(port))
        time.sleep(max(0.0, BUILD_EVERY - (time.monotonic() - began)))
    return n


def shown_now(port: int) -> str:
    """What the watched screen shows to somebody who comes now."""
    with contextlib.closing(Visitor(port)) as visitor:
        return digest(visitor.screen(WATCHED).json())


def digest(shown: Any) -> str:
    """A short name for the contents of a screen."""
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


def missing(settings: Settings, saved: list[str]) -> int:
    """How many saved actions are not in the log, or are there twice."""
    with database.open_read_only(settings.log_file) as con:
        found = Counter(
            row[0]
            for row in con.execute(
                "select source_event_id from typed_event where source = 'kinkeeper/actions'"
            ).fetchall()
        )
    return sum(found[action] != 1 for action in saved)


def report(record: Record, published: list[str], n_builds: int, n_lost: int) -> int:
    """Print what happened; 1 if a promise was broken."""
    n_torn = sum(n for shown, n in record.shown.items() if shown not in published)
    times = sorted(record.milliseconds)
    print(f"{N_VISITORS} visitors, {len(times):,} steps, {n_builds} builds published under them")
    print(f"median {times[len(times) // 2]:.0f} ms, 95 of 100 below {times[len(times) * 95 // 100]:.0f} ms")
    n_watched = sum(record.shown.values())
    print(f"errors {sum(record.troubles.values())}, torn screens {n_torn} of {n_watched} watched,")
    print(f"actions lost or doubled {n_lost} of {len(record.saved):,}")
    for trouble, n in record.troubles.most_common(5):
        print(f"  {n} x {trouble}")
    return int(bool(record.troubles) or bool(n_torn) or bool(n_lost) or not record.saved)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0))
