"""The tables of a drawn screen: what they hold as plain cells, and the links that take them along.

An export draws the screen again and reads the table off it. So it holds what the screen shows, to the same
caller, under the same filters and day: what is hidden there is hidden here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from dash import html
from dash.development.base_component import Component
from dash_ag_grid import AgGrid

from dashboards.access import caller
from dashboards.components import slug
from dashboards.moment import components_of
from dashboards.speech import machine_written, translated
from warehouse.accounts import EXPORT

FORMS = ("csv", "xlsx")
OWN_EXPORTS = ("watchlist", "events")
"""Grids that have exports of their own, which hold more than the grid."""

SILENT = ("Button", "Input", "Textarea", "Select")
"""What is there to be clicked or filled in says nothing in a cell."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True)
class Table:
    """What a table holds; its keys name the columns in every language, its heads in the reader's."""

    keys: Sequence[str]
    heads: Sequence[str]
    rows: list[list[Any]]


def offer_tables(node: Any, page: str, address: Mapping[str, Any]) -> None:
    """Put links under every table and grid of a screen, for those who may export."""
    if not caller().may(EXPORT):
        return
    query = urlencode(address, doseq=True)
    for name, place in _named(node).items():
        links = _links(f"/export/tables/{page}/{quote(name)}", query)
        if isinstance(place, AgGrid):
            _put_after(node, place, links)
        else:
            place.children = [*_listed(place.children), links]


def tables_of(node: Any) -> dict[str, Table]:
    """Every table and grid of a screen by its name in an address."""
    return {
        name: _grid(place) if isinstance(place, AgGrid) else _table(place)
        for name, place in _named(node).items()
    }


def _named(node: Any) -> dict[str, Component]:
    """Tables and grids by what they are called; of two called the same the second is `name-2`."""
    found: dict[str, Component] = {}
    for place in components_of(node):
        called = _called(place)
        if called is None:
            continue
        name, at = called, 1
        while name in found:
            at += 1
            name = f"{called}-{at}"
        found[name] = place
    return found


def _called(place: Component) -> str | None:
    if isinstance(place, AgGrid):
        return None if place.id in OWN_EXPORTS else slug(str(place.id))
    return getattr(place, "data-name", None)


def _grid(grid: AgGrid) -> Table:
    fields = [column["field"] for column in grid.columnDefs]
    heads = [column.get("headerName", column["field"]) for column in grid.columnDefs]
    return Table(fields, heads, [[_cell(row.get(field)) for field in fields] for row in grid.rowData])


def _table(place: Component) -> Table:
    parts = {
        type(part).__name__: part
        for part in components_of(place)
        if type(part).__name__ in ("Thead", "Tbody")
    }
    heads = [head for head in components_of(parts["Thead"]) if type(head).__name__ == "Th"]
    rows = [[_typed(cell) for cell in _listed(row.children)] for row in _listed(parts["Tbody"].children)]
    return Table([getattr(head, "data-key") for head in heads], [words(head) for head in heads], rows)


def _typed(cell: Component) -> Any:
    """A cell's words; a number where it stands in a column of numbers."""
    said = words(cell)
    plain = machine_written(said)
    if getattr(cell, "className", None) != "number" or not _NUMBER.fullmatch(plain):
        return said
    return float(plain) if "." in plain else int(plain)


def _cell(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, int, float)) else words(value)


def words(node: Any) -> str:
    """What a part of a screen says, as a line of text; a picture by its label."""
    return " ".join(" ".join(_said(node)).split())


def _said(node: Any) -> list[str]:
    if node is None:
        return []
    if isinstance(node, (list, tuple)):
        return [said for child in node for said in _said(child)]
    if not isinstance(node, Component):
        return [str(node)]
    if type(node).__name__ in SILENT or getattr(node, "aria-hidden", None) == "true":
        return []
    said = _said(getattr(node, "children", None))
    label = getattr(node, "aria-label", None)
    return [str(label)] if label and not said else said


def _links(where: str, query: str) -> Component:
    hrefs = {form: f"{where}.{form}" + (f"?{query}" if query else "") for form in FORMS}
    made = [html.A(form.upper(), href=href, className="export", download="") for form, href in hrefs.items()]
    return html.P([translated("Export"), " ", made[0], " ", made[1]], className="note exports wide-only")


def _put_after(node: Any, place: Component, links: Component) -> None:
    """Put links behind a grid, in whatever holds it."""
    for holder in components_of(node):
        held = _listed(getattr(holder, "children", None))
        if any(child is place for child in held):
            at = next(at for at, child in enumerate(held) if child is place)
            holder.children = [*held[: at + 1], links, *held[at + 1 :]]


def _listed(children: Any) -> list[Any]:
    return (
        list(children) if isinstance(children, (list, tuple)) else [children] if children is not None else []
    )
