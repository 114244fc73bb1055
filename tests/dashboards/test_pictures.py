"""Charts can be taken along as pictures by who may export, and each says whence and when it is."""

from __future__ import annotations

from typing import Any

import dash
from dash import html

from dashboards import components
from dashboards.moment import components_of
from dashboards.pictures import foot, offer_pictures
from warehouse.accounts import EXPORT, ROLES, Caller


def charts_of(screens: Any, page: str) -> list[Any]:
    with screens.app.server.app_context():
        drawn = dash.page_registry[f"dashboards.pages.{page}"]["layout"]()
    return [part for part in components_of(drawn) if isinstance(part, html.Figure)]


def test_every_chart_of_a_screen_offers_its_picture_under_its_own_name(screens: Any) -> None:
    charts = charts_of(screens, "overview")
    assert len(charts) >= 3
    for chart in charts:
        buttons = [part for part in components_of(chart) if isinstance(part, html.Button)]
        name = getattr(chart, "data-title")
        assert [getattr(button, "data-form") for button in buttons] == ["png", "svg"]
        assert [getattr(button, "aria-label") for button in buttons] == [f"PNG of {name}", f"SVG of {name}"]


def test_a_picture_says_program_as_of_known_at_and_build(published: Any) -> None:
    run = {
        "program_label": "Sample",
        "as_of": published.AS_OF,
        "known_at": published.AS_OF,
        "build_id": "b-1",
    }
    when = "23 Nov 2026, 06:00 UTC"
    assert foot(run) == f"Sample, as of {when}, known at {when}, build b-1"
    assert foot(run | {"program_label": None}) == f"as of {when}, known at {when}, build b-1"


def test_who_may_not_export_is_offered_no_picture(monkeypatch: Any) -> None:
    nobody = Caller("acc", "auditor", ROLES["auditor"] - {EXPORT}, None)
    monkeypatch.setattr("dashboards.pictures.caller", lambda: nobody)
    chart = components.figure({"data": [], "layout": {"height": 1}}, "Name", "Words.")
    offer_pictures(chart, {})
    assert not [part for part in components_of(chart) if isinstance(part, html.Button)]
