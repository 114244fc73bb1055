"""The command line as tests of commands call it, and a home of letters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import cli
from tests.pipelines.letters import home_of, letters
from warehouse.settings import Settings


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


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with all letters; each module has its own, since builds and fits change it."""
    return home_of(tmp_path_factory.mktemp("whole") / "log", letters())
