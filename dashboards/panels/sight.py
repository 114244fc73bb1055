"""How far a build could look: missing data must not look like silence, nor like calm."""

from __future__ import annotations

from dash import dcc
from dash.development.base_component import Component

from dashboards import components, formats
from dashboards.filters import FilterState, format_filters
from warehouse.queries import Sight
from warehouse.words import UNJUDGED


def blind_spot(sight: Sight) -> Component | None:
    """A warning that some pairs cannot be judged, and why."""
    if sight.n_unjudged == 0:
        return None
    href = "/" + format_filters(FilterState(states=tuple(UNJUDGED), view="all"))
    return components.banner(
        [
            f"{formats.plural(sight.n_unjudged, 'pair')} cannot be judged: {sight.why_unjudged}. ",
            dcc.Link("See which", href=href),
            " or ",
            dcc.Link("look at the sources", href="/data-quality"),
            ".",
        ]
    )
