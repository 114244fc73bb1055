"""Accounts are made by hand, with a password nobody else can see, and every change leaves an entry."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipelines.cli import app
from warehouse.accounts import Accounts, SignInRefused
from warehouse.audit import Audit
from warehouse.errors import KinkeeperError
from warehouse.operations import open_operations
from warehouse.settings import load_settings, load_web
from warehouse.verify import verify

PASSWORD = "correct horse battery"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def run(home: Path, *arguments: str, typed: str = f"{PASSWORD}\n") -> Result:
    return CliRunner().invoke(app, ["accounts", *arguments, "--home", str(home)], input=typed)


def store(home: Path) -> Accounts:
    return Accounts(open_operations(load_settings(home).operations_url))


def test_an_account_is_made_listed_shut_and_opened_again(home: Path) -> None:
    assert run(home, "add", "Ada", "--role", "admin", "--all-programs").exit_code == 0
    assert run(home, "add", "mo@example.org", "--role", "program_manager", "--program", "p1").exit_code == 0
    listed = json.loads(run(home, "list", "--json").stdout)["accounts"]
    assert [(one["login"], one["programs"]) for one in listed] == [("ada", None), ("mo@example.org", ["p1"])]
    assert run(home, "disable", "ada").exit_code == 0
    with pytest.raises(SignInRefused):
        store(home).check_password("ada", PASSWORD, "::1")
    assert run(home, "reset", "ada", typed="another horse battery\n").exit_code == 0
    assert store(home).check_password("ada", "another horse battery", "::1").login == "ada"
    acts = [entry.act for entry in Audit(open_operations(load_settings(home).operations_url)).newest(9)]
    assert acts == ["account-reset", "account-disable", "account-add", "account-add"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "x", "--role", "admin"], "say which programs"),
        (["add", "x", "--role", "admin", "--all-programs", "--program", "p"], "say which programs"),
    ],
)
def test_who_sees_what_must_be_said(home: Path, arguments: list[str], said: str) -> None:
    result = run(home, *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.output.replace("│", " ").split())


@pytest.mark.parametrize(
    ("login", "role", "password", "said"),
    [
        ("x", "owner", PASSWORD, "there is no role owner"),
        ("x", "admin", "short", "at least 12 characters"),
        ("a b", "admin", PASSWORD, "without spaces"),
    ],
)
def test_what_cannot_be_an_account_is_refused(
    home: Path, login: str, role: str, password: str, said: str
) -> None:
    with pytest.raises(KinkeeperError, match=said):
        store(home).add(login, role, None, password)


def test_an_account_of_no_program_is_not_one_of_all(home: Path) -> None:
    with pytest.raises(KinkeeperError, match="name the programs"):
        store(home).add("x", "admin", (), PASSWORD)


def test_a_login_is_taken_whatever_its_case(home: Path) -> None:
    run(home, "add", "Ada", "--role", "admin", "--all-programs")
    with pytest.raises(KinkeeperError, match="taken"):
        store(home).add("ADA", "admin", None, PASSWORD)


def test_verify_reads_the_audit_trail(demo_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(demo_home, home)
    settings = load_settings(home)
    run(home, "add", "ada", "--role", "admin", "--all-programs")
    assert verify(settings) == []
    engine = open_operations(settings.operations_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("update audit_entry set act = 'nothing'")
    assert verify(settings) == ["the audit trail was altered at entry 1"]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"KINKEEPER_AUTH": "open"}, "one of local, proxy, oidc"),
        ({"KINKEEPER_AUTH": "proxy"}, "KINKEEPER_PROXY_SECRET"),
        ({"KINKEEPER_AUTH": "proxy", "KINKEEPER_PROXY_SECRET": "short"}, "at least 24"),
        ({"KINKEEPER_AUTH": "oidc", "KINKEEPER_URL": "https://m.example"}, "KINKEEPER_OIDC_ISSUER"),
    ],
)
def test_a_way_in_that_lacks_something_is_refused(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(KinkeeperError, match=said):
        load_web()
