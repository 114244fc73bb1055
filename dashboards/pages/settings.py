"""Settings: how somebody sees the screens, and the policy that everything is judged by."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import available_timezones

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, clientside_callback, dcc, html
from dash.development.base_component import Component

from dashboards import components, data, formats, viewer
from dashboards.panels.policy import n_changed, other_policy, policy_history, policy_sections
from dashboards.screen import Scene, command_line, panel, screen
from dashboards.speech import AsIs, say
from dashboards.viewing import has_account
from warehouse.accounts import GROUPS

THEMES = {"auto": "As the system", "light": "Light", "dark": "Dark"}
DENSITIES = {"roomy": "Roomy", "close": "Close"}
KEYS = {"on": "On", "off": "Off"}
LEAD = "Your own choices are kept in this browser. The policy is the program's and the same for all."
LEAD_WITH_ACCOUNT = (
    "Your own choices are kept with your account. The policy is the program's and the same for all."
)
PROGRAM = "program"
"""What the choice of a zone says for the program's own."""


@screen(GROUPS)
def layout(scene: Scene, /, **_address: str | list[str]) -> Component:
    """The viewer's own choices, then the program's policy section by section."""
    changed = n_changed(scene.run)
    return components.page(
        "Settings",
        panel(
            "What differed then", lambda: other_policy(data.program.policies(scene.publication), scene.run)
        ),
        own(scene.run["time_zone"]),
        components.card(
            html.P(
                "Whoever runs Kinkeeper here changes the policy: one line a setting in program.toml of the "
                "home folder. The next build judges by it, and old builds keep theirs. Whom another policy "
                "would list today, this tells beforehand:"
            ),
            components.command(command_line("diff --policy other.toml")),
            html.P(
                [
                    say("Policy of this build: "),
                    html.Code(scene.run["policy_fingerprint"]),
                    ". ",
                    dcc.Link("How every number is computed", href="/help/metrics"),
                ]
            ),
            *policy_sections(scene.run),
            title="The program's policy",
            kind="policy",
            note=say("{settings} changed.", settings=formats.plural(changed, "setting is", "settings are"))
            if changed
            else "Every setting is as it comes.",
        ),
        panel("Policies in force", lambda: policy_history(data.program.policies(scene.publication))),
        lead=LEAD_WITH_ACCOUNT if has_account() else LEAD,
    )


def own(program_zone: str) -> Component:
    """The viewer's choices; they are kept, and the screen is drawn anew."""
    how = viewer.viewer()
    zones = [{"value": PROGRAM, "label": say("The program's: {zone}", zone=AsIs(program_zone))}]
    zones += [
        {"value": zone, "label": AsIs(zone.replace("_", " "))} for zone in sorted(available_timezones())
    ]
    languages = [{"value": code, "label": name} for code, name in viewer.LANGUAGES.items()]
    form = html.Div(
        [
            dmc.Select(
                id="view-language",
                label="Language and region",
                data=languages,
                value=how.language,
                allowDeselect=False,
            ),
            dmc.Select(
                id="view-zone",
                label="Time zone",
                data=zones,
                value=how.zone or PROGRAM,
                searchable=True,
                limit=7,  # as many as fit: a list that scrolls could not be reached by keyboard
                description="Type a city to find it.",
                inputWrapperOrder=["label", "input", "description"],
                allowDeselect=False,
            ),
            _choice("view-theme", "Colours", THEMES, how.theme),
            _choice("view-density", "Spacing", DENSITIES, how.density),
            _choice("view-keys", "Single keys of the list", KEYS, how.keys),
        ],
        className="own-settings",
    )
    return components.card(form, html.Div(id="view-chosen"), title="How you see the screens")


def _choice(name: str, label: str, words: Mapping[str, str], value: str) -> Component:
    options = [{"value": code, "label": word} for code, word in words.items()]
    control = dmc.SegmentedControl(id=name, data=options, value=value, **{"aria-label": label})
    return html.Div([html.Span(label, className="own-label"), control])


clientside_callback(
    ClientsideFunction("kinkeeper", "choose"),
    Output("view-chosen", "children"),
    Input("view-language", "value"),
    Input("view-zone", "value"),
    Input("view-theme", "value"),
    Input("view-density", "value"),
    Input("view-keys", "value"),
    prevent_initial_call=True,
)

dash.register_page(__name__, path="/settings", title="Settings · Kinkeeper", layout=layout, order=3)
