"""`python -m dashboards`: serve the screens of one home folder on this machine."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import waitress

from dashboards.app import create_app, nameless
from dashboards.data import Reader
from dashboards.guard import is_loopback
from warehouse.errors import KinkeeperError
from warehouse.operations import open_operations
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
        names = Vault(open_operations(settings.operations_url)).names if options.names else nameless
    except KinkeeperError as error:
        return fail(str(error), FAILED)
    app = create_app(Reader(settings.published), names=names)
    try:
        server = waitress.create_server(
            app.server,
            host=options.host,
            port=options.port,
            threads=THREADS,
            ident=None,
            clear_untrusted_proxy_headers=True,
        )
    except OSError as error:
        return fail(
            f"cannot listen on {options.host}:{options.port} ({error.strerror}). Choose another --port.",
            FAILED,
        )
    print(
        f"Kinkeeper is ready at http://{options.host}:{server.effective_port}/ (stop with Ctrl+C)", flush=True
    )
    try:
        server.run()
    finally:
        server.close()
    return 0


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
