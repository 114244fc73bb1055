"""What the numbers may be trusted for: how fresh each source is, which expectations hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards import components, formats, theme
from dashboards.data.publication import Row
from dashboards.speech import say
from warehouse.words import FRESHNESS

FRESHNESS_TONE = {"fresh": theme.OK_TONE, "late": theme.WARN_TONE, "stale": theme.BAD_TONE}


def freshness_card(sources: Sequence[Row]) -> Component:
    """When each source was last heard of, against how often it comes."""
    rows = [
        (
            html.Strong(row["source"]),
            components.badge(FRESHNESS_TONE[row["freshness"]], FRESHNESS[row["freshness"]]),
            formats.day(row["last_occurred_at"]),
            formats.days(row["expected_every_days"]),
            formats.count(row["n_events"]),
        )
        for row in sources
    ]
    heads = ("Source", "State", "Newest event", "Every", "Events")
    listed = components.table(heads, rows, "Freshness of sources", (4,))
    return components.card(
        listed if rows else components.state("No source yet"),
        title="Sources",
        about="freshness",
        note="A late feed makes its pairs unknown, never silent.",
    )


def checks_card(checks: Sequence[Row]) -> Component:
    """Expectations: the broken ones in full, the others on demand."""
    heads = ("Table and rule", "Failed", "Result")
    broken = [_check_row(row) for row in checks if not row["is_ok"]]
    held = [_check_row(row) for row in checks if row["is_ok"]]
    if broken:
        first = components.table(heads, broken, "Broken expectations", (1,))
    else:
        first = components.state(
            say("All {n_held} hold", n_held=len(held)) if held else "No expectation was checked", mark="✓"
        )
    more = html.Details(
        [
            html.Summary(say("View the {n_held} that hold", n_held=len(held))),
            components.table(heads, held, "Expectations that hold", (1,)),
        ]
    )
    return components.card(
        first,
        more if held else None,
        title="Expectations",
        about="expectations",
        note="A broken blocking rule stops publication; the last good one stays up.",
    )


def drift_card(findings: Sequence[Row]) -> Component | None:
    """What moved since the publication before: a program that changed, or a source that broke."""
    if not findings:
        return None
    heads = ("What was compared", "Moved", "Result")
    moved = [_drift_row(row) for row in findings if not row["is_ok"]]
    rest = [_drift_row(row) for row in findings if row["is_ok"]]
    if moved:
        first = components.table(heads, moved, "What moved", (1,))
    else:
        first = components.state(
            "Nothing moved", html.P(say("{n_rest} comparisons.", n_rest=len(rest))), mark="✓"
        )
    more = html.Details(
        [
            html.Summary(say("View the {n_rest} that did not move", n_rest=len(rest))),
            components.table(heads, rest, "What did not move", (1,)),
        ]
    )
    return components.card(
        first,
        more if rest else None,
        title="Since the last publication",
        about="drift",
        note="A program may well have changed: look whether it did, or whether a source broke.",
    )


def _drift_row(row: Row) -> tuple[Any, ...]:
    tone, word = (theme.OK_TONE, "As before") if row["is_ok"] else (theme.WARN_TONE, "Moved")
    detail = html.Span(row["detail"], className="note") if row["detail"] else ""
    return (
        components.wrapped(html.Code(row["table_name"]), row["rule"], detail),
        say(
            "{n_failed} of {n_checked}",
            n_failed=formats.count(row["n_failed"]),
            n_checked=formats.count(row["n_checked"]),
        ),
        components.badge(tone, word),
    )


def _check_row(row: Row) -> tuple[Any, ...]:
    detail = html.Span(row["detail"], className="note") if row["detail"] else ""
    broken = (
        components.badge(theme.BAD_TONE)
        if row["is_blocking"]
        else components.badge(theme.WARN_TONE, "Warning")
    )
    return (
        components.wrapped(html.Code(row["table_name"]), row["rule"], detail),
        say(
            "{n_failed} of {n_checked}",
            n_failed=formats.count(row["n_failed"]),
            n_checked=formats.count(row["n_checked"]),
        ),
        components.badge(theme.OK_TONE) if row["is_ok"] else broken,
    )
