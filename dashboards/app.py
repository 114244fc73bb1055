"""The application: one Dash app around one reader, its frame and its guard."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from flask import request

from dashboards import access as ways_in
from dashboards import acting, components, data, formats, newest, theme, travel, viewing
from dashboards.access import Access, caller, open_screens, scoped
from dashboards.data.publication import Row
from dashboards.data.reader import Reader
from dashboards.exports import exports
from dashboards.filters import BEHIND, CHOICE_WORDS
from dashboards.guard import CSRF_COOKIE, CSRF_HEADER, protect, session_cookie
from dashboards.login import door
from dashboards.moment import PRESENT, Moment, at, parse_moment
from dashboards.panels import past
from dashboards.panels.trust import FRESHNESS_TONE
from dashboards.reports import report_files
from dashboards.screen import EXTENSION, Names, NotBuilt, Scene, Setting, Shelf, scene
from dashboards.speech import say, spoken, translated
from dashboards.viewer import root_attributes, viewer
from warehouse.accounts import DATA, GROUPS, PAST, csrf_of
from warehouse.actions import Actions
from warehouse.clock import Clock, system_clock
from warehouse.errors import NothingPublished
from warehouse.past_desk import PastDesk
from warehouse.requests import Requests
from warehouse.words import ROLE, VIEW, WAVE

log = logging.getLogger(__name__)

NAVIGATION = (
    ("/", "Watchlist", "watchlist"),
    ("/overview", "Overview", "overview"),
    ("/lifecycle", "Lifecycle", "lifecycle"),
    ("/matching", "Matching", "matching"),
    ("/scheduling", "Scheduling", "scheduling"),
    ("/growth", "Growth", "growth"),
    ("/surveys", "Surveys", "surveys"),
    ("/endings", "Endings", "endings"),
    ("/equity", "Equity", "equity"),
    ("/signals", "Signals", "signals"),
    ("/reports", "Reports", "reports"),
    ("/data-quality", "Data quality", "data-quality"),
    ("/people", "Who is who", "people"),
    ("/activity", "Activity", "activity"),
    ("/help/metrics", "Definitions", "help"),
    ("/settings", "Settings", "settings"),
)

INDEX = """<!DOCTYPE html>
<html lang="en">
    <head>
        {%metas%}
        <title>{%title%}</title>
        <link rel="icon" type="image/svg+xml" href="/assets/logo.svg">
        {%css%}
    </head>
    <body>
        {%app_entry%}
        <footer>
            {%config%}
            {%scripts%}
            {%renderer%}
        </footer>
    </body>
</html>"""


OPTIONS: Mapping[str, Any] = {
    "use_pages": True,
    "title": "Kinkeeper",
    "update_title": "",
    "index_string": INDEX,
    "compress": True,
    "serve_locally": True,
    "suppress_callback_exceptions": True,  # filters exist on one page only
    "health_endpoint": "health",
    "enable_mcp": False,
    "websocket_callbacks": False,
    "csrf_token_name": CSRF_COOKIE,
    "csrf_header_name": CSRF_HEADER,
    "meta_tags": [{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
}


class Screens(Dash):
    """Dash, with a page that says from its first line in which language and colours it is drawn."""

    def interpolate_index(self, *args: Any, **parts: Any) -> str:
        viewing.recall()
        page: str = super().interpolate_index(*args, **parts)
        root = f"<html{root_attributes()}>"
        return page.replace('<html lang="en">', root, 1)


def nameless(_person_ids: Iterable[str]) -> Mapping[str, str]:
    """The names of nobody: what screens get unless names are switched on."""
    return {}


def create_app(
    reader: Reader,
    requests: Requests,
    access: Access,
    shelf: Shelf,
    *,
    names: Names = nameless,
    clock: Clock = system_clock,
) -> Dash:
    """The screens over one home folder's publications, ready for a WSGI server as `app.server`.

    What a manager asks for on them is kept in `requests`, and of reports in `shelf`; who may see what,
    `access` says.
    """
    app = Screens("dashboards", **OPTIONS)
    app.server.extensions[EXTENSION] = Setting(
        reader,
        requests,
        Actions(requests.store, clock),
        names,
        clock,
        shelf,
        PastDesk(requests.store, clock),
        shows_names=names is not nameless,
    )
    app.server.extensions[ways_in.EXTENSION] = access
    app.server.register_blueprint(door)
    app.server.register_blueprint(report_files)
    app.server.register_blueprint(exports)
    app.layout = frame
    speak_titles()
    connect(app)
    protect(app, access)
    return app


def speak_titles() -> None:
    """Let the title of every screen be in the language of whoever asks; Dash calls it for each answer."""
    for page in dash.page_registry.values():
        if isinstance(page["title"], str):
            page["title"] = partial(_title, page["title"])


def _title(title: str, **_path: str) -> str:
    return translated(title)


def said_when_it_fails() -> Component:
    """Where kinkeeper.js says that a callback was not answered; the rest of the screen stays up."""
    words = {
        "data-failed": translated("That did not work. The rest of the screen still does; try it again."),
        "data-ended": translated("You are signed out: reload the page to sign in again."),
    }
    return html.Div(id="not-done", className="act-said", role="alert", **words)


def frame() -> Component:
    """What stands around every screen, in the viewer's language; nothing for strangers."""
    return spoken(shell()) if ways_in.is_let_in() else html.Div()


def shell() -> Component:
    """Top bar, navigation, the place for the screen itself."""
    navbar = dmc.AppShellNavbar(
        html.Nav(navigation(PRESENT), id="screens", **{"aria-label": "Screens"}), p="sm"
    )
    around = dmc.AppShell(
        [dmc.AppShellHeader(top_bar()), navbar, dmc.AppShellMain(place())],
        id="shell",
        header={"height": 60},
        navbar={"width": 196, "breakpoint": "md", "collapsed": {"mobile": True}},
        padding={"base": "sm", "sm": "lg"},
    )
    return dmc.MantineProvider(
        [
            html.A("Skip to content", href="#content", className="skip-link"),
            dcc.Location(id="address", refresh="callback-nav"),
            around,
            *acting.desk(),
            *travel.modal(),
            *viewing.stores(),
            said_when_it_fails(),
            html.Div(id="listed-said", className="hidden", role="status"),
        ],
        theme=theme.MANTINE,
        forceColorScheme=viewer().scheme,
    )


def top_bar() -> Component:
    """The way home, what the run says, and what somebody may change about looking at it."""
    logo = html.Img(src="/assets/logo.svg", alt="", width=28, height=28)
    return html.Div(
        [
            dmc.Burger(id="burger", size="sm", hiddenFrom="md", **{"aria-label": "Open navigation"}),
            dcc.Link([logo, "Kinkeeper"], href="/", className="brand", id="brand"),
            html.Div(id="stamp", className="stamp"),
            *travel.opener(),
            link_copier(),
            look_switch(),
            *who_is_here(),
        ],
        className="top-bar",
    )


def place() -> list[Component]:
    """Where the screen stands, under what must be known about it."""
    return [
        html.Div(id="run-line"),
        html.Div(id="print-line", className="print-only"),
        html.Div(id="banners"),
        *newest.place(),
        html.Div(dash.page_container, id="content", tabIndex="-1"),
    ]


def link_copier() -> Component:
    """The button that copies a link to what is shown; kinkeeper.js listens to it."""
    name = "Copy a link to this screen"
    icon = html.Span(className="icon link")
    button = html.Button(icon, id="copy-link", className="copy-link", title=name, **{"aria-label": name})
    said = html.Span(role="status", id="copy-said", **{"data-copied": translated("Link copied")})
    return html.Div([button, said], className="link-copier wide-only")


def look_switch() -> Component:
    """The switch between light and dark; kinkeeper.js listens to it."""
    other = "light" if viewer().scheme == "dark" else "dark"
    name = "Use light colours" if other == "light" else "Use dark colours"
    icon = html.Span(className=f"icon {other}")
    return html.Button(icon, className="look-switch", title=name, **{"aria-label": name, "data-theme": other})


def navigation(moment: Moment) -> list[Component]:
    """The links to the screens that the caller may see, in the moment somebody looks at."""
    may_see = open_screens()
    return [
        dmc.NavLink(
            label=label,
            href=at(href, moment),
            active="exact",
            leftSection=html.Span(className=f"icon {icon}"),
        )
        for href, label, icon in NAVIGATION
        if may_see.get(href, False)
    ]


def who_is_here() -> list[Component]:
    """The role somebody is signed in with, and the way out; nothing where there are no accounts."""
    if ways_in.access().is_open:
        return []
    role = html.Span(ROLE.get(caller().role, caller().role), className="who")
    token = request.cookies.get(session_cookie(ways_in.access()), "")
    if not token:  # a proxy signed them in: it also signs them out
        return [role]
    fields = [
        dcc.Input(type="hidden", name="csrf", value=csrf_of(token)),
        html.Button("Sign out"),
    ]
    return [role, html.Form(fields, action="/logout", method="POST", className="sign-out")]


def connect(app: Dash) -> None:
    """The callbacks of the frame."""
    tell_the_run(app)
    keep_the_way(app)


def tell_the_run(app: Dash) -> None:
    """What the run says of itself above every screen, and on a printed sheet."""

    @app.callback(
        Output("stamp", "children"),
        Output("run-line", "children"),
        Output("banners", "children"),
        Output("drawn-build", "data"),
        Input("address", "pathname"),
        Input("address", "search"),
    )
    @scoped(GROUPS)
    def describe_run(pathname: str, search: str) -> tuple[Any, ...]:
        told, banners, build_id = run_words(pathname, search)
        return told, told, banners, build_id

    @app.callback(Output("print-line", "children"), Input("address", "pathname"), Input("address", "search"))
    @scoped(GROUPS)
    def describe_print(pathname: str | None, search: str | None) -> list[Component]:
        return [html.Span(words) for words in print_words(pathname or "/", search or "")]


def keep_the_way(app: Dash) -> None:
    """The navigation: it leads to the same day, and is folded away on a phone."""

    @app.callback(
        Output("screens", "children"),
        Output("brand", "href"),
        Input("address", "search"),
        prevent_initial_call=True,
    )
    @scoped(GROUPS)
    def keep_moment(search: str | None) -> tuple[list[Component], str]:
        moment = parse_moment(search) if caller().may(PAST) else PRESENT
        return navigation(moment), at("/", moment)

    app.clientside_callback(
        ClientsideFunction("kinkeeper", "toggleNavigation"),
        Output("shell", "navbar"),
        Input("burger", "opened"),
        State("shell", "navbar"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("kinkeeper", "arrive"),
        Output("burger", "opened"),
        Input("address", "pathname"),
        Input("screens", "children"),  # drawn anew with another day, they carry no mark
    )


def run_words(pathname: str, search: str) -> tuple[list[Component], list[Component], str | None]:
    """What the run behind a screen says of itself, the banners above the screen, and the build it is of."""
    moment = parse_moment(search) if caller().may(PAST) else PRESENT
    shows_moment = past.has_past(pathname)
    try:
        current = scene(moment if shows_moment else PRESENT)
    except NothingPublished:
        return [], [], None
    except NotBuilt:
        return [], [past.missing_banner(moment, pathname)], None
    except Exception:  # the frame stays up, whatever is wrong with the publication
        log.exception("the publication cannot be read")
        unreadable = "The newest publication cannot be read: run kinkeeper doctor."
        return [], [components.banner(unreadable, is_bad=True)], None
    label, build_id = current.run["program_label"], current.publication.build_id
    told = [*([components.chip(label)] if label else []), *instants(current.run), *feeds(current)]
    if current.is_past:
        return told, [past.past_banner(current, pathname)], build_id
    others = [] if shows_moment or not moment else [past.today_banner(moment, pathname)]
    return told, [*others, *time_banner(current)], build_id


PRINTED: Mapping[str, tuple[str, Mapping[str, str]]] = {
    **CHOICE_WORDS,
    "q": ("Find a pair", {}),
    "view": ("List", VIEW),
    BEHIND: ("Pairs behind a number", {}),
    "instrument": ("Survey", {}),
    "wave": ("Wave", WAVE),
}
"""What an address narrows a screen to, as its printed head calls it, and the words of its codes."""


def print_words(pathname: str, search: str) -> list[str]:
    """Whence a printed sheet is: the screen's address, and what the address narrows it to."""
    said = parse_qs(search.removeprefix("?"))
    narrowed = [
        say(
            "{filter}: {values}",
            filter=name,
            values=", ".join(words.get(value, value) for value in said[key]),
        )
        for key, (name, words) in PRINTED.items()
        if key in said
    ]
    return [say("Screen {path}", path=pathname), *(narrowed or [translated("No filter")])]


def instants(run: Row) -> list[Component]:
    """Up to when the screen looks, and what was known by when."""
    return [
        html.Span(["As of ", html.Strong(formats.instant(run["as_of"]))]),
        html.Span(["Known at ", html.Strong(formats.instant(run["known_at"]))]),
    ]


def feeds(scene: Scene) -> list[Component]:
    """How many sources are as fresh as they should be, for who may see them, in the colour of the worst."""
    states = (
        [row["freshness"] for row in data.quality.sources(scene.publication)] if caller().may(DATA) else []
    )
    if not states:
        return []
    look = next(FRESHNESS_TONE[state] for state in ("stale", "late", "fresh") if state in states)
    sources = formats.plural(len(states), "source")
    words = say("{n} of {sources} fresh", n=states.count("fresh"), sources=sources)
    return [dcc.Link(components.badge(look, words), href="/data-quality")]


def time_banner(scene: Scene) -> list[Component]:
    """A warning above every screen that looks at another day than today."""
    as_of = formats.day(scene.run["as_of"])
    if scene.is_ahead:
        ahead = say(
            "As of {as_of}, a day that has not come: silence is counted up to it, so pairs look "
            "worse than they are. Run kinkeeper build to look at today.",
            as_of=as_of,
        )
        return [components.banner(ahead, is_bad=True)]
    if not scene.is_stale:
        return []
    hours = int((scene.now - min(scene.run["as_of"], scene.run["known_at"])).total_seconds() // 3600)
    age = formats.plural(hours // 24, "day") if hours >= 48 else formats.plural(hours, "hour")
    past = say(
        "You are looking at {as_of}, {age} ago: what happened since then is not in these "
        "numbers. Files and quarantine are those of the day of the build. Run kinkeeper build to "
        "look at today.",
        as_of=as_of,
        age=age,
    )
    return [components.banner(past)]
