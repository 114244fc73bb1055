"""`python -m dashboards` refuses what it must, in one line."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from dashboards.__main__ import FAILED, WRONG_USAGE, main, parse


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.10", "example.org"])
def test_a_host_that_others_can_reach_is_refused(
    host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--home", str(tmp_path), "--host", host]) == WRONG_USAGE
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert "127.0.0.1" in said.err


def test_a_taken_port_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--home", str(tmp_path), "--port", str(port)]) == FAILED
    assert "choose another --port" in capsys.readouterr().err


def test_a_home_that_is_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "home").write_text("")
    assert main(["--home", str(tmp_path / "home")]) == FAILED
    assert "takes a folder" in capsys.readouterr().err


def test_it_stays_on_loopback_and_shows_no_names_by_default() -> None:
    options = parse([])
    assert (options.host, options.port, options.names, options.home) == ("127.0.0.1", 8050, False, None)
