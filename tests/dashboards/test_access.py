"""Nobody is answered who did not sign in, nobody sees what their role or programs do not open."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import dash
import duckdb
import pytest
import sqlalchemy as sa
from dash import Dash
from flask import g

from dashboards import viewing
from dashboards.access import Access
from dashboards.app import create_app
from dashboards.data.reader import Reader
from dashboards.guard import CSRF_HEADER, OPEN_ENDPOINTS
from dashboards.screen import Shelf
from warehouse.accounts import ABSOLUTE, IDLE, ROLES, WEB_SESSION, Accounts, csrf_of
from warehouse.audit import Audit
from warehouse.operations import open_operations, sqlite_url
from warehouse.report_desk import ReportDesk
from warehouse.report_words import ReportWords
from warehouse.requests import Requests
from warehouse.settings import Web

PASSWORD = "correct horse battery"
OWN = {"Origin": "http://localhost"}
OTHER_PAIR = "pair-001"


class Office:
    """Screens with accounts, a clock that can be moved, and one browser per role."""

    def __init__(self, home: Path, folder: Path, web: Web, now: dt.datetime) -> None:
        self.now = now.replace(tzinfo=dt.UTC)
        self.engine = open_operations(sqlite_url(folder / "operations.sqlite"))
        self.accounts = Accounts(self.engine, lambda: self.now)
        self.audit = Audit(self.engine, lambda: self.now)
        self.app: Dash = create_app(
            Reader(home / "published"),
            Requests(self.engine, lambda: self.now),
            Access(web, self.accounts, self.audit),
            Shelf(home / "reports", ReportDesk(self.engine, lambda: self.now), ReportWords(self.engine)),
            names=lambda ids: {person: f"Synthetic {person[-2:]}" for person in ids},
            clock=lambda: self.now,
        )

    def browser(self, login: str | None = None, *, password: str = PASSWORD) -> Any:
        client = self.app.server.test_client()
        if login is not None:
            client.post("/login", data={"login": login, "password": password}, headers=OWN)
        return client

    def token(self, browser: Any) -> str:
        cookie = browser.get_cookie("kinkeeper")
        return str(cookie.value) if cookie else ""

    def call(self, browser: Any, body: Any, **headers: str) -> Any:
        sent = OWN | {CSRF_HEADER: csrf_of(self.token(browser))} | headers
        return browser.post("/_dash-update-component", json=body, headers=sent, buffered=True)

    def page(self, browser: Any, path: str) -> str:
        """A screen as the router callback draws it."""
        values = {"pathname_": path, "search_": ""}
        inputs = [
            {"id": "_pages_location", "property": name, "value": value} for name, value in values.items()
        ]
        body = {
            "output": ".._pages_content.children..._pages_store.data..",
            "outputs": [
                {"id": "_pages_content", "property": "children"},
                {"id": "_pages_store", "property": "data"},
            ],
            "inputs": inputs,
            "changedPropIds": ["_pages_location.pathname_"],
        }
        answer = self.call(browser, body)
        assert answer.status_code == 200, answer.text
        return str(answer.text)


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory, published: ModuleType) -> Path:
    """A publication of two programs: one pair belongs to another."""
    home = tmp_path_factory.mktemp("two")
    published.write_publication(home)
    (file,) = (home / "published").glob("*.duckdb")
    with duckdb.connect(str(file)) as con:
        con.execute("update mart.pair set program_id = 'other' where pair_id = ?", [OTHER_PAIR])
    return home


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One account per role, and a manager of one program: hashing passwords takes its time, on purpose."""
    store = tmp_path_factory.mktemp("store") / "operations.sqlite"
    engine = open_operations(sqlite_url(store))
    for role in ROLES:
        Accounts(engine).add(role, role, None, PASSWORD)
    Accounts(engine).add("confined", "program_manager", ("other",), PASSWORD)
    engine.dispose()
    return store


@pytest.fixture
def office(shared_home: Path, shared_store: Path, tmp_path: Path, published: ModuleType) -> Iterator[Office]:
    shutil.copy(shared_store, tmp_path)
    made = Office(shared_home, tmp_path, Web(way_in="local"), published.AS_OF)
    yield made
    made.engine.dispose()


def python_callbacks(app: Dash) -> dict[str, Any]:
    app.server.test_client().get("/login")
    known = {
        key: entry["callback"].__wrapped__ for key, entry in app.callback_map.items() if "callback" in entry
    }
    return {key: answer for key, answer in known.items() if "router" not in answer.__qualname__}


# --- strangers -----------------------------------------------------------------------------------------


def test_every_callback_says_who_may_call_it(office: Office) -> None:
    known = python_callbacks(office.app)
    assert len(known) >= 4
    assert [key for key, answer in known.items() if not hasattr(answer, "permission")] == []


def test_every_screen_says_who_may_see_it(office: Office) -> None:
    free = {
        page["module"]
        for page in dash.page_registry.values()
        if page["module"].startswith("dashboards.pages") and not hasattr(page["layout"], "permission")
    }
    assert free == {"dashboards.pages.not_found_404"}


def test_no_endpoint_answers_a_stranger_unless_it_is_listed(office: Office) -> None:
    client = office.browser()
    for rule in office.app.server.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "x", rule.rule)
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            answer = client.open(path, method=method, headers=OWN | {"Accept": "text/html"})
            is_door = answer.status_code == 302 and answer.headers["Location"].startswith("/login")
            if rule.endpoint not in OPEN_ENDPOINTS:
                assert answer.status_code == 401 or is_door, (path, method, answer.status_code)


def body_of(key: str) -> dict[str, Any]:
    """A call of a callback as a browser, or somebody with curl, would put it."""
    return {
        "output": key,
        "outputs": [],
        "inputs": [{"id": "address", "property": "pathname", "value": "/login"}],
        "changedPropIds": ["address.pathname"],
        "state": [{"id": "address", "property": "search", "value": "/health"}],
    }


@pytest.mark.parametrize("who", ["nobody", "expired", "forged", "disabled", "signed out"])
def test_no_callback_answers_a_stranger(office: Office, who: str) -> None:
    browser = office.browser(None if who == "nobody" else "program_manager")
    match who:
        case "expired":
            office.now += ABSOLUTE + dt.timedelta(seconds=1)
        case "forged":
            browser.set_cookie("kinkeeper", "x" * 43)
        case "disabled":
            office.accounts.disable("program_manager")
        case "signed out":
            browser.post("/logout", data={"csrf": csrf_of(office.token(browser))}, headers=OWN)
    for key in list(office.app.callback_map):
        assert office.call(browser, body_of(key)).status_code == 401


def test_a_callback_beyond_the_role_is_refused_and_noted(office: Office) -> None:
    browser = office.browser("cohort_viewer")
    beyond = {
        key: answer
        for key, answer in python_callbacks(office.app).items()
        if answer.permission not in ROLES["cohort_viewer"]
    }
    assert len(beyond) >= 3
    for key, answer in beyond.items():
        assert office.call(browser, well_formed(office.app, key)).status_code == 403, key
        assert office.audit.newest(1)[0].outcome == "denied"
        assert office.audit.newest(1)[0].act == answer.__name__


def well_formed(app: Dash, key: str) -> dict[str, Any]:
    """A call with one empty value for each input and state, so that it reaches the function."""

    def given(item: dict[str, Any]) -> Any:
        name = item["id"]
        if not name.startswith("{"):
            return {"id": name, "property": item["property"], "value": None}
        wanted = {
            part: "x" if value in (["MATCH"], ["ALL"]) else value for part, value in json.loads(name).items()
        }
        one = {"id": wanted, "property": item["property"], "value": 1}
        return [one] if "ALL" in name else one

    entry = app.callback_map[key]
    inputs, state = [given(item) for item in entry["inputs"]], [given(item) for item in entry["state"]]
    first = inputs[0][0] if isinstance(inputs[0], list) else inputs[0]
    named = first["id"] if isinstance(first["id"], str) else json.dumps(first["id"], separators=(",", ":"))
    concrete = key.replace('["MATCH"]', '"x"')
    parts = concrete.strip(".").split("...") if key.startswith("..") else [concrete]
    outputs = []
    for part in parts:
        who, _, what = part.rpartition(".")
        outputs.append({"id": json.loads(who) if who.startswith("{") else who, "property": what})
    return {
        "output": key,
        "outputs": outputs if key.startswith("..") else outputs[0],
        "inputs": inputs,
        "state": state,
        "changedPropIds": [f"{named}.{first['property']}"],
    }


# --- roles and programs --------------------------------------------------------------------------------


def test_each_role_sees_the_screens_it_may_and_no_other(office: Office) -> None:
    paths = {
        "/": "pairs.read",
        "/overview": "groups.read",
        "/lifecycle": "groups.read",
        "/endings": "groups.read",
        "/data-quality": "data.read",
        f"/pairs/{OTHER_PAIR}": "pairs.read",
        "/activity": "audit.read",
    }
    for role, permissions in ROLES.items():
        browser = office.browser(role)
        for path, permission in paths.items():
            is_shut = "This screen is not open to you" in office.page(browser, path)
            assert is_shut == (permission not in permissions), (role, path)


def test_the_navigation_offers_only_what_opens(office: Office) -> None:
    offered = {role: str(office.browser(role).get("/_dash-layout").json) for role in ROLES}
    assert {role for role, frame in offered.items() if "/data-quality" in frame} == {
        "program_manager",
        "admin",
        "auditor",
    }
    assert all("/overview" in frame for frame in offered.values())


def test_only_roles_that_may_see_names_see_names(office: Office) -> None:
    assert "Synthetic" in office.page(office.browser("program_manager"), f"/pairs/{OTHER_PAIR}")
    assert "Synthetic 0" not in office.page(office.browser("admin"), f"/pairs/{OTHER_PAIR}")


def test_an_export_names_owners_to_those_who_share_the_work_alone(office: Office) -> None:
    def told(role: str) -> str:
        return str(office.browser(role).get("/export/pairs.csv?view=all", buffered=True).text)

    assert "program_manager" in told("program_manager")
    assert "Owner" not in told("admin")
    assert "program_manager" not in told("admin")


def test_names_cannot_be_searched_for_by_who_may_not_see_them(office: Office) -> None:
    with office.app.server.test_request_context():
        from flask import g

        from dashboards.screen import scene

        g.caller = office.accounts.named("admin").caller
        assert scene().people_called("Synthetic") == []
        g.caller = office.accounts.named("program_manager").caller
        assert scene().people_called("Synthetic")


def test_a_manager_of_one_program_sees_its_pairs_alone(office: Office) -> None:
    confined, free = office.browser("confined"), office.browser("program_manager")
    assert OTHER_PAIR in office.page(confined, f"/pairs/{OTHER_PAIR}")
    assert "pair-002" in office.page(free, "/pairs/pair-002")
    foreign = office.page(confined, "/pairs/pair-002")
    assert "Health" not in foreign
    assert "No such pair" in foreign or "no pair" in foreign.lower()


def test_what_is_about_the_whole_home_is_shut_to_a_manager_of_one_program(office: Office) -> None:
    assert "This screen is not open to you" in office.page(office.browser("confined"), "/data-quality")


def test_a_table_without_program_does_not_exist_for_a_confined_caller(shared_home: Path) -> None:
    confined = Reader(shared_home / "published").publication(("other",))
    everything = Reader(shared_home / "published").publication()
    assert everything.rows("select * from mart.ledger")
    with pytest.raises(duckdb.CatalogException):
        confined.rows("select * from mart.ledger")
    assert {row["pair_id"] for row in confined.rows("select pair_id from mart.pair_event")} <= {OTHER_PAIR}
    assert confined.rows("select * from ref.run") == everything.rows("select * from ref.run")


def test_a_hostile_program_id_is_only_a_value(shared_home: Path) -> None:
    confined = Reader(shared_home / "published").publication(("x') or ('1'='1",))
    assert confined.rows("select * from mart.pair") == []


def test_a_confined_connection_reaches_no_other_file(shared_home: Path) -> None:
    confined = Reader(shared_home / "published").publication(("other",))
    for sql in ("select * from read_text('/etc/hostname')", "set threads = 1"):
        with pytest.raises(duckdb.Error):
            confined.rows(sql)


# --- sessions ------------------------------------------------------------------------------------------


def test_signing_in_leads_to_what_was_wanted(office: Office) -> None:
    browser = office.browser()
    asked = browser.get("/pairs/pair-001?asof=x", headers={"Accept": "text/html"})
    assert asked.headers["Location"] == "/login?next=%2Fpairs%2Fpair-001%3Fasof%3Dx"
    form = {"login": "program_manager", "password": PASSWORD, "next": "/pairs/pair-001?asof=x"}
    assert browser.post("/login", data=form, headers=OWN).headers["Location"] == "/pairs/pair-001?asof=x"


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/\nx"]
)
def test_the_door_leads_nowhere_else(office: Office, wanted: str) -> None:
    form = {"login": "program_manager", "password": PASSWORD, "next": wanted}
    assert office.browser().post("/login", data=form, headers=OWN).headers["Location"] == "/"


def test_who_may_not_see_pairs_arrives_at_the_overview(office: Office) -> None:
    form = {"login": "cohort_viewer", "password": PASSWORD}
    assert office.browser().post("/login", data=form, headers=OWN).headers["Location"] == "/overview"


def test_a_session_ends_when_it_is_idle_and_at_the_end_of_the_day(office: Office) -> None:
    browser, begun = office.browser("admin"), office.now
    while office.now + IDLE / 2 < begun + ABSOLUTE:
        office.now += IDLE / 2
        assert browser.get("/_dash-layout").status_code == 200
    office.now = begun + ABSOLUTE + dt.timedelta(seconds=1)
    assert browser.get("/_dash-layout").status_code == 401
    idle = office.browser("admin")
    office.now += IDLE + dt.timedelta(seconds=1)
    assert idle.get("/_dash-layout").status_code == 401


def test_a_session_prepared_by_somebody_else_is_not_taken_over(office: Office) -> None:
    browser = office.browser()
    browser.set_cookie("kinkeeper", "prepared")
    browser.post("/login", data={"login": "admin", "password": PASSWORD}, headers=OWN)
    assert office.token(browser) not in {"", "prepared"}


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(office: Office) -> None:
    browser = office.browser("admin")
    stolen = office.token(browser)
    assert browser.post("/logout", data={"csrf": csrf_of(stolen)}, headers=OWN).status_code == 303
    thief = office.browser()
    thief.set_cookie("kinkeeper", stolen)
    assert thief.get("/_dash-layout").status_code == 401


def test_the_store_holds_no_token_and_no_password(office: Office) -> None:
    token = office.token(office.browser("admin"))
    with office.engine.connect() as connection:
        kept = str(connection.execute(sa.select(WEB_SESSION)).all())
    raw = Path(str(office.engine.url.database)).read_bytes()
    assert token not in kept
    assert token.encode() not in raw
    assert PASSWORD.encode() not in raw


def test_a_post_without_the_word_of_the_page_is_refused(office: Office) -> None:
    browser = office.browser("admin")
    assert office.call(browser, body_of("address.search"), **{CSRF_HEADER: "forged"}).status_code == 403
    assert browser.post("/logout", headers=OWN).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_post_that_another_site_began_is_refused(office: Office, site: str) -> None:
    browser = office.browser("admin")
    answer = office.call(browser, body_of("address.search"), **{"Sec-Fetch-Site": site})
    assert answer.status_code == 403


def test_five_wrong_passwords_shut_the_door_for_a_minute(office: Office) -> None:
    stranger = office.browser()
    wrong = {"login": "admin", "password": "wrong horse battery"}
    codes = [stranger.post("/login", data=wrong, headers=OWN).status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    right = {"login": "admin", "password": PASSWORD}
    assert stranger.post("/login", data=right, headers=OWN).status_code == 429
    office.now += dt.timedelta(seconds=61)
    assert stranger.post("/login", data=right, headers=OWN).status_code == 303


def test_many_logins_from_one_address_shut_it_too(office: Office) -> None:
    stranger = office.browser()
    codes = [
        stranger.post("/login", data={"login": f"u{n}", "password": "p"}, headers=OWN).status_code
        for n in range(21)
    ]
    assert codes == [401] * 20 + [429]


def test_the_answer_does_not_tell_which_accounts_exist(office: Office) -> None:
    stranger = office.browser()
    known, unknown = (
        stranger.post("/login", data={"login": login, "password": "wrong"}, headers=OWN).text.replace(
            login, ""
        )
        for login in ("admin", "nobody")
    )
    assert known == unknown


def test_what_was_typed_comes_back_as_text(office: Office) -> None:
    payload = '"><script>alert(1)</script>'
    page = office.browser().post("/login", data={"login": payload, "password": "p"}, headers=OWN).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_a_flood_of_one_account_is_slowed(office: Office) -> None:
    browser = office.browser("admin")
    codes = {browser.get("/_dash-dependencies").status_code for _ in range(60)}
    assert codes == {200, 429}


def test_cookies_ask_for_https_where_there_is_https(
    shared_home: Path, tmp_path: Path, published: ModuleType
) -> None:
    web = Web(way_in="local", url="https://mentoring.example")
    office = Office(shared_home, tmp_path, web, published.AS_OF)
    office.accounts.add("admin", "admin", None, PASSWORD)
    answer = office.app.server.test_client().post(
        "/login",
        data={"login": "admin", "password": PASSWORD},
        headers={"Origin": "https://mentoring.example", "Host": "mentoring.example"},
    )
    session, csrf = answer.headers.getlist("Set-Cookie")
    assert session.startswith("__Host-kinkeeper=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {*session.split("; ")}
    assert {"Secure", "SameSite=Strict"} <= {*csrf.split("; ")}
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    office.engine.dispose()


def test_every_way_in_and_out_leaves_an_entry(office: Office) -> None:
    browser = office.browser("admin")
    browser.post("/logout", data={"csrf": csrf_of(office.token(browser))}, headers=OWN)
    office.browser("admin", password="wrong horse battery")
    acts = [(entry.act, entry.outcome) for entry in reversed(office.audit.newest(10))]
    assert acts == [("sign-in", "done"), ("sign-out", "done"), ("sign-in", "failed")]
    assert [*office.audit.problems()] == []


def test_the_activity_screen_tells_who_did_what_without_names(office: Office) -> None:
    office.browser("admin", password="wrong horse battery")
    office.browser("cohort_viewer")
    screen = office.page(office.browser("auditor"), "/activity")
    account = office.accounts.named("cohort_viewer").account_id
    assert all(words in screen for words in ("sign-in", "Failed", account, "unaltered"))
    with office.engine.begin() as connection:
        connection.exec_driver_sql("update audit_entry set outcome = 'done'")
    assert "altered at entry 1" in office.page(office.browser("auditor"), "/activity")


# --- a proxy in front ----------------------------------------------------------------------------------

SECRET = "a-secret-of-more-than-24-characters"


@pytest.fixture
def behind_proxy(shared_home: Path, tmp_path: Path, published: ModuleType) -> Iterator[Office]:
    office = Office(shared_home, tmp_path, Web(way_in="proxy", proxy_secret=SECRET), published.AS_OF)
    office.accounts.add("manager@example.org", "program_manager")
    yield office
    office.engine.dispose()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Forwarded-User": "manager@example.org", "X-Kinkeeper-Proxy-Secret": SECRET}, 200),
        ({"X-Forwarded-User": "MANAGER@example.org", "X-Kinkeeper-Proxy-Secret": SECRET}, 200),
        ({"X-Forwarded-User": "manager@example.org", "X-Kinkeeper-Proxy-Secret": "guess"}, 401),
        ({"X-Forwarded-User": "manager@example.org"}, 401),
        ({"X-Kinkeeper-Proxy-Secret": SECRET}, 401),
        ({"X-Forwarded-User": "stranger@example.org", "X-Kinkeeper-Proxy-Secret": SECRET}, 403),
    ],
)
def test_a_proxy_is_believed_only_with_its_secret(
    behind_proxy: Office, headers: dict[str, str], status: int
) -> None:
    assert behind_proxy.browser().get("/_dash-layout", headers=headers).status_code == status


def test_behind_a_proxy_there_is_no_password_to_guess(behind_proxy: Office) -> None:
    form = {"login": "manager@example.org", "password": "x"}
    assert behind_proxy.browser().post("/login", data=form, headers=OWN).status_code == 404


# --- how somebody sees the screens


def choose(office: Office, login: str, cookie: str = "", **choices: str) -> Any:
    """What a browser of somebody keeps after they chose so."""
    sent = {"Cookie": f"kinkeeper-view={cookie}"}
    with office.app.server.test_request_context(headers=sent):
        g.caller = office.accounts.named(login).caller
        return viewing.keep(choices)


def opened(browser: Any) -> tuple[str, str]:
    """The first page of a browser, and what it then knows of its reader's choices."""
    page = browser.get("/overview", headers={"Accept": "text/html"})
    cookie = browser.get_cookie("kinkeeper-view")
    return page.text, cookie.value if cookie else ""


def test_another_browser_shows_what_somebody_chose(office: Office) -> None:
    choose(office, "auditor", theme="dark", zone="Asia/Kolkata")
    page, cookie = opened(office.browser("auditor"))
    assert 'data-mantine-color-scheme="dark"' in page
    assert "theme=dark" in cookie
    assert "zone=Asia%2FKolkata" in cookie
    assert opened(office.browser("admin"))[1] == ""


def test_what_is_chosen_later_leaves_the_other_choices_alone(office: Office) -> None:
    choose(office, "auditor", theme="dark")
    _page, cookie = opened(office.browser("auditor"))
    kept = choose(office, "auditor", cookie, keys="off")
    assert (kept["theme"], kept["keys"]) == ("dark", "off")
    assert "keys=off" in str(office.accounts.view(office.accounts.named("auditor").account_id))


def test_what_nobody_can_choose_is_not_kept(office: Office) -> None:
    kept = choose(office, "auditor", zone="Mars/Phobos", theme="pink", role="admin", scheme="dark")
    assert (kept["zone"], kept["theme"]) == ("", "auto")
    assert {"role", "scheme"}.isdisjoint(kept)


def test_shutting_an_account_forgets_its_choices(office: Office) -> None:
    choose(office, "auditor", theme="dark")
    account_id = office.accounts.named("auditor").account_id
    assert office.accounts.view(account_id) is not None
    office.accounts.disable("auditor")
    assert office.accounts.view(account_id) is None


def test_the_settings_screen_says_where_choices_are_kept(office: Office) -> None:
    assert "kept with your account" in office.page(office.browser("auditor"), "/settings")
