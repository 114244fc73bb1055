"""Signing in through an identity provider: only a sound answer that this browser asked for."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from dashboards import oidc
from dashboards.access import Access
from dashboards.app import create_app
from dashboards.data.reader import Reader
from dashboards.screen import Shelf
from warehouse.accounts import Accounts
from warehouse.audit import Audit
from warehouse.operations import open_operations, sqlite_url
from warehouse.report_desk import ReportDesk
from warehouse.report_words import ReportWords
from warehouse.requests import Requests
from warehouse.settings import Web

CLIENT = "kinkeeper"
KEY = RSAKey.generate_key(2048, {"kid": "one"})
STRANGE_KEY = RSAKey.generate_key(2048, {"kid": "one"})

Forge = Callable[[dict[str, Any]], str]


def signed(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, KEY)


class Provider(ThreadingHTTPServer):
    """An identity provider on this machine that answers as it is told."""

    forge: Forge = staticmethod(signed)
    nonce = ""
    verifier = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.issuer = f"http://127.0.0.1:{self.server_port}"


class _Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        issuer = self.server.issuer
        if self.path.endswith("openid-configuration"):
            ends = {"authorization_endpoint": "/out", "token_endpoint": "/token", "jwks_uri": "/keys"}
            self.answer({"issuer": issuer} | {name: issuer + path for name, path in ends.items()})
        else:
            self.answer({"keys": [KEY.as_dict(private=False)]})

    def do_POST(self) -> None:
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.verifier = sent["code_verifier"][0]
        now = int(dt.datetime.now(dt.UTC).timestamp())
        claims = {
            "iss": self.server.issuer,
            "aud": CLIENT,
            "sub": "1",
            "iat": now,
            "exp": now + 300,
            "nonce": self.server.nonce,
            "email": "manager@example.org",
            "email_verified": True,
        }
        self.answer({"access_token": "x", "token_type": "Bearer", "id_token": self.server.forge(claims)})

    def answer(self, body: object) -> None:
        raw = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    oidc._discovered.cache_clear()
    with Provider() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


@pytest.fixture
def browser(home: Path, tmp_path: Path, published: ModuleType, provider: Provider) -> Iterator[Any]:
    engine = open_operations(sqlite_url(tmp_path / "operations.sqlite"))
    now = published.AS_OF.replace(tzinfo=dt.UTC)
    accounts = Accounts(engine, lambda: now)
    accounts.add("manager@example.org", "program_manager")
    web = Web(
        "oidc", "http://localhost", oidc_issuer=provider.issuer, oidc_client_id=CLIENT, oidc_client_secret="s"
    )
    access = Access(web, accounts, Audit(engine, lambda: now))
    shelf = Shelf(home / "reports", ReportDesk(engine), ReportWords(engine))
    app = create_app(Reader(home / "published"), Requests(engine), access, shelf, clock=lambda: now)
    yield app.server.test_client()
    engine.dispose()


def leave(browser: Any, provider: Provider, wanted: str = "/overview") -> dict[str, str]:
    """Go out to the provider; the answer is what it was asked."""
    away = browser.get("/login/provider", query_string={"next": wanted})
    assert away.status_code == 302
    asked = {name: values[0] for name, values in parse_qs(urlsplit(away.headers["Location"]).query).items()}
    provider.nonce = asked["nonce"]
    return asked


def come_back(browser: Any, state: str) -> Any:
    return browser.get("/login/return", query_string={"state": state, "code": "c"})


def test_whom_the_provider_vouches_for_gets_in_where_they_wanted(browser: Any, provider: Provider) -> None:
    asked = leave(browser, provider)
    assert asked["code_challenge_method"] == "S256"
    back = come_back(browser, asked["state"])
    assert (back.status_code, back.headers["Location"]) == (303, "/overview")
    assert browser.get("/_dash-layout").status_code == 200
    assert len(provider.verifier) >= 43


def test_an_answer_is_good_for_one_time(browser: Any, provider: Provider) -> None:
    asked = leave(browser, provider)
    assert come_back(browser, asked["state"]).status_code == 303
    assert come_back(browser, asked["state"]).status_code == 403


def test_an_answer_that_another_browser_asked_for_is_refused(browser: Any, provider: Provider) -> None:
    asked = leave(browser, provider)
    stranger = browser.application.test_client()
    assert come_back(stranger, asked["state"]).status_code == 403
    assert come_back(browser, "guessed").status_code == 403


def _unsigned(claims: dict[str, Any]) -> str:
    head, body, _ = signed(claims).split(".")
    return f"{head}.{body}."


def _with_our_secret(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("s" * 32))


@pytest.mark.parametrize(
    "forge",
    [
        lambda claims: signed(claims | {"nonce": "another"}),
        lambda claims: signed(claims | {"aud": "another"}),
        lambda claims: signed(claims | {"iss": "http://another.example"}),
        lambda claims: signed(claims | {"exp": claims["iat"] - 3600}),
        lambda claims: signed({name: value for name, value in claims.items() if name != "exp"}),
        lambda claims: jwt.encode({"alg": "RS256", "kid": "one"}, claims, STRANGE_KEY),
        _unsigned,
        _with_our_secret,
        lambda _claims: "no.token.atall",
        lambda claims: signed(claims | {"email_verified": False}),
        lambda claims: signed(claims | {"email": "stranger@example.org"}),
    ],
    ids=[
        "nonce",
        "audience",
        "issuer",
        "expired",
        "no-end",
        "key",
        "unsigned",
        "hmac",
        "junk",
        "unverified",
        "unknown",
    ],
)
def test_an_unsound_answer_lets_nobody_in(browser: Any, provider: Provider, forge: Forge) -> None:
    provider.forge = forge
    back = come_back(browser, leave(browser, provider)["state"])
    assert back.status_code == 403
    assert browser.get("/_dash-layout").status_code == 401


def test_a_password_is_not_asked_for_there(browser: Any) -> None:
    assert "password" not in browser.get("/login").text
    assert browser.post("/login", data={"login": "manager@example.org", "password": "x"}).status_code == 404
