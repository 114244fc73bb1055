"""A browser's visit to screens that a process of their own serves."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

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


@dataclass
class Visit:
    """A page with everything it complained about and every host it asked."""

    page: Page
    address: str
    problems: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on(
            "console", lambda message: self.problems.append(message.text) if message.type == "error" else None
        )
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("dialog", lambda dialog: self.problems.append(f"dialog: {dialog.message}"))
        self.page.on("request", lambda request: self._check(request.url))

    def _check(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.strangers.append(url)

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        expect(self.page.locator("h1")).to_be_visible()
        if "2026-11-12" not in path:  # of a day nobody built there are no instants
            expect(self.page.locator(".stamp strong").first).to_have_count(1)
        self.page.wait_for_load_state("networkidle")
        return self.page


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


def open_page(browser: BrowserContext, size: tuple[int, int]) -> Page:
    page = browser.new_page()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    return page


def visit(browser: BrowserContext, address: str, size: tuple[int, int]) -> Visit:
    page = open_page(browser, size)
    made = Visit(page, address)
    made.watch()
    return made
