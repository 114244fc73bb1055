"""The command line as tests of commands call it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import cli


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """Run `kinkeeper ...` over the test's home, 80 columns wide: exit code, stdout, stderr."""
    monkeypatch.setenv("KINKEEPER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["kinkeeper", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        captured = capfdbinary.readouterr()
        assert b"Traceback" not in captured.err
        return int(stopped.value.code or 0), captured.out.decode(), captured.err.decode()

    return call
