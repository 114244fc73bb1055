"""The door: sign in by password or through an identity provider, and sign out.

Plain HTML without a script. A session begins anew at every sign-in, so nobody can prepare one for another.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, abort, make_response, redirect, render_template_string, request
from werkzeug.wrappers import Response

from dashboards import oidc
from dashboards.access import access, note
from dashboards.guard import CSRF_COOKIE, session_cookie
from dashboards.speech import translated
from dashboards.viewer import root_attributes
from warehouse.accounts import PAIRS, Account, SignInRefused, TooManyTries, csrf_of

door = Blueprint("login", __name__)

PAGE = """<!DOCTYPE html>
<html{{ root | safe }}>
    <head>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{{ said("Sign in") }} · Kinkeeper</title>
        <link rel="icon" type="image/svg+xml" href="/assets/logo.svg">
        <link rel="stylesheet" href="/assets/kinkeeper.css">
    </head>
    <body class="door">
        <main class="card">
            <p class="brand"><img src="/assets/logo.svg" alt="" width="32" height="32">Kinkeeper</p>
            <h1>{{ said("Sign in") }}</h1>
            {% if trouble %}<p class="banner bad" role="alert">{{ trouble }}</p>{% endif %}
            {% if way_in == "oidc" %}
            <p>{{ said("Your organisation knows who you are.") }}</p>
            <a class="button chief" href="/login/provider?next={{ next | urlencode }}">
                {{ said("Continue") }}
            </a>
            {% elif way_in == "local" %}
            <form method="post" action="/login">
                <input type="hidden" name="next" value="{{ next }}">
                <label for="login">{{ said("Login") }}</label>
                <input id="login" name="login" value="{{ login }}" autocomplete="username" required autofocus>
                <label for="password">{{ said("Password") }}</label>
                <input id="password" name="password" type="password" autocomplete="current-password" required>
                <button class="button chief">{{ said("Sign in") }}</button>
            </form>
            <p class="note">
                {{ said("No account, or the password is lost? Whoever runs Kinkeeper here can help.") }}
            </p>
            {% else %}
            <p>{{ said("The proxy in front of this server signs people in: come through it.") }}</p>
            {% endif %}
        </main>
    </body>
</html>"""


@door.get("/login")
def ask() -> Response:
    """The sign-in page."""
    return shown()


@door.post("/login")
def sign_in() -> Response:
    """Check a password and begin a session."""
    if access().web.way_in != "local":
        abort(404)
    login = request.form.get("login", "")[:200]
    try:
        found = access().accounts.check_password(
            login, request.form.get("password", "")[:1000], request.remote_addr or ""
        )
    except TooManyTries as error:
        access().audit.note("unknown", "none", "sign-in", outcome="locked")
        return shown(str(error), login, 429)
    except SignInRefused as error:
        access().audit.note("unknown", "none", "sign-in", outcome="failed")
        return shown(f"{error}."[0].upper() + f"{error}."[1:], login, 401)
    return let_in(found, request.form.get("next", "/"))


@door.get("/login/provider")
def go_to_provider() -> Response:
    """Send a browser to the identity provider."""
    if access().web.way_in != "oidc":
        abort(404)
    return oidc.leave(access(), own_path(request.args.get("next", "/")))


@door.get("/login/return")
def come_back() -> Response:
    """Begin a session for whom the identity provider vouches for."""
    if access().web.way_in != "oidc":
        abort(404)
    try:
        login, wanted = oidc.arrive(access(), request.args, request.cookies)
        return let_in(access().accounts.signed_in_elsewhere(login), wanted)
    except SignInRefused as error:
        access().audit.note("unknown", "none", "sign-in", outcome="denied")
        return shown(str(error), "", 403)


@door.post("/logout")
def sign_out() -> Response:
    """End the session."""
    note("sign-out")
    token = request.cookies.get(session_cookie(access()), "")
    access().accounts.end_session(token)
    answer = redirect("/login", 303)
    for name in (session_cookie(access()), CSRF_COOKIE):
        answer.delete_cookie(name, secure=access().web.is_secure)
    return answer


def shown(trouble: str = "", login: str = "", status: int = 200) -> Response:
    """The page, with what went wrong."""
    html = render_template_string(
        PAGE,
        said=translated,
        root=root_attributes(),
        trouble=trouble,
        login=login,
        way_in=access().web.way_in,
        next=own_path(request.values.get("next", "/")),
    )
    return make_response(html, status)


def let_in(account: Account, wanted: str) -> Response:
    """Begin a session and send the browser to the screen it wanted."""
    token, secure = access().accounts.begin_session(account), access().web.is_secure
    access().audit.note(account.account_id, account.role, "sign-in")
    answer = redirect(first_screen(account, own_path(wanted)), 303)
    answer.set_cookie(session_cookie(access()), token, secure=secure, httponly=True, samesite="Lax", path="/")
    answer.set_cookie(CSRF_COOKIE, csrf_of(token), secure=secure, samesite="Strict", path="/")
    return answer


def first_screen(account: Account, wanted: str) -> str:
    """Where somebody arrives: who may not see pairs has no use for the watchlist."""
    return "/overview" if wanted == "/" and not account.caller.may(PAIRS) else wanted


def own_path(wanted: str) -> str:
    """A path of this server: a link to the door must not lead elsewhere."""
    parts = urlsplit(wanted)
    is_own = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc
    return wanted if is_own and wanted.isprintable() else "/"
