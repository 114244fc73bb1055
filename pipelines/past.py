"""Past days for the screens: a build of another day, published beside the current one.

A screen leaves a request; `python -m pipelines.past`, which `kinkeeper serve` starts, takes one after the
other. Each is built by a process of its own from a copy of the log, so the daily build neither waits for it
nor loses its tables and history, and nothing of it stays in memory.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import datetime as dt
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from warehouse.clock import Clock, system_clock
from warehouse.errors import KinkeeperError
from warehouse.operations import open_operations
from warehouse.past_desk import PastDesk, PastRequest
from warehouse.settings import Settings, load_settings

if TYPE_CHECKING:
    from warehouse.publish import Publication

PREFIX = ".past-"
LOOK_EVERY_SECONDS = 1.0
FAILED = "could not be built: the server's log says why"

OnStep = Callable[[str], None]


def build_past(
    settings: Settings,
    as_of: dt.datetime,
    known_at: dt.datetime,
    *,
    clock: Clock = system_clock,
    on_step: OnStep = lambda _step: None,
) -> Publication:
    """Build a day as it was known, check it, and publish it beside the current publication.

    It is judged by the policy and the rules of today. Raises ChecksFailed where a blocking expectation is
    broken, KinkeeperError where nothing was known of that day.
    """
    from pipelines.build import fold_and_check, open_build, resolve_run
    from warehouse import models, publish

    run = resolve_run(settings, as_of, known_at, clock)
    with alone(settings.home), tempfile.TemporaryDirectory(prefix=PREFIX, dir=settings.home) as folder:
        borrowed = _borrow(settings, Path(folder))
        with open_build(borrowed, borrowed.models_file) as con:
            fold_and_check(con, run, on_step)
            on_step("publication")
            hashed = models.mart_hash(con, publish.mart_tables(con))
            return publish.publish_past(con, settings.published, hashed)


def _borrow(settings: Settings, folder: Path) -> Settings:
    """A home that holds a copy of what a build reads: the log, and the models of risk beside it."""
    from warehouse.database import writer_lock

    borrowed = dataclasses.replace(settings, home=folder)
    borrowed.log_file.parent.mkdir(parents=True)
    with writer_lock(settings.home):
        if not settings.log_file.exists():
            raise KinkeeperError(f"{settings.home} holds no events yet: run `kinkeeper ingest PATH` first")
        for file in settings.log_file.parent.glob(f"{settings.log_file.name}*"):
            shutil.copyfile(file, borrowed.log_file.parent / file.name)
        if settings.risk_folder.exists():
            shutil.copytree(settings.risk_folder, borrowed.risk_folder)
    return borrowed


def build_request(settings: Settings, desk: PastDesk, request: PastRequest) -> None:
    """Build one day that was asked for, saying how far it is; what goes wrong closes the request."""
    from pipelines.signal_models import all_models

    n_steps, done = len(all_models(settings.policy)) + 2, 0

    def say(_step: str) -> None:
        nonlocal done
        done += 1
        desk.progress(request.request_id, min(done, n_steps), n_steps)

    desk.progress(request.request_id, 0, n_steps)
    try:
        build_past(settings, _aware(request.as_of), _aware(request.known_at), on_step=say)
    except KinkeeperError as error:
        desk.finish(request.request_id, f"could not be built: {str(error).splitlines()[0]}")
    else:
        desk.finish(request.request_id)


def keep_building(settings: Settings, desk: PastDesk, is_over: Callable[[], bool] = lambda: False) -> None:
    """Build what is asked for, one after the other; a home has one builder, others wait for their turn."""
    lock = FileLock(settings.home / ".past.lock")
    while not is_over():
        try:
            with lock.acquire(timeout=0):
                _build_in_turn(settings, desk, is_over)
        except Timeout:  # another server of this home has a builder
            time.sleep(LOOK_EVERY_SECONDS)


def _build_in_turn(settings: Settings, desk: PastDesk, is_over: Callable[[], bool]) -> None:
    """The builder of a home: the day that was asked for first, until it is told to stop."""
    with alone(settings.home):
        pass  # a killed server's copy goes at once, not with the next day that is asked for
    while not is_over():
        if waiting := desk.open():
            build_apart(settings, desk, waiting[0])
        else:
            time.sleep(LOOK_EVERY_SECONDS)


def build_apart(settings: Settings, desk: PastDesk, request: PastRequest) -> None:
    """Build one request in a process of its own; one that died without a word closes it all the same."""
    command = [sys.executable, "-m", "pipelines.past", "--home", str(settings.home)]
    subprocess.run([*command, "--request", request.request_id], check=False)
    desk.finish(request.request_id, FAILED)


@contextlib.contextmanager
def alone(home: Path) -> Iterator[None]:
    """One past day of a home at a time, whoever asked for it; what a killed build left behind is deleted."""
    with FileLock(home / ".past.build.lock"):
        for stray in home.glob(f"{PREFIX}*"):
            shutil.rmtree(stray, ignore_errors=True)
        yield


def _aware(instant: dt.datetime) -> dt.datetime:
    return instant.replace(tzinfo=dt.UTC)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build until told to stop, or one request; answers the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.past", description="Build past days that screens ask for."
    )
    parser.add_argument("--home", type=Path)
    parser.add_argument("--request", help="build this one and end")
    options = parser.parse_args(arguments)
    try:
        settings = load_settings(options.home)
        settings.home.mkdir(parents=True, exist_ok=True)
        desk = PastDesk(open_operations(settings.operations_url))
        if options.request:
            build_request(settings, desk, desk.one(options.request))
        else:
            server = os.getppid()
            keep_building(settings, desk, is_over=lambda: os.getppid() != server)  # it was killed: end too
    except KinkeeperError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201  the only words of this process
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
