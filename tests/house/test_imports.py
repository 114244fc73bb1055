"""Imports go down only, and `--help` stays light."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ["dagster", "dash", "great_expectations", "pandas", "plotly", "pyarrow", "scipy"]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """import-linter with the contracts of the folder's pyproject.toml."""
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", code, "--no-cache", "--no-logo"],
        cwd=folder,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """The four floors, empty, under the contracts of the real house."""
    for package in ("warehouse", "expectations", "pipelines", "pipelines/signals", "dashboards"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_contracts_hold() -> None:
    checked = lint_imports(ROOT)
    assert checked.returncode == 0, checked.stdout
    assert "0 broken" in checked.stdout


def test_contracts_hold_in_an_empty_house(house: Path) -> None:
    assert lint_imports(house).returncode == 0


@pytest.mark.parametrize(
    ("module", "code", "broken"),
    [
        ("warehouse/log.py", "import expectations", "Floors"),
        ("dashboards/screen.py", "import pipelines", "Floors"),
        ("pipelines/serve.py", "import dashboards", "Floors"),
        ("pipelines/build.py", "import pipelines.cli", "Inside pipelines"),
        ("pipelines/ingest.py", "import pipelines.signals", "Inside pipelines"),
        ("pipelines/odds_and_ends.py", "", "Inside pipelines"),
        ("warehouse/log.py", "def read():\n    import dagster", "The warehouse knows no orchestrator"),
        ("pipelines/signals/health.py", "import duckdb", "Signals are pure"),
        ("dashboards/app.py", "import great_expectations", "Screens start without"),
    ],
)
def test_contracts_catch(house: Path, module: str, code: str, broken: str) -> None:
    (house / "pipelines/cli.py").touch()
    (house / module).write_text(f"{code}\n")
    checked = lint_imports(house)
    assert checked.returncode == 1
    assert [line for line in checked.stdout.splitlines() if line.startswith(broken) and "BROKEN" in line]


def test_help_imports_nothing_heavy() -> None:
    code = f"""\
import json, sys
sys.argv = ["kinkeeper", "--help"]
from pipelines.cli import main
try:
    main()
except SystemExit as end:
    print(json.dumps({{"exit": end.code or 0, "heavy": [name for name in {HEAVY} if name in sys.modules]}}))
"""
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    assert any("watchlist" in line for line in shown)
    assert json.loads(shown[-1]) == {"exit": 0, "heavy": []}
