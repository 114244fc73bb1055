"""The books of what arrived: every line accounted for, every rejection with its way out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards import components, formats, theme
from dashboards.components import Part
from dashboards.data.publication import Row
from warehouse.words import DELIVERY

SUMS = (
    ("lines_in", "Received"),
    ("accepted", "Accepted"),
    ("duplicate", "Duplicate"),
    ("quarantined", "Quarantined"),
)


def balances(row: Row) -> bool:
    """Whether every received line is accounted for."""
    return bool(row["lines_in"] == row["accepted"] + row["duplicate"] + row["quarantined"])


def ledger_strip(ledger: Sequence[Row]) -> list[Component]:
    """One line a source: what was received and what became of it."""
    if not ledger:
        how = components.command("kinkeeper ingest PATH --source NAME")
        return [components.state("No file was ingested yet", how)]
    heads = ("Source", "Lines", "Files", *(name for _, name in SUMS), "Books")
    return [components.table(heads, [_ledger_row(row) for row in ledger], "Lines by source", (2, 3, 4, 5, 6))]


def _ledger_row(row: Row) -> tuple[Any, ...]:
    parts = [
        Part("Accepted", theme.BLUE, row["accepted"]),
        Part("Duplicate", theme.GREY, row["duplicate"]),
        Part("Quarantined", theme.VERMILION, row["quarantined"]),
    ]
    good, bad = components.badge(theme.OK_TONE, "Balances"), components.badge(theme.BAD_TONE, "Differs")
    return (
        html.Strong(row["source"]),
        components.proportion(parts),
        formats.count(row["n_files"]),
        *(formats.count(row[field]) for field, _ in SUMS),
        good if balances(row) else bad,
    )


def files_grid(files: Sequence[Row]) -> list[Component]:
    """Every delivery."""
    if not files:
        return [components.state("No file was ingested yet")]
    columns = ("file_id", "source", "name", "status", *(field for field, _ in SUMS))
    shown = [
        {name: row[name] for name in columns}
        | {"landed": formats.minute(row["landed_at"]), "status": DELIVERY.get(row["status"], row["status"])}
        for row in files
    ]
    return [components.grid("files", file_columns(), shown, "file_id")]


def file_columns() -> list[dict[str, Any]]:
    """The columns of the files, with instants in the viewer's zone."""
    return [
        {"field": "landed", "headerName": formats.zone_head("Landed"), "width": 170, "sortable": False},
        {"field": "source", "headerName": "Source", "width": 140, "tooltipField": "source"},
        {"field": "name", "headerName": "File", "flex": 1, "minWidth": 180, "tooltipField": "name"},
        {"field": "status", "headerName": "Status", "width": 110},
        *(
            {
                "field": field,
                "headerName": name,
                "width": 128 if name == "Quarantined" else 104,
                "type": "rightAligned",
                "valueFormatter": {"function": "d3.format(',')(params.value)"},
            }
            for field, name in SUMS
        ),
    ]
