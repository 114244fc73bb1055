"""`python -m dashboards`: serve the screens of one home folder on this machine."""

from __future__ import annotations

import argparse
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # an interrupt ends it without a word, also while all this is imported
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import waitress
from flask import Flask

import dashboards.reception  # noqa: F401 - its tables are made with the others, before a page needs them
from dashboards.access import Access
from dashboards.app import create_app, nameless
from dashboards.data.reader import Reader
from dashboards.guard import is_loopback
from dashboards.screen import Shelf
from warehouse.accounts import Accounts
from warehouse.audit import Audit
from warehouse.errors import KinkeeperError
from warehouse.operations import open_operations
from warehouse.report_desk import ReportDesk
from warehouse.report_words import ReportWords
from warehouse.requests import Requests
from warehouse.settings import Web, load_settings, load_web
from warehouse.vault import Vault

FAILED, WRONG_USAGE = 1, 2
THREADS = 8


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; answers the exit code."""
    options = parse(arguments)
    try:
        web = load_web()
        if trouble := not_safe(web, options.host):
            return fail(trouble, WRONG_USAGE)
        settings = load_settings(options.home)
        engine = open_operations(settings.operations_url)
        access = Access(web, Accounts(engine), Audit(engine))
        if not access.is_open and not access.accounts.all():
            return fail("nobody could sign in: `kinkeeper accounts add` makes the first account", FAILED)
        shows_names = options.names or not access.is_open
        names = Vault(engine).names if shows_names else nameless
        door = listen(options.host, options.port)
    except KinkeeperError as error:
        return fail(str(error), FAILED)
    with door:
        shelf = Shelf(settings.reports, ReportDesk(engine), ReportWords(engine))
        app = create_app(Reader(settings.published), Requests(engine), access, shelf, names=names)
        serve(app.server, door, options.trusted_proxy)
    return 0


def not_safe(web: Web, host: str) -> str | None:
    """Why these settings would let strangers in or passwords out, or None."""
    if is_loopback(host):
        return None
    if web.way_in is None:
        return (
            f"--host {host} is reachable from other machines, and there are no accounts: set KINKEEPER_AUTH "
            "(docs/security.md), or use 127.0.0.1 and a tunnel such as ssh -L."
        )
    if not web.is_secure:
        return (
            f"--host {host} is reachable from other machines: put a server that speaks https in front, set "
            "KINKEEPER_URL to its address, or passwords and names travel in the clear."
        )
    return None


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, opened before the application is built so that a taken port is told at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        hint = f"cannot listen on {host}:{port} ({error.strerror}): choose another --port"
        raise KinkeeperError(hint) from None


def serve(app: Flask, door: socket.socket, trusted_proxy: str | None = None) -> None:
    """Answer requests until interrupted; from a trusted proxy the address of the browser is believed."""
    trust: dict[str, Any] = (
        {"trusted_proxy": trusted_proxy, "trusted_proxy_headers": {"x-forwarded-for"}}
        if trusted_proxy
        else {}
    )
    server = waitress.create_server(
        app, sockets=[door], threads=THREADS, ident=None, clear_untrusted_proxy_headers=True, **trust
    )
    host, port = door.getsockname()[:2]
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    print(f"Kinkeeper is ready at http://{address}/ (stop with Ctrl+C)", flush=True)
    server.run()


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line, with the same defaults as `kinkeeper serve`."""
    parser = argparse.ArgumentParser(prog="python -m dashboards", description="Serve Kinkeeper's screens.")
    parser.add_argument("--home", type=Path, help="home folder (default: KINKEEPER_HOME, else var)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--trusted-proxy", help="address of the proxy in front, if there is one")
    parser.add_argument("--port", type=int, default=8050, help="port, 0 for a free one (default: 8050)")
    parser.add_argument("--names", action="store_true", help="show people by name, from the vault")
    return parser.parse_args(arguments)


def fail(message: str, code: int) -> int:
    """Say on stderr what is wrong and what to do; answers the exit code."""
    print(f"error: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
