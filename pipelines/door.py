"""`python -m pipelines.door`: the webhook door, where other systems deliver events over HTTP.

CloudEvents in structured or batch form, signed as Standard Webhooks say. A call is answered with success only
once it is committed, and the same call is taken once, for ever. The door is a process of its own beside the
dashboards: it knows no accounts and no screens, and it works while a build holds the log.
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":  # an interrupt ends it without a word, also while all this is imported
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from flask import Flask, abort, jsonify, request
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from pipelines.ingest.strict_json import parse_json
from warehouse.calls import Calls, Kept
from warehouse.errors import EventRejected, KinkeeperError, SettingsError
from warehouse.operations import open_operations
from warehouse.settings import load_settings, webhook_secrets

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from werkzeug.datastructures import Headers

MAX_BODY = 1 << 20
MAX_EVENTS = 1000
PER_SECOND = 50
THREADS = 8
ONE, MANY = "application/cloudevents+json", "application/cloudevents-batch+json"
LOOPBACK = "127.0.0.1"

ANSWERS = {
    Kept.OTHER: (409, "this webhook-id was used for another body"),
    Kept.KNOWN: (200, "known"),
    Kept.NEW: (202, "accepted"),
}


def create_door(calls: Calls, secrets: Mapping[str, Sequence[str]]) -> Flask:
    """The door over one operational store; `secrets` are the signing keys of each sender, newest first."""
    app = Flask("pipelines.door", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    limiter, allowed = MovingWindowRateLimiter(MemoryStorage()), RateLimitItemPerSecond(PER_SECOND)

    @app.get("/health")
    def health() -> ResponseReturnValue:
        return "OK"

    @app.post("/events/<sender>")
    def take(sender: str) -> ResponseReturnValue:
        if request.mimetype not in {ONE, MANY}:
            abort(415, f"send {ONE} or {MANY}")
        if not limiter.hit(allowed, sender if sender in secrets else request.remote_addr or ""):
            return {"error": "too many calls"}, 429, {"Retry-After": "1"}
        body = request.get_data()
        if not is_signed(body, request.headers, secrets.get(sender, ())):
            abort(401, "the signature is missing, wrong or too old")
        try:
            lines = lines_of(body, is_batch=request.mimetype == MANY)
        except EventRejected as error:
            return {"error": error.code, "hint": error.hint}, 400
        status, words = ANSWERS[calls.keep(sender, request.headers["webhook-id"], body, lines)]
        return {"status" if status < 300 else "error": words}, status

    @app.errorhandler(400)
    @app.errorhandler(401)
    @app.errorhandler(404)
    @app.errorhandler(405)
    @app.errorhandler(413)
    @app.errorhandler(415)
    def refuse(error: Any) -> ResponseReturnValue:
        return jsonify({"error": error.description}), error.code

    return app


def is_signed(body: bytes, headers: Headers, keys: Sequence[str]) -> bool:
    """Whether one of a sender's keys signed exactly this body within the last five minutes."""
    sent = {name: headers.get(name, "") for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    for key in keys:
        try:
            Webhook(key).verify(body, sent, json_parse=False)
        except (WebhookVerificationError, ValueError):  # not signed so, or not even readable
            continue
        return True
    return False


def lines_of(body: bytes, *, is_batch: bool) -> bytes:
    """The events of a body, one a line; raises EventRejected where it is no such JSON."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise EventRejected("encoding.utf8", None, "the body is not UTF-8") from None
    found = parse_json(text)
    events = found if is_batch else [found]
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise EventRejected("json.not_object", None, "send one object, or an array of objects as a batch")
    if not 0 < len(events) <= MAX_EVENTS:
        raise EventRejected("webhook.batch", None, f"a batch has between 1 and {MAX_EVENTS:,} events")
    return b"".join(json.dumps(event, ensure_ascii=False).encode() + b"\n" for event in events)


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer calls until interrupted; answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.door", description="Take events over HTTP.")
    parser.add_argument("--home", type=Path)
    parser.add_argument("--host", default=LOOPBACK)
    parser.add_argument("--port", type=int, default=8060)
    options = parser.parse_args(arguments)
    try:
        settings, secrets = load_settings(options.home), webhook_secrets()
        if not secrets:
            raise SettingsError(
                "KINKEEPER_WEBHOOK_SECRETS names no sender: set it to SENDER=whsec_..., several by commas"
            )
        listener = _listen(options.host, options.port)
    except KinkeeperError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201  the only words of this process
        return 1
    with listener:
        _serve(create_door(Calls(open_operations(settings.operations_url)), secrets), listener)
    return 0


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise KinkeeperError(f"cannot listen on {host}:{port} ({error.strerror}): choose another") from None


def _serve(app: Flask, listener: socket.socket) -> None:
    import waitress

    server = waitress.create_server(app, sockets=[listener], threads=THREADS, ident=None)
    host, port = listener.getsockname()[:2]
    print(f"Events are taken at http://{host}:{port}/events/SENDER", flush=True)  # noqa: T201
    server.run()


if __name__ == "__main__":
    sys.exit(main())
