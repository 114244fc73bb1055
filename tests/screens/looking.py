"""What axe finds on a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.screens.browsing import until

EVERY_RULE = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
OF_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""The rules of those tags that can find something else in the dark: all others look at no colour."""

SCHEMES: Mapping[str, Mapping[str, Any]] = {"light": EVERY_RULE, "dark": OF_COLOURS}
STILL = "document.getAnimations().every((motion) => motion.playState !== 'running')"
"""A colour that is still changing is none."""


def findings(page: Page, within: str = "html") -> list[str]:
    """What axe finds wrong in the light and in the dark, with the places.

    `within` is what opened on a screen that is itself looked at elsewhere.
    """
    page.emulate_media(reduced_motion="reduce")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return [found for scheme, rules in SCHEMES.items() for found in _findings(page, within, scheme, rules)]


def _findings(page: Page, within: str, scheme: str, rules: Mapping[str, Any]) -> list[str]:
    page.evaluate("scheme => { document.documentElement.dataset.mantineColorScheme = scheme }", scheme)
    until(page, STILL)
    options = json.dumps({"resultTypes": ["violations"], "runOnly": rules})
    answer = page.evaluate(f"axe.run({json.dumps(within)}, {options})")
    return [
        f"{scheme}, {rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in answer["violations"]
        for node in rule["nodes"]
    ]
