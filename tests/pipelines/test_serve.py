"""The long-running commands end when they are told to, at once, with whatever they started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines import serve
from warehouse.errors import KinkeeperError

PARENT = """
import sys
from pipelines import serve
serve._run([0], [[sys.executable, "-c", sys.argv[1]]], {}, lambda line: print(line, flush=True))
"""
CHILD = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN);" + CHILD


def start(child: str) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, child],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_stops_within_a_second_and_says_so(number: signal.Signals) -> None:
    process, child = start(CHILD)

    asked_at = time.monotonic()
    process.send_signal(number)
    said, _ = process.communicate(timeout=30)

    assert time.monotonic() - asked_at < 2
    assert (process.returncode, said) == (0, "Stopping.\nStopped.\n")
    assert not is_running(child)


def test_a_second_interrupt_ends_what_does_not_listen() -> None:
    process, child = start(STUBBORN)

    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    assert process.stdout.readline() == "Stopping.\n"
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=5)

    assert process.returncode == 0
    assert not is_running(child)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs to see what a process has loaded")
@pytest.mark.parametrize("module", ["dashboards", "pipelines.door"])
def test_an_interrupt_while_a_server_starts_leaves_no_traceback(module: str, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", module, "--home", str(tmp_path), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    loaded = Path(f"/proc/{process.pid}/maps")
    until = time.monotonic() + 30
    while "_cffi_backend" not in loaded.read_text() and "markupsafe" not in loaded.read_text():
        assert time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30) == ("", "")


def test_a_taken_port_is_one_clear_error() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as door, pytest.raises(KinkeeperError, match="is taken"):
        serve._refuse_taken(door.getsockname()[1])


def test_when_one_server_ends_the_other_does_not_stay_behind(tmp_path: Path) -> None:
    """The dashboards must not go on looking well while the door is shut, nor the other way round."""
    marker = tmp_path / "pid"
    mark = f"import os, pathlib, time; pathlib.Path({str(marker)!r}).write_text(str(os.getpid()))"
    lasting = f"{mark}; time.sleep(60)"
    ending = (
        f"import pathlib, time\nwhile not pathlib.Path({str(marker)!r}).exists(): time.sleep(0.02)\n"
        "raise SystemExit(4)"
    )
    with pytest.raises(SystemExit) as ended:
        serve._run(
            [0, 1_000],
            [[sys.executable, "-c", lasting], [sys.executable, "-c", ending]],
            {},
            lambda _line: None,
        )
    assert ended.value.code == 4
    assert not is_running(int(marker.read_text()))
