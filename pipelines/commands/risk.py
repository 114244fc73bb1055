"""How likely silence is, and how well that was known: the model of risk and its backtest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pipelines import console
from pipelines.commands.options import AsOf, Home, Json, command_line, day, home_settings, moment, shown

if TYPE_CHECKING:
    from pipelines.backtest import Backtest
    from pipelines.signals.risk_model import ModelFile

model = typer.Typer(
    no_args_is_help=True, help="The model of risk: fit it, look at it, carry it to another home."
)

Every = Literal["week"]
Target = Literal["silence", "exit"]


def backtest(  # noqa: PLR0913, PLR0917 - the options of the command
    first: Annotated[
        str | None, typer.Option("--from", metavar="D", help="First as-of date.", show_default="3 weeks in")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="D", help="Last as-of date.", show_default="end of the log")
    ] = None,
    every: Annotated[Every, typer.Option(help="How often.")] = "week",
    scores: Annotated[
        Path | None, typer.Option(help="Write pair_id, as_of, method, score to this CSV file.")
    ] = None,
    model_file: Annotated[
        Path | None, typer.Option("--model", help="A model carried over, as `model export` writes it.")
    ] = None,
    target: Annotated[Target, typer.Option(help="Falling silent, or leaving formally.")] = "silence",
    home: Home = None,
    json_: Json = False,
) -> None:
    """What risk and simpler rules would have said in every week of the log, held against what followed."""
    from pipelines.backtest import Period, run_backtest, write_scores

    settings = home_settings(home)
    period = Period(
        None if first is None else day(first, "--from"),
        None if last is None else day(last, "--to"),
        target,
    )
    carried = None if model_file is None else _read(model_file)
    if carried is not None and carried.card["program_id"] == settings.policy.program_id:
        console.warn(
            f"this model learnt from this program until {carried.trained_to}: on weeks before that it has "
            "seen the answers, and its record is too good. Use --from, or a model of another program"
        )
    with console.progress("Backtest") as step:
        made = run_backtest(settings, period, carried, on_step=step)
    if scores is not None:
        n_scores = write_scores(scores, made.said)
        console.say(f"{n_scores:,} scores in {shown(scores)}")
    if json_:
        console.emit({"target": target} | _as_dict(made, every))
    elif made.record is None:
        console.warn("no window has closed in which a model could be learnt: nothing to judge yet")
    else:
        _print_record(made)
        console.say(f"Kept; the next {command_line(settings, 'build')} publishes it.")


@model.command("fit")
def fit(as_of: AsOf = None, home: Home = None, json_: Json = False) -> None:
    """Learn from every window closed by then; the kept model stays where it is better."""
    from pipelines.fit import fit_home

    settings = home_settings(home)
    with console.progress("Learning") as step:
        made = fit_home(settings, moment(settings, as_of, "--as-of"), on_step=step)
    if json_:
        causes = None if made.causes is None else dict(made.causes.card)
        card = dict(made.file.card)
        console.emit({"is_promoted": made.is_promoted, "reason": made.reason, "card": card, "causes": causes})
        return
    _print_card(made.file)
    console.tell(f"{'Promoted' if made.is_promoted else 'Not promoted'}: {made.reason}.")
    if made.causes is None:
        console.tell("How pairs end is not learnt: too few have ended.")
    else:
        known = made.causes.card
        ends = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in known["n_ends"].items())
        console.tell(
            f"How pairs end: learnt from {known['n_pair_weeks']:,} pair-weeks ({ends}); log loss "
            f"{known['log_loss']:.4f} ({known['log_loss_own']:.4f} from the pair itself, "
            f"{known['log_loss_all']:.4f} with what surrounds it: the better is used), constant hazards "
            f"{known['log_loss_constant']:.4f}"
        )


@model.command("show")
def show(home: Home = None, json_: Json = False) -> None:
    """The card of the model in use: what it learnt from, how good it is, its limits."""
    from pipelines.risk.kept import prior, read_model

    kept = read_model(home_settings(home).risk_folder / "model.json") or prior()
    if json_:
        console.emit({"card": dict(kept.card), "models": sorted(kept.models)})
    else:
        _print_card(kept)


@model.command("export")
def export_model(
    path: Annotated[Path, typer.Argument(help="The file to write.")], home: Home = None, json_: Json = False
) -> None:
    """Write the kept model to a JSON file: coefficients, scaling and card, no data and no code."""
    from pipelines.risk.kept import read_model
    from pipelines.signals.risk_model import to_json
    from warehouse.errors import KinkeeperError

    settings = home_settings(home)
    kept = read_model(settings.risk_folder / "model.json")
    if kept is None:
        raise KinkeeperError(f"no model is kept yet: run `{command_line(settings, 'model fit')}` first")
    path.write_text(to_json(kept), encoding="utf-8")
    if json_:
        console.emit({"path": str(path), "card": dict(kept.card)})
    else:
        console.tell(f"Written: {shown(path)}.")


@model.command("import")
def import_model(
    path: Annotated[Path, typer.Argument(help="A file that `model export` wrote.")],
    home: Home = None,
    json_: Json = False,
) -> None:
    """Use a model of another home; the one before it is kept as previous."""
    from pipelines.risk.kept import put

    file = _read(path)
    put(home_settings(home).risk_folder, file)
    if json_:
        console.emit({"path": str(path), "card": dict(file.card)})
    else:
        _print_card(file)


def _read(path: Path) -> ModelFile:
    from pipelines.risk.kept import read_model
    from warehouse.errors import KinkeeperError

    found = read_model(path)
    if found is None:
        raise KinkeeperError(f"{shown(path)}: there is no such file")
    return found


def _as_dict(made: Backtest, every: str) -> dict[str, Any]:
    first, last = made.counted or (None, None)
    metric = None if made.record is None else made.record.metric
    rows = [] if metric is None else metric.astype(object).where(metric.notna(), None).to_dict("records")
    return {
        "from": first and first.isoformat(),
        "to": last and last.isoformat(),
        "every": every,
        "n_weeks": made.n_weeks,
        "n_scored": len(made.said),
        "metrics": rows,
    }


def _print_record(made: Backtest) -> None:
    assert made.record is not None, "the caller looked"
    metric = made.record.metric
    first = metric[metric["method"] == "risk"].iloc[0]
    console.tell(
        f"{first['n_rows']:,} pair-weeks of {first['n_pairs']:,} pairs in {first['n_weeks']} weeks; "
        "values with 95 % intervals"
    )
    shown_metrics = (
        "average_precision",
        "roc_auc",
        "precision_top",
        "brier",
        "calibration_slope",
        "median_lead_days",
    )
    stacked = (name.replace("_", "\n") for name in shown_metrics)  # all methods fit into 80 columns
    listing = console.table("Method", *(f"#{name}" for name in stacked))
    for method, rows in metric.groupby("method", sort=False):
        of = rows.set_index("metric")
        listing.add_row(str(method), *(_cell(of, name) for name in shown_metrics))
    console.OUT.print(listing)
    risk = metric[metric["method"] == "risk"].set_index("metric")["value"]
    console.tell(
        f"Managers can look at {risk['attention']:.0f} pairs a week: these hold "
        f"{risk['recall_attention']:.0%} of what came true, {risk['precision_attention']:.0%} of them are "
        f"right; {risk['alerts_per_manager']:.1f} alerts a week for each manager"
    )


def _cell(of: Any, name: str) -> str:
    """The value of a metric above its interval; a dash where the method has none."""
    if name not in of.index or of.value.isna()[name]:
        return "-"
    if name.endswith("_days"):
        return f"{of.value[name]:.0f}\n{of.low[name]:.0f}-{of.high[name]:.0f}"
    return f"{of.value[name]:.3f}\n{of.low[name]:.2f}-{of.high[name]:.2f}"


def _print_card(file: ModelFile) -> None:
    card = file.card
    console.tell(
        f"Basis: {card['basis']}; learnt from {card['trained_from']} to {card['trained_to']}", "bold"
    )
    console.tell(
        f"{card['n_windows']:,} closed windows of {card['n_pairs']:,} pairs, {card['base_rate']:.0%} silent"
    )
    for name, value in card.get("quality", {}).items():
        console.tell(f"  {name.replace('_', ' ')}: {value:.3f}")
    for limit in card["limits"]:
        console.paragraph(f"- {limit}", indent=2)
