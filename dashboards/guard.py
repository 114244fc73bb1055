"""What every request and every answer must satisfy, whichever screen it is for.

Nothing is answered that is not allowed by name: a few endpoints that carry no data are open, everything else
needs somebody who signed in. Without accounts the server answers loopback names only: a page elsewhere that
rebinds its own name to this machine is refused by the Host check, one that posts here by the Origin check.
"""

from __future__ import annotations

import hmac
import ipaddress
from urllib.parse import urlencode, urlsplit

from dash import Dash
from flask import Request, Response, abort, g, redirect, request
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from werkzeug.wrappers import Response as Answer

from dashboards.access import Access
from warehouse.accounts import Caller, SignInRefused, csrf_of

STATIC_PREFIXES = ("/assets/", "/_dash-component-suites/")

OPEN_ENDPOINTS = frozenset(
    {
        "/health",
        "/_favicon.ico",
        "_dash_assets.static",
        "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
        "login.ask",
        "login.sign_in",
        "login.go_to_provider",
        "login.come_back",
    }
)
"""What strangers may have: no data, and the doors themselves. By endpoint, never by what a body says."""

CSRF_COOKIE, CSRF_HEADER = "kinkeeper-csrf", "X-CSRFToken"
PROXY_SECRET_HEADER = "X-Kinkeeper-Proxy-Secret"
CALLS = RateLimitItemPerSecond(50, 5)
"""Requests of one account: ten a second, in bursts, for a screen is drawn by several."""

FIXED_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer a form sends no origin that could be checked
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
PREVIEWED = "report_files.file"
"""Files of reports, which the reports screen shows in a frame; nothing else is ever framed."""
HSTS = "max-age=31536000; includeSubDomains"


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def content_policy(script_hashes: list[str], framed_by: str = "'none'") -> str:
    """The content security policy: own files only, inline scripts by their hash, and who may frame a page."""
    return "; ".join(
        [
            "default-src 'self'",
            " ".join(["script-src 'self'", *script_hashes]),
            "style-src 'self' 'unsafe-inline'",  # Mantine and AG Grid write their styles into the page
            "img-src 'self' data:",
            "object-src 'none'",
            "base-uri 'none'",
            f"frame-ancestors {framed_by}",
            "form-action 'self'",
        ]
    )


def session_cookie(access: Access) -> str:
    """The name of the session's cookie: the prefix makes browsers insist on https, this host and no path."""
    return "__Host-kinkeeper" if access.web.is_secure else "kinkeeper"


def protect(app: Dash, access: Access) -> None:
    """Put the checks before every request and the headers on every answer of an app."""
    limiter = MovingWindowRateLimiter(MemoryStorage())

    def refuse_strangers() -> Answer | None:
        refuse_other_names(access)
        refuse_other_sites()
        if access.is_open or request.endpoint in OPEN_ENDPOINTS:
            return None
        found = who_asks(access)
        if found is None:
            return to_the_door()
        if not limiter.hit(CALLS, found.account_id):
            abort(429, "Too many requests: wait a few seconds.")
        g.caller = found
        return None

    def add_headers(response: Response) -> Response:
        response.headers.update(FIXED_HEADERS)
        # Asked for each time: Dash adds inline scripts of its own when the first request arrives.
        is_preview = request.endpoint == PREVIEWED
        framed_by = "'self'" if is_preview else "'none'"
        response.headers["Content-Security-Policy"] = content_policy(list(app.csp_hashes()), framed_by)
        if is_preview:
            response.headers["X-Frame-Options"] = "SAMEORIGIN"
        if access.web.is_secure:
            response.headers["Strict-Transport-Security"] = HSTS
        if not request.path.startswith(STATIC_PREFIXES):
            response.headers["Cache-Control"] = "no-store"
        return response

    app.server.before_request(refuse_strangers)
    app.server.after_request(add_headers)


def refuse_other_names(access: Access) -> None:
    """Answer to this machine's names and to the one that browsers are meant to use."""
    asked = urlsplit(f"//{request.host}").hostname or ""
    if not is_loopback(asked) and asked != urlsplit(access.web.url or "").hostname:
        abort(403, "This server does not answer to that name.")


def refuse_other_sites() -> None:
    """Let only our own pages change anything."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if (origin is not None and urlsplit(origin).netloc != request.host) or site in {
        "cross-site",
        "same-site",
    }:
        abort(403, "A page of another site sent this request.")


def who_asks(access: Access) -> Caller | None:
    """Whoever a session, or the proxy in front, says it is."""
    if access.web.way_in == "proxy":
        return named_by_proxy(access, request)
    token = request.cookies.get(session_cookie(access), "")
    found = access.accounts.caller(token) if token else None
    if found is not None and request.method == "POST":
        sent = request.headers.get(CSRF_HEADER) or request.form.get("csrf", "")
        if not hmac.compare_digest(sent.encode(), csrf_of(token).encode()):
            abort(403, "This page is no longer valid: reload it.")
    return found


def named_by_proxy(access: Access, asked: Request) -> Caller | None:
    """The account that a proxy names, if it proves that it is the proxy."""
    secret, login = access.web.proxy_secret or "", asked.headers.get(access.web.proxy_header, "")
    if not login or not hmac.compare_digest(
        asked.headers.get(PROXY_SECRET_HEADER, "").encode(), secret.encode()
    ):
        return None
    try:
        return access.accounts.signed_in_elsewhere(login).caller
    except SignInRefused as error:
        access.audit.note("unknown", "none", "sign-in", outcome="denied")
        abort(403, str(error))


def to_the_door() -> Answer:
    """Send a person to the sign-in page, and a callback away."""
    is_page = request.method == "GET" and request.accept_mimetypes.accept_html
    if not is_page or request.path.startswith("/_"):
        abort(401)
    wanted = request.full_path.rstrip("?")
    return redirect("/login?" + urlencode({"next": wanted}) if wanted != "/" else "/login")
