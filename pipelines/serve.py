"""Starts the long-running processes, on loopback only, and ends them with whatever they started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from warehouse.errors import KinkeeperError

if TYPE_CHECKING:
    from warehouse.settings import Settings

LOOPBACK = "127.0.0.1"
GRACE_SECONDS = 10

Say = Callable[[str], None]


def serve_dashboards(
    settings: Settings,
    *,
    port: int,
    with_names: bool,
    say: Say,
    host: str = LOOPBACK,
    trusted_proxy: str | None = None,
) -> NoReturn:
    """Run `python -m dashboards` until it ends or this process is told to stop."""
    command = [
        sys.executable,
        "-m",
        "dashboards",
        "--home",
        str(settings.home),
        "--host",
        host,
        "--port",
        str(port),
    ]
    if trusted_proxy is not None:
        command += ["--trusted-proxy", trusted_proxy]
    _run(command + ["--names"] * with_names, port, {}, say)


def serve_dagster(settings: Settings, *, port: int, say: Say) -> NoReturn:
    """Run Dagster's webserver and daemon; its instance lives in the home folder."""
    from pipelines.resources import quiet_libraries, write_dagster_yaml

    quiet_libraries()
    write_dagster_yaml(settings.home)
    command = [
        sys.executable,
        "-m",
        "dagster",
        "dev",
        "-m",
        "pipelines.definitions",
        "-h",
        LOOPBACK,
        "-p",
        str(port),
    ]
    variables = {"DAGSTER_HOME": str(settings.dagster_home), "KINKEEPER_HOME": str(settings.home)}
    _run(command, port, variables, say)


def _run(command: Sequence[str], port: int, variables: Mapping[str, str], say: Say) -> NoReturn:
    _refuse_taken(port)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    process = subprocess.Popen(command, env={**os.environ, **variables}, start_new_session=True)
    try:
        code = process.wait()
    except KeyboardInterrupt:
        say("Stopping.")
        _stop_group(process)
        say("Stopped.")
        code = 0
    sys.exit(max(code, 0))


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Leave the waiting in `_run`: a handler that waited itself would wait for the wait it interrupted."""
    raise KeyboardInterrupt


def _stop_group(process: subprocess.Popen[bytes]) -> None:
    """Ask the whole process group to end, and end it when it does not: it started its own children."""
    try:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(GRACE_SECONDS)
    except ProcessLookupError:  # it ended just now
        process.wait()
    except (subprocess.TimeoutExpired, KeyboardInterrupt):  # too slow, or asked a second time
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            raise KinkeeperError(f"port {port} on {LOOPBACK} is taken: choose another with --port") from None
