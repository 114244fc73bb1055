"""The least the watchlist could cost: a bare Flask application that answers its query's rows as JSON.

python -m tests.bench.floor HOME
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import flask

from dashboards import data
from dashboards.__main__ import listen, serve
from dashboards.data.reader import Reader
from dashboards.filters import FilterState

COLUMNS = ("pair_id", "rank", "band", "state", "silence_days", "silence_ratio", "health", "next_step")


def floor(home: Path) -> flask.Flask:
    """One endpoint over the publication of a home."""
    app, reader = flask.Flask("floor"), Reader(home / "published")

    @app.get("/rows")
    def rows() -> flask.Response:
        publication = reader.publication()
        limit = data.publication.run(publication)["attention_budget"]
        found = data.watchlist.pairs(publication, FilterState(), limit)
        told = json.dumps([{name: row[name] for name in COLUMNS} for row in found])
        return flask.Response(told, content_type="application/json")

    return app


if __name__ == "__main__":
    with listen("127.0.0.1", 0) as door:
        serve(floor(Path(sys.argv[1])), door)
