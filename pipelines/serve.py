"""Starts the long-running processes, on loopback only, and ends them with whatever they started."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from warehouse.errors import KinkeeperError

if TYPE_CHECKING:
    from warehouse.settings import Settings

LOOPBACK = "127.0.0.1"
GRACE_SECONDS = 10
POLL_SECONDS = 0.2

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Doors:
    """Where the dashboards are served and how; the webhook door only where it has a port."""

    port: int
    host: str = LOOPBACK
    with_names: bool = False
    trusted_proxy: str | None = None
    webhook_port: int | None = None


def serve_dashboards(settings: Settings, doors: Doors, say: Say) -> NoReturn:
    """Run the dashboards, the press of reports, the builder of past days and the door, until one ends."""
    command = [
        sys.executable,
        "-m",
        "dashboards",
        "--home",
        str(settings.home),
        "--host",
        doors.host,
        "--port",
        str(doors.port),
    ]
    if doors.trusted_proxy is not None:
        command += ["--trusted-proxy", doors.trusted_proxy]
    commands = [command + ["--names"] * doors.with_names]
    commands.append([sys.executable, "-m", "pipelines.press", str(settings.home)])
    commands.append([sys.executable, "-m", "pipelines.past", "--home", str(settings.home)])
    ports = [doors.port]
    if doors.webhook_port is not None:
        ports.append(doors.webhook_port)
        webhooks = [
            sys.executable,
            "-m",
            "pipelines.door",
            "--home",
            str(settings.home),
            "--host",
            doors.host,
            "--port",
            str(doors.webhook_port),
        ]
        commands.append(webhooks)
    _run(ports, commands, {}, say)


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
    _run([port], [command], variables, say)


def _run(
    ports: Sequence[int], commands: Sequence[Sequence[str]], variables: Mapping[str, str], say: Say
) -> NoReturn:
    """Run commands that listen on these ports; when one ends, or we are told to stop, all end."""
    for port in ports:
        _refuse_taken(port)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    environment = {**os.environ, **variables}
    running = [subprocess.Popen(command, env=environment, start_new_session=True) for command in commands]
    try:
        code = _first_to_end(running)
    except KeyboardInterrupt:
        say("Stopping.")
        code = 0
    for process in running:
        _stop_group(process)
    if code == 0:
        say("Stopped.")
    sys.exit(max(code, 0))


def _first_to_end(running: Sequence[subprocess.Popen[bytes]]) -> int:
    """The exit code of the first process that ends."""
    while True:
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(POLL_SECONDS)


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
