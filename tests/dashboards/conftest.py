"""What the tests of the screens share: a published file and an application over it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import dash
import pytest
from dash import Dash
from plotly.utils import PlotlyJSONEncoder

from dashboards.access import Access
from dashboards.app import create_app, nameless
from dashboards.data.reader import Reader
from dashboards.screen import Shelf
from tests.dashboards import published as builder
from warehouse.accounts import Accounts
from warehouse.audit import Audit
from warehouse.operations import open_operations, sqlite_url
from warehouse.report_desk import ReportDesk
from warehouse.report_words import ReportWords
from warehouse.requests import Requests
from warehouse.settings import Web


@pytest.fixture(scope="session")
def published() -> ModuleType:
    """The builder of published files."""
    return builder


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, published: ModuleType) -> Path:
    """A home folder with one publication that shows everything; nobody may change it."""
    folder = tmp_path_factory.mktemp("home")
    published.write_publication(folder)
    return folder


def nobody_asked(engine: Any) -> Access:
    """The way in of a server on this machine, without accounts."""
    return Access(Web(), Accounts(engine), Audit(engine))


class Screens:
    """An application and the screens it draws, as the text that goes to the browser."""

    def __init__(self, app: Dash) -> None:
        self.app = app
        self._client = app.server.test_client()

    def get(self, path: str, **more: Any) -> Any:
        """The answer to a GET, read to its end."""
        return self._client.get(path, buffered=True, **more)

    def post(self, body: Any = None, **more: Any) -> Any:
        """The answer to a callback, read to its end."""
        sent = {} if "data" in more else {"json": body}
        return self._client.post("/_dash-update-component", buffered=True, **sent, **more)

    def frame(self) -> str:
        """What the frame around every screen says."""
        outputs = [{"id": name, "property": "children"} for name in ("stamp", "run-line", "banners")]
        outputs.append({"id": "drawn-build", "property": "data"})
        body = {
            "output": "..stamp.children...run-line.children...banners.children...drawn-build.data..",
            "outputs": outputs,
            "inputs": [{"id": "address", "property": name, "value": "/"} for name in ("pathname", "search")],
            "changedPropIds": ["address.pathname"],
        }
        return str(self.post(body, headers={"Origin": "http://localhost"}).text)

    def draw(self, page: str, /, **address: Any) -> str:
        """One screen as JSON, with readable characters."""
        layout = dash.page_registry[f"dashboards.pages.{page}"]["layout"]
        with self.app.server.app_context():
            return json.dumps(layout(**address), cls=PlotlyJSONEncoder, ensure_ascii=False)

    def words(self, page: str, /, **address: Any) -> str:
        """The texts of one screen, each on a line of its own."""
        return "\n".join(texts(json.loads(self.draw(page, **address))))


def texts(node: object) -> Iterable[str]:
    """Every text in a tree of lists and dictionaries."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


@pytest.fixture(scope="session")
def make_screens(published: ModuleType) -> Callable[..., Screens]:
    """Screens over a home folder; the clock stands at the run's as-of unless told otherwise."""

    def make(home: Path, *, now: dt.datetime = published.AS_OF, names: Any = nameless) -> Screens:
        clock_time = now.replace(tzinfo=dt.UTC)
        engine = open_operations(sqlite_url(home / "operations.sqlite"))
        requests = Requests(engine, lambda: clock_time)
        return Screens(
            create_app(
                Reader(home / "published"),
                requests,
                nobody_asked(engine),
                Shelf(
                    home / "reports",
                    ReportDesk(engine, lambda: clock_time),
                    ReportWords(engine, lambda: clock_time),
                ),
                names=names,
                clock=lambda: clock_time,
            )
        )

    return make


@pytest.fixture(scope="session")
def screens(home: Path, make_screens: Callable[..., Screens]) -> Screens:
    return make_screens(home)
