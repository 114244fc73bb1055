"""Who may sign in to the dashboards: accounts add, list, disable, reset; and the audit trail.

Passwords are asked for, or read from a pipe; never taken from the command line, which others can see.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines import console
from pipelines.commands.options import Home, Json, home_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from warehouse.accounts import Account, Accounts
    from warehouse.audit import Audit

BY_HAND = "command-line"
"""Whoever uses the command line may read the home folder: the audit trail knows them by that."""

accounts = typer.Typer(no_args_is_help=True, help="Who may sign in to the dashboards, and to see what.")

Login = Annotated[str, typer.Argument(help="A name or an address.")]


@accounts.command("add")
def add(  # noqa: PLR0913, PLR0917  each argument is an option of the command
    login: Login,
    role: Annotated[str, typer.Option(help="program_manager, cohort_viewer, admin or auditor.")],
    program: Annotated[
        list[str] | None, typer.Option(help="A program they may see; may be repeated.")
    ] = None,
    all_programs: Annotated[bool, typer.Option("--all-programs", help="They may see every program.")] = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="A proxy or an identity provider signs them in.")
    ] = False,
    home: Home = None,
    json_: Json = False,
) -> None:
    """A new account; its password is asked for."""
    if bool(program) == all_programs:
        raise typer.BadParameter("say which programs: --program P (may be repeated), or --all-programs")
    password = None if no_password else _password()
    with _store(home) as (store, audit):
        account = store.add(login, role, tuple(program) if program else None, password)
        audit.note(BY_HAND, "operator", "account-add", account.account_id)
    _tell(account, json_, "is made")


@accounts.command("list")
def list_(home: Home = None, json_: Json = False) -> None:
    """Every account, what it may do, and where."""
    with _store(home) as (store, _):
        found = store.all()
    if json_:
        console.emit({"accounts": [_as_dict(account) for account in found]})
        return
    if not found:
        console.tell("There is no account yet: kinkeeper accounts add LOGIN --role ROLE --all-programs")
        return
    listing = console.table("Login", "Role", "Programs", "Password", "State")
    for account in found:
        listing.add_row(
            account.login,
            account.role,
            ", ".join(account.programs) if account.programs is not None else "all",
            "yes" if account.has_password else "no",
            "shut" if account.is_disabled else "open",
        )
    console.OUT.print(listing)


@accounts.command("disable")
def disable(login: Login, home: Home = None, json_: Json = False) -> None:
    """Shut an account and end its sessions at once."""
    with _store(home) as (store, audit):
        account = store.disable(login)
        audit.note(BY_HAND, "operator", "account-disable", account.account_id)
    _tell(account, json_, "is shut")


@accounts.command("reset")
def reset(login: Login, home: Home = None, json_: Json = False) -> None:
    """Give an account a new password, open it again and end its sessions."""
    password = _password()
    with _store(home) as (store, audit):
        account = store.set_password(login, password)
        audit.note(BY_HAND, "operator", "account-reset", account.account_id)
    _tell(account, json_, "has a new password")


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


@contextlib.contextmanager
def _store(home: Path | None) -> Iterator[tuple[Accounts, Audit]]:
    from warehouse.accounts import Accounts
    from warehouse.audit import Audit
    from warehouse.operations import open_operations

    engine = open_operations(home_settings(home).operations_url)
    try:
        yield Accounts(engine), Audit(engine)
    finally:
        engine.dispose()


def _as_dict(account: Account) -> dict[str, object]:
    return {
        "account_id": account.account_id,
        "login": account.login,
        "role": account.role,
        "programs": None if account.programs is None else list(account.programs),
        "has_password": account.has_password,
        "is_disabled": account.is_disabled,
    }


def _tell(account: Account, json_: bool, what: str) -> None:
    if json_:
        console.emit(_as_dict(account))
    else:
        console.tell(f"The account of {account.login} ({account.role.replace('_', ' ')}) {what}.")
