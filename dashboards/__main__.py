"""`python -m dashboards`: serve the screens of one home folder on this machine."""

from __future__ import annotations

import argparse
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import waitress
from dash import Dash

from dashboards.app import create_app, nameless
from dashboards.data import Reader
from dashboards.guard import is_loopback
from warehouse.errors import KinkeeperError
from warehouse.operations import open_operations
from warehouse.requests import Requests
from warehouse.settings import load_settings
from warehouse.vault import Vault

FAILED, WRONG_USAGE = 1, 2
THREADS = 8


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; answers the exit code."""
    options = parse(arguments)
    if not is_loopback(options.host):
        return fail(
            f"--host {options.host} is reachable from other machines, and these screens have no accounts "
            "yet. Use 127.0.0.1, and a tunnel such as ssh -L to reach it from elsewhere.",
            WRONG_USAGE,
        )
    try:
        settings = load_settings(options.home)
        engine = open_operations(settings.operations_url)
        names = Vault(engine).names if options.names else nameless
        door = listen(options.host, options.port)
    except KinkeeperError as error:
        return fail(str(error), FAILED)
    with door:
        serve(create_app(Reader(settings.published), Requests(engine), names=names), door)
    return 0


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, opened before the application is built so that a taken port is told at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        hint = f"cannot listen on {host}:{port} ({error.strerror}): choose another --port"
        raise KinkeeperError(hint) from None


def serve(app: Dash, door: socket.socket) -> None:
    """Answer requests until interrupted."""
    server = waitress.create_server(app.server, sockets=[door], threads=THREADS, ident=None)
    host, port = door.getsockname()[:2]
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    print(f"Kinkeeper is ready at http://{address}/ (stop with Ctrl+C)", flush=True)
    server.run()


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line, with the same defaults as `kinkeeper serve`."""
    parser = argparse.ArgumentParser(prog="python -m dashboards", description="Serve Kinkeeper's screens.")
    parser.add_argument("--home", type=Path, help="home folder (default: KINKEEPER_HOME, else var)")
    parser.add_argument(
        "--host", default="127.0.0.1", help="loopback address to listen on (default: 127.0.0.1)"
    )
    parser.add_argument("--port", type=int, default=8050, help="port, 0 for a free one (default: 8050)")
    parser.add_argument("--names", action="store_true", help="show people by name, from the vault")
    return parser.parse_args(arguments)


def fail(message: str, code: int) -> int:
    """Say on stderr what is wrong and what to do; answers the exit code."""
    print(f"error: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
