"""A browser's visit to screens that a process of their own serves."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Dialog, Page, Playwright, expect

ROOT = Path(__file__).parents[2]
CHROMIUM = Path(os.environ.get("KINKEEPER_CHROMIUM") or "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESK, TABLET, PHONE = (1366, 768), (820, 1180), (390, 844)


READY = """() => {
    if (!window.store) return false;
    const {callbacks: {stored, completed, ...open}, layout} = window.store.getState();
    const told = JSON.stringify(layout);
    const areDrawn = (type, place) =>
        told.split(`"type":"${type}"`).length - 1 === document.querySelectorAll(place).length;
    return Object.values(open).flat().length === 0 && areDrawn("AgGrid", ".ag-root")
        && areDrawn("Graph", ".js-plotly-plot") && !document.querySelector(".dash-graph--pending");
}"""
"""Whether the server answered all that a screen asks, and every list and chart of the answers is drawn."""

DRAWN = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"

PATIENCE = 60.0
"""Seconds until a screen counts as stuck: a machine of a build may be slow, and no test measures it."""

expect.set_options(timeout=PATIENCE * 1000)


def until(page: Page, condition: str) -> None:
    """Wait until JavaScript says yes.

    Playwright's `wait_for_function` looks once from outside and then from inside the page, which the policy
    of the screens forbids: it fails wherever the first look comes too early.
    """
    end = time.monotonic() + PATIENCE
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"still not: {condition}"
        page.wait_for_timeout(20)


@dataclass
class Visit:
    """A visit of a tab with everything it complained about and every host it asked."""

    page: Page
    address: str
    problems: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    @contextmanager
    def watched(self) -> Iterator[Visit]:
        """Listen to the tab, and leave it as it was."""
        heard = {
            "console": lambda message: (
                self.problems.append(message.text) if message.type == "error" else None
            ),
            "pageerror": lambda error: self.problems.append(str(error)),
            "dialog": self._dismiss,
            "request": lambda request: self._check(request.url),
        }
        for name, hear in heard.items():
            self.page.on(name, hear)
        yield self
        self.page.unroute_all()
        self.page.emulate_media(color_scheme="null", reduced_motion="null")
        self.page.mouse.move(0, 0)
        self.page.goto("about:blank")  # what the last screen still asks for is nothing to the next visit
        for name, hear in heard.items():
            self.page.remove_listener(name, hear)

    def _dismiss(self, dialog: Dialog) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _check(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:", "about:")):
            self.strangers.append(url)

    def at(self, size: tuple[int, int]) -> Visit:
        """The same visit with another size of the screen."""
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        return self

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        expect(self.page.locator("h1")).to_be_visible()
        if "2026-11-12" not in path:  # of a day nobody built there are no instants
            expect(self.page.locator(".stamp strong").first).to_have_count(1)
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until nothing more will change by itself; a network that is idle would tell so too late."""
        until(self.page, READY)
        self.page.evaluate(DRAWN)


def serve(home: Path, *options: str) -> Iterator[str]:
    """Where `python -m dashboards` answers; the process is ended by its own id."""
    command = [sys.executable, "-m", "dashboards", "--home", str(home), "--port", "0", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            ready = server.stdout.readline()
            found = re.search(r"http://[\d.:]+", ready)
            assert found, f"no address in {ready!r}"
            yield found.group()
        finally:
            server.kill()  # a parent in the background may have handed down that SIGTERM is ignored
            server.wait(10)


def launch(playwright: Playwright) -> Browser:
    """The system's Chromium."""
    return playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
