"""What every request and every answer must satisfy, whichever screen it is for.

There are no accounts yet, so the server answers loopback names only: a page elsewhere that rebinds its
own name to this machine is refused by the Host check, and one that posts here by the Origin check.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from dash import Dash
from flask import Response, abort, request

STATIC_PREFIXES = ("/assets/", "/_dash-component-suites/")

FIXED_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def content_policy(script_hashes: list[str]) -> str:
    """The content security policy: own files only, and inline scripts by their hash."""
    return "; ".join(
        [
            "default-src 'self'",
            " ".join(["script-src 'self'", *script_hashes]),
            "style-src 'self' 'unsafe-inline'",  # Mantine and AG Grid write their styles into the page
            "img-src 'self' data:",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        ]
    )


def protect(app: Dash) -> None:
    """Put the checks before every request and the headers on every answer of an app."""

    def refuse_strangers() -> None:
        if not is_loopback(urlsplit(f"//{request.host}").hostname or ""):
            abort(403, "This server answers to localhost only.")
        origin = request.headers.get("Origin")
        if request.method == "POST" and origin is not None and urlsplit(origin).netloc != request.host:
            abort(403, "A page of another site sent this request.")

    def add_headers(response: Response) -> Response:
        response.headers.update(FIXED_HEADERS)
        # Asked for each time: Dash adds inline scripts of its own when the first request arrives.
        response.headers["Content-Security-Policy"] = content_policy(list(app.csp_hashes()))
        if not request.path.startswith(STATIC_PREFIXES):
            response.headers["Cache-Control"] = "no-store"
        return response

    app.server.before_request(refuse_strangers)
    app.server.after_request(add_headers)
