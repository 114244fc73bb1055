"""The commands and tools a developer meets first do what CONTRIBUTING.md says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlfluff
import yaml

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

SET_BY_MAKE = {"MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS", "PYTHON", "SERVE", "VENV"}
LONG_AGO = 1_000_000_000

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run make as from a plain shell, also when make itself started the tests."""
    env = {name: value for name, value in os.environ.items() if name not in SET_BY_MAKE}
    return subprocess.run(["make", *arguments], cwd=cwd, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout as far as `make setup` looks at it, already set up."""
    folder = tmp_path / "a checkout"
    (folder / ".venv/bin").mkdir(parents=True)
    for name in ("requirements.lock", "pyproject.toml", "Makefile"):
        shutil.copy(ROOT / name, folder)
        os.utime(folder / name, (LONG_AGO, LONG_AGO))
    (folder / ".venv/bin/python").symlink_to(sys.executable)
    (folder / ".venv/.ready").write_text(f"{folder}\n")
    os.utime(folder / ".venv/.ready", (LONG_AGO + 1, LONG_AGO + 1))
    return folder


@needs_make
def test_make_alone_lists_every_command() -> None:
    listed = set(re.findall(r"^make (\w+) +\S", make().stdout, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (help .*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert phony is not None
    assert listed == set(phony[1].split())


@needs_make
@pytest.mark.parametrize(("serve", "is_served"), [("1", True), ("0", False)])
def test_demo_can_stop_before_the_dashboard(serve: str, is_served: bool) -> None:
    command = make("-n", "demo", f"SERVE={serve}").stdout.splitlines()[-1]
    assert command.startswith(".venv/bin/kinkeeper demo")
    assert ("--no-serve" not in command) is is_served


@needs_make
def test_second_setup_has_nothing_to_do(checkout: Path) -> None:
    done = make("setup", cwd=checkout)
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["Ready: .venv/bin/kinkeeper is installed. Next: make demo"]


@needs_make
@pytest.mark.parametrize(
    ("change", "is_made_anew"),
    [
        (lambda folder: (folder / "requirements.lock").touch(), False),
        (lambda folder: (folder / ".venv/.ready").write_text("elsewhere\n"), True),
        (lambda folder: (folder / ".venv/.ready").unlink(), True),
        (lambda folder: (folder / ".venv/bin/python").unlink(), True),
    ],
    ids=["changed lock", "moved checkout", "interrupted setup", "vanished Python"],
)
def test_setup_notices_that_the_environment_is_stale(
    checkout: Path, change: Callable[[Path], object], is_made_anew: bool
) -> None:
    change(checkout)
    steps = make("-n", "setup", cwd=checkout).stdout
    assert "uv pip sync" in steps
    assert ("venv --clear" in steps) is is_made_anew


@needs_make
def test_unsuitable_python_is_refused_in_one_line(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv")
    refused = make("-s", "setup", "PYTHON=/bin/false", cwd=checkout)
    assert refused.returncode != 0
    assert refused.stderr.splitlines()[0] == (
        "Kinkeeper needs Python 3.11, 3.12 or 3.13; '/bin/false' is not: try make setup PYTHON=python3.12"
    )
    assert not (checkout / ".venv").exists()


def test_ci_lints_and_tests() -> None:
    script = ROOT / ".ci/run"
    assert script.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    commands = [line.split() for line in script.read_text("utf-8").splitlines()]
    assert [words[-1] for words in commands if "make" in words] == ["setup", "lint", "test"]


def test_pre_commit_downloads_nothing() -> None:
    repositories = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    hooks = [hook for repository in repositories for hook in repository["hooks"]]
    assert {repository["repo"] for repository in repositories} == {"local"}
    assert all(hook["entry"].startswith(".venv/bin/") for hook in hooks)


def test_every_dependency_and_every_exception_has_its_reason() -> None:
    bare, array = [], None
    for line in (ROOT / "pyproject.toml").read_text("utf-8").splitlines():
        if opened := re.match(r'"?([\w/*.]+)"? = \[$', line):
            array = opened[1]
        elif line == "]":
            array = None
        elif array in {"dependencies", "dev", "ignore", "exclude_rules", "tests/**"} and "#" not in line:
            bare.append(line.strip())
    assert bare == []


def test_signals_take_back_every_relaxation_of_their_package() -> None:
    overrides = {tuple(entry["module"]): entry for entry in PYPROJECT["tool"]["mypy"]["overrides"]}
    relaxed = overrides["expectations.*", "pipelines.*", "dashboards.*"]
    signals = overrides["pipelines.signals.*",]
    flags = relaxed.keys() - {"module"}
    assert PYPROJECT["tool"]["mypy"]["strict"]
    assert not any(relaxed[flag] for flag in flags)
    assert all(signals[flag] for flag in flags)


@pytest.mark.parametrize(
    ("path", "code", "is_refused"),
    [
        ("pipelines/build.py", "import duckdb\n\nduckdb.connect()\n", True),
        ("warehouse/database.py", "import duckdb\n\nduckdb.connect()\n", False),
        ("pipelines/checks.py", "def check():\n    import great_expectations\n", True),
        ("expectations/runner.py", "def check():\n    import great_expectations\n", False),
        ("dashboards/app.py", "import datetime as dt\n\ndt.datetime.now(dt.UTC)\n", True),
        ("warehouse/clock.py", "import datetime as dt\n\ndt.datetime.now(dt.UTC)\n", False),
    ],
)
def test_databases_checks_and_time_have_one_door_each(path: str, code: str, is_refused: bool) -> None:
    ruff = [sys.executable, "-m", "ruff", "check", "--select", "TID251", "--stdin-filename", path, "-"]
    found = subprocess.run(ruff, cwd=ROOT, input=code, capture_output=True, text=True, check=False)
    assert ("TID251" in found.stdout) is is_refused
    assert found.returncode == int(is_refused)


GOOD_MODEL = """\
-- one row per pair
with touch as (
    select * from core.touch
)

select
    touch.pair_id,
    cast(count(*) filter (where touch.side = 'mentor') as bigint) as n_mentor,
    max(touch.occurred_at) as last_touch_at
from touch
group by touch.pair_id
"""


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ("select\n", "CP01"),
        ("count", "CP03"),
        ("    touch.pair_id,", "LT02"),
        (",\n    max", "LT04"),
        ("touch.pair_id,", "LT05"),
    ],
)
def test_sql_style_is_lower_case_four_spaces_commas_behind(wrong: str, rule: str) -> None:
    mended = {
        "CP01": wrong.upper(),
        "CP03": wrong.upper(),
        "LT02": wrong.replace("    ", "  "),
        "LT04": wrong.replace(",\n    ", "\n    , "),
        "LT05": f"touch.pair_id as {'a' * 110},",
    }[rule]
    assert rule not in codes(GOOD_MODEL)
    assert rule in codes(GOOD_MODEL.replace(wrong, mended))


def test_sql_style_accepts_a_model_of_the_house() -> None:
    assert codes(GOOD_MODEL) == []


def codes(sql: str) -> list[str]:
    return [found["code"] for found in sqlfluff.lint(sql, config_path=str(ROOT / "pyproject.toml"))]
