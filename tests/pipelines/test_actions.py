"""What is done on a screen takes effect with the next build, and what is taken back loses it."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.build import build_home
from pipelines.ingest import ingest_into_home
from pipelines.notify import write_letter
from pipelines.watchlist import read_watchlist
from warehouse import publish
from warehouse.accounts import MANAGER, Accounts
from warehouse.actions import Actions, Alert, Deed
from warehouse.operations import open_operations
from warehouse.policy import Policy
from warehouse.settings import Settings, load_settings

NOW = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
ASK = """
select pair_id, code, since_on
from mart.pair_reason
inner join mart.watchlist using (pair_id)
where ordinal = 1
"""


def accepted(number: int) -> str:
    """A pair that was accepted two months ago and never met."""
    line = {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "platform",
        "type": "mentorship.match.accepted.v1",
        "subject": f"relationship/p{number}",
        "time": "2026-01-02T10:00:00Z",
        "recordedat": "2026-01-02T10:00:00Z",
        "data": {"mentee_id": f"a{number}", "mentor_id": f"b{number}"},
    }
    return json.dumps(line) + "\n"


def test_a_snoozed_pair_leaves_the_list_until_it_is_taken_back(tmp_path: Path) -> None:
    settings = replace(load_settings(tmp_path / "home"), policy=Policy(history_days=1))
    dropped = tmp_path / "pairs.ndjson"
    dropped.write_text(accepted(1) + accepted(2))
    ingest_into_home(settings, [dropped], clock=lambda: NOW)
    build_home(settings, clock=lambda: NOW)
    ((pair_id, code, since_on), _other) = rows(settings, f"{ASK} order by pair_id")
    engine = open_operations(settings.operations_url)
    try:
        actions, alert = Actions(engine, lambda: NOW), Alert(pair_id, code, since_on)
        about = {"alert_id": alert.alert_id, "until_on": "2026-03-07", "reason": "date agreed"}
        snoozed = actions.take("ab" * 8, "acc", Deed(pair_id, "ops.alert_snoozed", about, alert))

        build_home(settings, clock=lambda: NOW)
        assert rows(settings, "select pair_id from mart.watchlist") == [("p2",)]
        assert rows(settings, "select pair_id, handling, is_quiet from mart.handling") == [
            ("p1", "snoozed", True)
        ]

        build_home(settings, clock=lambda: NOW + dt.timedelta(days=5))
        assert len(rows(settings, "select pair_id from mart.watchlist")) == 2

        actions.undo(snoozed.action_id, "acc")
        build_home(settings, clock=lambda: NOW)
        assert len(rows(settings, "select pair_id from mart.watchlist")) == 2
        assert rows(settings, "select pair_id from mart.handling") == []
        assert actions.waiting() == []
    finally:
        engine.dispose()


def test_the_list_and_the_letter_say_whose_each_item_is_and_a_login_only_beside_names(tmp_path: Path) -> None:
    settings = replace(load_settings(tmp_path / "home"), policy=Policy(history_days=1))
    dropped = tmp_path / "pairs.ndjson"
    dropped.write_text("".join(accepted(number) for number in (1, 2, 3)))
    ingest_into_home(settings, [dropped], clock=lambda: NOW)
    engine = open_operations(settings.operations_url)
    try:
        accounts, actions = Accounts(engine), Actions(engine, lambda: NOW)
        build_home(settings, clock=lambda: NOW)
        assert whose(settings) == dict.fromkeys(("p1", "p2", "p3"), "no owner yet")

        ada, mo = accounts.add("ada", MANAGER), accounts.add("mo", MANAGER)
        (_, *found) = rows(settings, f"{ASK} order by pair_id")
        for (pair_id, code, since_on), account_id in zip(found, (ada.account_id, "gone"), strict=True):
            alert = Alert(pair_id, code, since_on)
            deed = Deed(pair_id, "ops.alert_acknowledged", {"alert_id": alert.alert_id}, alert)
            actions.take("ab" * 8, account_id, deed)
        build_home(settings, clock=lambda: NOW)
        assert whose(settings) == {"p1": "no owner yet", "p2": "owner: ada", "p3": "taken on"}

        accounts.disable(ada.login)
        assert whose(settings)["p1"] == f"owner: {mo.login}"
        named, nameless = write_letter(settings, with_names=True), write_letter(settings)
        assert all(f"owner: {who}" in told for who in ("ada", "mo") for told in (named.text, named.html))
        for told in (nameless.text, nameless.html):
            assert [word in told for word in ("taken on", "has an owner", "ada", "owner:")] == [
                True, True, False, False,
            ]  # fmt: skip
        assert read_watchlist(settings, as_of=NOW, clock=lambda: NOW).owners == {}
    finally:
        engine.dispose()


def whose(settings: Settings) -> dict[str, str]:
    found = read_watchlist(settings)
    return {row["pair_id"]: found.whose(row["pair_id"], with_login=True) for row in found.rows}


def rows(settings: Settings, sql: str) -> list[Any]:
    with publish.open_current(settings.published) as con:
        return con.execute(sql).fetchall()
