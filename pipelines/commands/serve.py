"""Servers on this machine: serve, dev."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines import console
from pipelines.commands.options import (
    DEFAULT_PORT,
    Home,
    Port,
    home_settings,
)

if TYPE_CHECKING:
    pass


def serve(  # noqa: PLR0913, PLR0917  each argument is an option of the command
    home: Home = None,
    port: Port = DEFAULT_PORT,
    names: Annotated[
        bool, typer.Option("--names", help="Show people's names instead of pseudonyms.")
    ] = False,
    host: Annotated[
        str, typer.Option(help="Address to listen on; others need KINKEEPER_AUTH.")
    ] = "127.0.0.1",
    trusted_proxy: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="The proxy in front, if there is one.")
    ] = None,
    webhooks: Annotated[
        bool, typer.Option("--webhooks", help="Also take signed events over HTTP (docs/sources/webhook.md).")
    ] = False,
    webhook_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the webhook door.")] = 8060,
) -> None:
    """Serve the dashboards: on this machine without accounts, elsewhere with them (docs/security.md)."""
    from pipelines.serve import Doors, serve_dashboards

    doors = Doors(port, host, names, trusted_proxy, webhook_port if webhooks else None)
    serve_dashboards(home_settings(home), doors, console.say)


def dev(home: Home = None, port: Port = 3000) -> None:
    """Dagster's webserver and daemon on 127.0.0.1: assets, checks, the inbox sensor, the schedule."""
    from pipelines.serve import serve_dagster

    serve_dagster(home_settings(home), port=port, say=console.say)
