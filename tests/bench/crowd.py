"""What the benches of the screens share: a large publication, a server of its own, a visitor."""

from __future__ import annotations

import contextlib
import functools
import gzip
import http.client
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse import database, publish

CALLBACK = "/_dash-update-component"
ROOT = Path(__file__).parents[2]
OWN_IDS = ("pair_id", "mentee_id", "mentor_id", "event_id", "source_event_id", "alert_id")
"""What the copies of a row do not share."""


def multiply_publication(sample: Path, big: Path, n_pairs: int) -> dict[str, int]:
    """Publish in `big` what is published in `sample`, with so many pairs: told again under other ids.

    Tables about pairs grow, those about cohorts and programs stay what they are. Answers the rows by table.
    """
    from_file = sample / publish.current(sample).file
    big.mkdir(parents=True)
    to_file = big / from_file.name
    with database.open_scratch() as con:
        con.execute(f"attach {database.quoted(from_file)} as small (read_only)")
        con.execute(f"attach {database.quoted(to_file)} as large")
        (n_sample,) = database.first_row(con, "select count(*) from small.mart.pair")
        con.execute(f"create table copy as select unnest(range({-(-n_pairs // n_sample)})) as n")
        for schema in ("ref", "mart"):
            con.execute(f"create schema large.{schema}")
        for schema, table, columns in con.execute(
            "select schema_name, table_name, list(column_name order by column_index) from duckdb_columns() "
            "where database_name = 'small' group by all order by all"
        ).fetchall():
            con.execute(f"create table large.{schema}.{table} as {_multiplied(f'{schema}.{table}', columns)}")
        rows = con.execute(
            "select schema_name || '.' || table_name, estimated_size from duckdb_tables() "
            "where database_name = 'large'"
        ).fetchall()
        con.execute("detach large")
    shutil.copy(sample / publish.POINTER, big / publish.POINTER)
    return dict(rows)


def _multiplied(table: str, columns: Sequence[str]) -> str:
    if "pair_id" not in columns:
        return f"select * from small.{table}"
    renamed = [f"{name} || '-' || copy.n as {name}" for name in OWN_IDS if name in columns]
    return (
        f"select t.* replace ({', '.join(renamed)}) from small.{table} as t cross join copy order by pair_id"
    )


@contextlib.contextmanager
def served(command: Sequence[str]) -> Iterator[tuple[int, int]]:
    """A server in a process of its own that tells its address when it is ready: its port and process id."""
    started = [sys.executable, *command]
    with subprocess.Popen(
        started, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            ready = next((line for line in process.stdout if "http://" in line), "")
            found = re.search(r":(\d+)/", ready)
            assert found is not None, f"{command} did not start"
            yield int(found[1]), process.pid
        finally:
            process.terminate()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


class Visitor:
    """One browser's connection to a server, kept open from question to question; `n_bytes` came over it."""

    def __init__(self, port: int) -> None:
        self.n_bytes = 0
        self._origin = f"127.0.0.1:{port}"
        self._connection = http.client.HTTPConnection(self._origin, timeout=60)

    def close(self) -> None:
        """Leave."""
        self._connection.close()

    def get(self, path: str) -> Answer:
        """A page or a file."""
        return self._ask("GET", path)

    def screen(self, path: str, search: str = "") -> Answer:
        """The contents of one screen, as the browser asks for them."""
        return self._ask("POST", CALLBACK, json.dumps(screen_body(path, search)))

    def act(self, pair_id: str, token: str) -> Answer:
        """One pair taken on, as the key does it."""
        sent = {"kind": "acknowledge", "pair_id": pair_id, "token": token}
        return self._ask("POST", CALLBACK, json.dumps(_body(self._acting, [("act-quick", "data", sent)])))

    @functools.cached_property
    def _acting(self) -> str:
        """The outputs of the callback that acts at once, as the application names them."""
        return next(
            str(each["output"])
            for each in self.get("/_dash-dependencies").json()
            if [given["id"] for given in each["inputs"]] == ["act-quick"]
        )

    def _ask(self, method: str, path: str, body: str | None = None) -> Answer:
        headers = {"Origin": f"http://{self._origin}", "Content-Type": "application/json"}
        self._connection.request(method, path, body, headers | {"Accept-Encoding": "gzip"})
        answer = self._connection.getresponse()
        body, coding = answer.read(), answer.getheader("Content-Encoding")
        self.n_bytes += len(body)
        return Answer(answer.status, gzip.decompress(body) if coding == "gzip" else body)


def screen_body(path: str, search: str = "") -> dict[str, Any]:
    """What a browser sends to be given the contents of a screen."""
    inputs = [("_pages_location", "pathname_", path), ("_pages_location", "search_", search)]
    return _body(".._pages_content.children..._pages_store.data..", inputs)


def _body(output: str, inputs: Sequence[tuple[str, str, Any]]) -> dict[str, Any]:
    names = [name.split(".") for name in output.strip(".").split("...")]
    return {
        "output": output,
        "outputs": [{"id": each, "property": name} for each, name in names],
        "inputs": [{"id": each, "property": name, "value": value} for each, name, value in inputs],
        "changedPropIds": [f"{inputs[0][0]}.{inputs[0][1]}"],
    }
