"""The server answers this machine only, says how it may be shown, and runs no script it does not know."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest

from dashboards.guard import is_loopback


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "::1", "[::1]", "LOCALHOST"])
def test_names_of_this_machine_are_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "example.org", "localhost.example.org", "", "::"])
def test_other_names_are_not(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("path", ["/", "/overview", "/_dash-layout", "/assets/kinkeeper.css", "/health"])
def test_a_rebound_name_is_refused_everywhere(screens: Any, path: str) -> None:
    assert screens.get(path, headers={"Host": "evil.example:8050"}).status_code == 403
    assert screens.get(path, headers={"Host": "127.0.0.1:8050"}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:9999"])
def test_a_page_of_another_site_cannot_post(screens: Any, origin: str) -> None:
    answer = screens.post({}, headers={"Origin": origin, "Host": "localhost:8050"})
    assert answer.status_code == 403


def test_a_form_cannot_call_a_callback(screens: Any) -> None:
    assert screens.post(data="{}", content_type="text/plain").status_code == 415


def test_our_own_page_can(screens: Any) -> None:
    assert "Synthetic sample program" in screens.frame()


@pytest.mark.parametrize("path", ["/", "/pairs/pair-001", "/_dash-layout", "/_dash-dependencies", "/health"])
def test_data_is_never_kept_by_the_browser(screens: Any, path: str) -> None:
    assert screens.get(path).headers["Cache-Control"] == "no-store"


def test_files_of_the_application_may_be_kept(screens: Any) -> None:
    assert screens.get("/assets/kinkeeper.css").headers.get("Cache-Control") != "no-store"


@pytest.mark.parametrize("path", ["/", "/_dash-layout", "/assets/kinkeeper.js", "/no/such/page"])
def test_every_answer_carries_the_security_headers(screens: Any, path: str) -> None:
    headers = screens.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert "Access-Control-Allow-Origin" not in headers


def test_a_refusal_carries_them_too(screens: Any) -> None:
    assert "Content-Security-Policy" in screens.get("/", headers={"Host": "evil.example"}).headers


def test_the_policy_allows_own_files_and_known_scripts_only(screens: Any) -> None:
    screens.get("/")
    policy = dict(
        rule.strip().split(" ", 1) for rule in screens.get("/").headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["object-src"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert not re.search(r"https?:|\*", " ".join(policy.values()))


def test_every_inline_script_of_the_page_is_known_to_the_policy(screens: Any) -> None:
    screens.get("/")
    page = screens.get("/")
    scripts = re.findall(
        r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>(.*?)</script>", page.text, re.DOTALL
    )
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert scripts
    assert [digest for digest in digests if digest not in page.headers["Content-Security-Policy"]] == []


def test_nothing_is_loaded_from_elsewhere(screens: Any) -> None:
    assert re.findall(r"""(?:src|href)=["'](?:https?:)?//[^"']+""", screens.get("/").text) == []


def test_doors_nobody_asked_for_are_shut(screens: Any) -> None:
    rules = [rule.rule for rule in screens.app.server.url_map.iter_rules()]
    assert not [rule for rule in rules if "mcp" in rule or "ws" in rule.split("/")[-1]]


def test_health_is_a_real_answer(screens: Any) -> None:
    assert screens.get("/health").text == "OK"


def test_the_page_names_its_language(screens: Any) -> None:
    assert '<html lang="en" data-density="roomy">' in screens.get("/").text
