"""The press: makes the reports that are asked for on the screens, as long as the dashboards are served.

`kinkeeper serve` starts it beside the dashboards, in a process of its own: a report takes seconds, and a
screen must not wait for it. How far it is stands on the desk, where the screen reads it.
"""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path

from warehouse.errors import HomeBusy
from warehouse.operations import open_operations
from warehouse.report_desk import ReportDesk
from warehouse.settings import Settings, load_settings

POLL_SECONDS = 2.0
log = logging.getLogger(__name__)


def run_press(settings: Settings) -> None:
    """Look at the desk again and again, until somebody ends the process."""
    engine = open_operations(settings.operations_url)
    desk = ReportDesk(engine)
    while True:
        if desk.open():
            print_waiting(settings, desk)
        time.sleep(POLL_SECONDS)


def print_waiting(settings: Settings, desk: ReportDesk) -> None:
    """Make what waits; while a build writes it goes on waiting, what breaks is closed and said so."""
    from pipelines.quarterly.requests import make_requested

    try:
        make_requested(settings)
    except HomeBusy:
        log.info("the home is being written: the reports wait")
    except Exception:
        log.exception("a report could not be made")
        for asked in desk.open():
            desk.finish(asked.request_id, "not made: an unexpected error, which the server's log tells of")


def main(home: str) -> None:
    """The process that `kinkeeper serve` starts."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    try:
        run_press(load_settings(Path(home)))
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
