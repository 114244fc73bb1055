"""What lies in the repository: nothing of a machine, nothing huge, a lock that pins everything."""

from __future__ import annotations

import re
import subprocess
import tomllib
from itertools import groupby
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PINS = re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", LOCK, re.MULTILINE)
MAX_BYTES = 2 * 1024 * 1024

# Written with character classes, so that this file does not hold what it forbids.
MACHINE_PATH = re.compile(r"/(?:wor[k]|roo[t]|far[m])/|(?<![\w.])/(?:hom[e]|User[s])/\w|[A-Z]:\\User[s]")
REGISTRY_HOST = re.compile(r"\b(?:pypi|pythonhosted|npmjs|debian|anaconda|crates)\.(?:org|com|io)\b")


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """Everything git tracks or would track."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is not a git checkout")
    return [ROOT / name for name in sorted(set(listed.split("\0"))) if (ROOT / name).is_file()]


def lines_with(files: list[Path], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_path_of_a_machine_is_written_down(files: list[Path]) -> None:
    assert lines_with(files, MACHINE_PATH) == []


def test_no_registry_is_named(files: list[Path]) -> None:
    assert lines_with(files, REGISTRY_HOST) == []


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("cache = '/" + "root/.cache'", MACHINE_PATH),
        ("see /" + "home/someone/notes", MACHINE_PATH),
        ("index = https://" + "pypi" + ".org/simple", REGISTRY_HOST),
    ],
)
def test_the_two_searches_find_what_they_look_for(text: str, pattern: re.Pattern[str]) -> None:
    assert pattern.search(text)


def test_no_file_is_larger_than_two_mebibytes(files: list[Path]) -> None:
    assert [path.name for path in files if path.stat().st_size > MAX_BYTES] == []


def test_the_resolvers_own_lock_stays_out(files: list[Path]) -> None:
    assert ROOT / "uv.lock" not in files


def test_tests_are_no_package(files: list[Path]) -> None:
    assert [path for path in files if path.name == "__init__.py" and "tests" in path.parts] == []


def test_lock_pins_every_package_by_hash() -> None:
    entries = [line for line in LOCK.splitlines() if line and not line.startswith((" ", "#"))]
    hashed = re.findall(r"^\S+==.* \\\n    --hash=sha256:[0-9a-f]{64}", LOCK, re.MULTILINE)
    assert len(PINS) == len(entries) == len(hashed) > 100


def test_lock_holds_no_address() -> None:
    assert "://" not in LOCK
    assert " @ " not in LOCK
    assert "index-url" not in LOCK


def test_lock_fits_the_ranges_of_pyproject() -> None:
    project = PYPROJECT["project"]
    pinned = {name: [pin for _, pin in pins] for name, pins in groupby(sorted(PINS), key=lambda pin: pin[0])}
    wanted = [Requirement(text) for text in project["dependencies"] + project["optional-dependencies"]["dev"]]
    stale = [
        str(need)
        for need in wanted
        if not (pins := pinned.get(canonicalize_name(need.name)))
        or not all(need.specifier.contains(pin) for pin in pins)
    ]
    assert stale == [], "run make lock"


def test_the_packages_of_pyproject_are_the_house() -> None:
    house = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    tools = PYPROJECT["tool"]
    assert house == {"pipelines", "warehouse", "dashboards", "expectations"}
    assert set(tools["hatch"]["build"]["targets"]["wheel"]["packages"]) == house
    assert set(tools["mypy"]["files"]) == house
    assert set(tools["importlinter"]["root_packages"]) == house


def test_the_wheel_carries_everything_that_lies_in_the_packages(files: list[Path]) -> None:
    packages = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    wanted = {str(path.relative_to(ROOT)) for path in files if path.relative_to(ROOT).parts[0] in packages}
    carried = {str(file.distribution_path) for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    assert wanted - carried == set()
