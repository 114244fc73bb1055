"""Where things are on this machine, and the one reader of the environment.

Three kinds of settings live in three places: tools in pyproject.toml, a program's policy in
`<home>/program.toml`, machine paths and secrets in `KINKEEPER_*` environment variables.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import SettingsError
from warehouse.operations import sqlite_url
from warehouse.policy import Policy, load_policy

DEFAULT_HOME = Path("var")


@dataclass(frozen=True, slots=True)
class Settings:
    """One home folder, its policy and its operational store."""

    home: Path
    policy: Policy
    operations_url: str

    @property
    def inbox(self) -> Path:
        return self.home / "inbox"

    @property
    def archive(self) -> Path:
        return self.home / "archive"

    @property
    def log_file(self) -> Path:
        return self.home / "warehouse" / "log.duckdb"

    @property
    def models_file(self) -> Path:
        return self.home / "warehouse" / "models.duckdb"

    @property
    def high_water_file(self) -> Path:
        return self.home / "warehouse" / "high-water.json"

    @property
    def published(self) -> Path:
        return self.home / "published"

    @property
    def instruments(self) -> Path:
        """Where a program keeps survey instruments of its own."""
        return self.home / "instruments"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"


def default_home() -> Path:
    """The home folder where none is named: KINKEEPER_HOME, else `var`."""
    return Path(os.environ.get("KINKEEPER_HOME") or DEFAULT_HOME).expanduser().absolute()


def demo_home() -> Path:
    """The home of the synthetic sample where none is named, apart from a program's own data."""
    return default_home() / "demo"


def load_settings(home: Path | None = None) -> Settings:
    """Settings of a home folder: the argument, else KINKEEPER_HOME, else `var`.

    Refuses with SettingsError a home that is a file and a program.toml that is not valid.
    """
    chosen = home.expanduser().absolute() if home else default_home()
    if chosen.exists() and not chosen.is_dir():
        raise SettingsError(f"{chosen} is a file: --home takes a folder")
    policy_file = chosen / "program.toml"
    return Settings(
        home=chosen,
        policy=load_policy(policy_file if policy_file.exists() else None),
        operations_url=os.environ.get("KINKEEPER_OPERATIONS_URL") or sqlite_url(chosen / "operations.sqlite"),
    )
