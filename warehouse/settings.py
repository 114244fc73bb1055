"""Where things are on this machine, and the one reader of the environment.

Three kinds of settings live in three places: tools in pyproject.toml, a program's policy in
`<home>/program.toml`, machine paths and secrets in `KINKEEPER_*` environment variables.
"""

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from warehouse.errors import SettingsError
from warehouse.operations import sqlite_url
from warehouse.policy import Policy, load_policy

DEFAULT_HOME = Path("var")

WAYS_IN = ("local", "proxy", "oidc")


@dataclass(frozen=True, slots=True)
class Web:
    """How people get to the screens: `way_in` is None on a loopback server without accounts.

    `url` is where browsers find the server, `proxy_header` the header in which a proxy names who it signed
    in, `proxy_secret` what proves that it was the proxy; the rest belongs to OpenID Connect.
    """

    way_in: str | None = None
    url: str | None = None
    proxy_header: str = "X-Forwarded-User"
    proxy_secret: str | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = None

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach the server by https, so that cookies may ask for it."""
        return urlsplit(self.url or "").scheme == "https"


_NEEDED = {
    "local": (),
    "proxy": ("proxy_secret",),
    "oidc": ("url", "oidc_issuer", "oidc_client_id", "oidc_client_secret"),
}
MIN_SECRET = 24
_SENDER = re.compile(r"[a-z0-9][a-z0-9\-]{0,39}")


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
    def risk_folder(self) -> Path:
        """The model of risk, the one before it, and the record of the last backtest."""
        return self.home / "warehouse" / "risk"

    @property
    def published(self) -> Path:
        return self.home / "published"

    @property
    def instruments(self) -> Path:
        """Where a program keeps survey instruments of its own."""
        return self.home / "instruments"

    @property
    def reports(self) -> Path:
        return self.home / "reports"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"


def load_web() -> Web:
    """How people get to the screens, from KINKEEPER_AUTH and its companions.

    Raises SettingsError where a way in is unknown, lacks what it needs, or where a secret is too short.
    """
    given = {
        name: os.environ[f"KINKEEPER_{name.upper()}"]
        for name in (
            "url",
            "proxy_header",
            "proxy_secret",
            "oidc_issuer",
            "oidc_client_id",
            "oidc_client_secret",
        )
        if os.environ.get(f"KINKEEPER_{name.upper()}")
    }
    web = Web(way_in=os.environ.get("KINKEEPER_AUTH") or None, **given)
    if web.way_in is None:
        return web
    if web.way_in not in WAYS_IN:
        raise SettingsError(f"KINKEEPER_AUTH is one of {', '.join(WAYS_IN)}")
    missing = [f"KINKEEPER_{name.upper()}" for name in _NEEDED[web.way_in] if getattr(web, name) is None]
    if missing:
        raise SettingsError(f"KINKEEPER_AUTH={web.way_in} also needs {', '.join(missing)}")
    if web.proxy_secret is not None and len(web.proxy_secret) < MIN_SECRET:
        raise SettingsError(f"KINKEEPER_PROXY_SECRET has at least {MIN_SECRET} characters")
    return web


def webhook_secrets() -> dict[str, tuple[str, ...]]:
    """Sender -> the keys it may sign with, from KINKEEPER_WEBHOOK_SECRETS.

    The list reads `lms=whsec_new whsec_old,crm=whsec_...`: two keys let a sender change to a new one. Raises
    SettingsError for anything else, and for keys outside the 24 to 64 bytes of Standard Webhooks.
    """
    found = {}
    for entry in filter(None, os.environ.get("KINKEEPER_WEBHOOK_SECRETS", "").split(",")):
        sender, _, keys = entry.strip().partition("=")
        if not _SENDER.fullmatch(sender) or not keys:
            raise SettingsError("KINKEEPER_WEBHOOK_SECRETS is a list such as lms=whsec_...,crm=whsec_...")
        found[sender] = tuple(keys.split())
        if not all(map(_is_webhook_key, found[sender])):
            raise SettingsError(f"a key of {sender} is not whsec_ and the base64 of 24 to 64 random bytes")
    return found


def notice_addresses() -> dict[str, str]:
    """Who gets the Monday list: KINKEEPER_NOTIFY_ADA=mailtos://... sets up `ada` (an Apprise address)."""
    begin = "KINKEEPER_NOTIFY_"
    return {
        name.removeprefix(begin).lower(): address
        for name, address in sorted(os.environ.items())
        if name.startswith(begin) and address
    }


def _is_webhook_key(key: str) -> bool:
    try:
        return key.startswith("whsec_") and 24 <= len(base64.b64decode(key[6:], validate=True)) <= 64
    except ValueError:
        return False


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
