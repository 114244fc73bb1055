"""The page in a real browser: nobody is asked for anything, no script runs, and nothing is wrong for axe."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from pipelines.quarterly.files import write
from pipelines.report.model import Report

CHROMIUM = Path(os.environ.get("KINKEEPER_CHROMIUM") or "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PAYLOAD = '<img src=x onerror="document.title=1"><script>document.title=1</script>'

pytestmark = [
    pytest.mark.screens,
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM.exists() and not os.environ.get("CI"), reason="Chromium is not installed"
    ),
]


def test_the_page_is_alone_quiet_whole_and_accessible(
    make_report: Callable[..., Report], tmp_path: Path
) -> None:
    report = make_report(PAYLOAD)
    file = tmp_path / "report.html"
    file.write_bytes(write(report, "html"))
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        plain = browser.new_page(viewport={"width": 390, "height": 844})
        plain.on("request", lambda request: asked.append(request.url))
        plain.goto(file.as_uri())
        assert plain.title() == report.title
        assert plain.evaluate("document.documentElement.scrollWidth") <= 390
        # axe is a script, which the page's own policy forbids: here the policy is set aside.
        seen = browser.new_context(bypass_csp=True).new_page()
        seen.goto(file.as_uri())
        found = Axe().run(seen)
        browser.close()
    assert asked == [file.as_uri()]
    assert found.violations_count == 0, found.generate_report()
