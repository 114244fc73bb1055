"""How far a build could look: missing data must not look like silence, nor like calm."""

from __future__ import annotations

from dash import dcc
from dash.development.base_component import Component

from dashboards import components, formats
from dashboards.filters import FilterState, format_filters
from dashboards.speech import AsIs, say, translated
from warehouse.queries import Sight
from warehouse.words import UNJUDGED


def calm(sight: Sight) -> str:
    """What an empty list means (`Sight.calm`), in the viewer's language."""
    if sight.n_judged > 0 and sight.n_unjudged:
        return say(
            "Nobody needs you this week among the pairs that could be judged: {n_judged:,}",
            n_judged=sight.n_judged,
        )
    return translated(sight.calm)


def why(sight: Sight) -> str:
    """What keeps pairs from being judged (`Sight.why_unjudged`), in the viewer's language."""
    feeds = [
        say("the feed {feed} is late, nothing since {newest}", feed=AsIs(feed), newest=formats.day(newest))
        for feed, newest in sight.late_feeds
    ]
    missing = (
        [say("{n_no_feed} without a contact feed", n_no_feed=sight.n_no_feed)] if sight.n_no_feed else []
    )
    return "; ".join([*feeds, *missing])


def blind_spot(sight: Sight) -> Component | None:
    """A warning that some pairs cannot be judged, and why."""
    if sight.n_unjudged == 0:
        return None
    href = "/" + format_filters(FilterState(states=tuple(UNJUDGED), view="all"))
    return components.banner(
        [
            say(
                "{pairs} cannot be judged: {why_unjudged}. ",
                pairs=formats.plural(sight.n_unjudged, "pair"),
                why_unjudged=why(sight),
            ),
            dcc.Link("See which", href=href),
            " or ",
            dcc.Link("look at the sources", href="/data-quality"),
            ".",
        ]
    )
