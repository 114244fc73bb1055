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


def serve(
    home: Home = None,
    port: Port = DEFAULT_PORT,
    names: Annotated[
        bool, typer.Option("--names", help="Show people's names instead of pseudonyms.")
    ] = False,
) -> None:
    """Serve the dashboards on 127.0.0.1; there are no accounts yet, so on this machine only."""
    from pipelines.serve import serve_dashboards

    serve_dashboards(home_settings(home), port=port, with_names=names, say=console.say)


def dev(home: Home = None, port: Port = 3000) -> None:
    """Dagster's webserver and daemon on 127.0.0.1: assets, checks, the inbox sensor, the schedule."""
    from pipelines.serve import serve_dagster

    serve_dagster(home_settings(home), port=port, say=console.say)
