"""What all tests share: no outside settings, a fixed clock, and the real data where it exists."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest

from warehouse.clock import Clock

REAL_DATA = Path(os.environ.get("KINKEEPER_REAL_DATA") or Path(__file__).parents[2] / "shared" / "data")

KEPT = {"KINKEEPER_REAL_DATA", "KINKEEPER_CHROMIUM", "KINKEEPER_SCREENSHOTS"}
"""Settings of the tests themselves."""

DEMO_NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def no_outside_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own home folder or database must not reach a test."""
    for name in [name for name in os.environ if name.startswith("KINKEEPER_") and name not in KEPT]:
        monkeypatch.delenv(name)


@pytest.fixture
def clock() -> Clock:
    """Noon UTC on 24 November 2026, for ever."""
    return lambda: DEMO_NOW


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real logs; they are not part of the repository."""
    if not REAL_DATA.is_dir():
        pytest.skip("the real logs are not here: set KINKEEPER_REAL_DATA to their folder")
    return REAL_DATA


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the sample program ingested, built and published; copy it before changing it."""
    from pipelines.demo import prepare_demo
    from warehouse.settings import load_settings

    home = tmp_path_factory.mktemp("demo") / "home"
    prepare_demo(load_settings(home), clock=lambda: DEMO_NOW, say=lambda _line: None)
    return home
