"""Data Docs: the rules and what was found, as the static pages that Great Expectations writes.

Its pages load scripts, styles and pictures from seven hosts, one picture with the time of the visit. They
are taken out, so that reading the pages tells nobody, and a plain style and a first page of our own
replace them. No page holds a value of a row.
"""

from __future__ import annotations

import html
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from expectations.in_sql import check_set_rule
from expectations.results import CheckResult
from expectations.rules import Rule, between
from expectations.runner import SPARSE, gx_suite, import_gx, new_context, read_frame, run_checks
from expectations.set_rules import SET_RULES
from expectations.suites import SUITES

SITE = "kinkeeper"
WHOLE_TABLES = "whole_tables"
"""The suite of the set rules: Great Expectations sees one row, with the failures that SQL counted."""

_FOREIGN = re.compile(
    r"<script\b.*?</script>|<footer>.*?</footer>|<(?:link|img)\b[^>]*(?:https?:/|static)/[^>]*>"
    r"|https?://[^\s\"')]*",
    re.DOTALL,
)
_STYLE = """<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; margin: 0.5rem 0; }
th, td { border-bottom: 1px solid #ccc; padding: 0.2rem 0.8rem 0.2rem 0; text-align: left; }
.fa-check-circle::before { content: "holds"; color: #1b6e3c; }
.fa-times::before, .fa-exclamation-triangle::before { content: "broken"; color: #a3231f; }
.cooltip > span, .card:has(.btn-group-toggle), [data-toggle="collapse"] { display: none; }
</style>"""


def write_data_docs(con: duckdb.DuckDBPyConnection, folder: Path) -> Path:
    """Validate every table of a build and write the site, in place of what the folder held.

    Needs a models database with the log attached. Returns the first page.
    """
    with tempfile.TemporaryDirectory() as scratch:
        site = Path(scratch) / "site"
        context = _context_with_site(site)
        for name, frame, rules in _frames(con):
            _validate(context, name, frame, rules)
        context.build_data_docs(site_names=[SITE])
        for page in site.rglob("*.html"):
            page.write_text(_at_home(page.read_text("utf-8")), "utf-8")
        shutil.rmtree(site / "static", ignore_errors=True)  # pictures and fonts of the styles taken out
        index = site / "index.html"
        index.write_text(_first_page(site, run_checks(con)), "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(site, folder)
    return folder / index.name


def _context_with_site(site: Path) -> Any:
    context = new_context()
    context.add_data_docs_site(
        SITE,
        {
            "class_name": "SiteBuilder",
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(site)},
        },
    )
    context.data_sources.add_pandas("frames")
    return context


def _frames(con: duckdb.DuckDBPyConnection) -> list[tuple[str, pd.DataFrame, Sequence[Rule]]]:
    """Each suite with the frame it is about; that of the set rules is a frame of counts."""
    tables = [(suite.table_name, read_frame(con, suite, suite.rules), suite.rules) for suite in SUITES]
    counts = {f"{rule.table_name}: {rule.name}": [check_set_rule(con, rule).n_failed] for rule in SET_RULES}
    none_fail = [rule for name in counts for rule in between(name, 0, 0)]
    return [*tables, (WHOLE_TABLES, pd.DataFrame(counts), none_fail)]


def _validate(context: Any, name: str, frame: pd.DataFrame, rules: Sequence[Rule]) -> None:
    """One validation, kept in the context for its page."""
    frames = context.data_sources.get("frames")
    definition = import_gx().ValidationDefinition(
        name=name,
        data=frames.add_dataframe_asset(name).add_batch_definition_whole_dataframe("all"),
        suite=context.suites.add(gx_suite(name, rules)),
    )
    context.validation_definitions.add(definition).run(
        batch_parameters={"dataframe": frame}, result_format=SPARSE
    )


def _at_home(page: str) -> str:
    """A page that loads nothing from anywhere."""
    return _FOREIGN.sub("", page).replace("</head>", f"{_STYLE}</head>", 1)


def _first_page(site: Path, checks: Sequence[CheckResult]) -> str:
    """A page that names every suite, and every broken rule in full."""
    rows = [_row(site, suite.table_name, suite.rules) for suite in SUITES]
    rows.append(_row(site, WHOLE_TABLES, SET_RULES))
    broken = [f"<li>{html.escape(check.message)}</li>" for check in checks if not check.is_ok]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Data Docs</title>{_STYLE}</head>'
        "<body><h1>What must be true of each table</h1>"
        f"<p>{sum(check.is_ok for check in checks)} of {len(checks)} rules hold.</p>"
        f"<ul>{''.join(broken)}</ul>"
        f"<table><tr><th>Suite</th><th>Rules</th><th>Pages</th></tr>{''.join(rows)}</table></body></html>"
    )


def _row(site: Path, name: str, rules: Sequence[object]) -> str:
    place = name.replace(".", "/")
    (found,) = (site / "validations" / place).rglob("*.html")
    return (
        f"<tr><td>{html.escape(name)}</td><td>{len(rules)}</td>"
        f'<td><a href="expectations/{place}.html">what is expected</a>, '
        f'<a href="{found.relative_to(site).as_posix()}">what was found</a></td></tr>'
    )
