"""From a TOML text to a mapping: on top of its preset, its survey written out, mistakes said in one line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipelines.ingest.mapping import Block, Each, Ignore, Mapping, Meeting, Origin, Rule, Source, Time
from pipelines.ingest.surveys import with_survey
from warehouse.errors import SettingsError
from warehouse.instruments import load_instruments

PRESETS = Path(__file__).parent / "presets"


def load_mapping(path: Path, instruments: Path | None = None) -> Mapping:
    """The mapping in a TOML file, or SettingsError naming the file, the key and what is allowed.

    `instruments` is the folder of a program's own survey instruments.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from None
    return read_mapping(text, str(path), instruments)


def read_mapping(text: str, where: str, instruments: Path | None = None) -> Mapping:
    """The mapping in a TOML text, on top of the preset it names and with its survey written out.

    `where` names the text in errors.
    """
    try:
        return mapping_of(tomllib.loads(text), where, instruments)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{where}: not valid TOML: {error}") from None


def mapping_of(document: dict[str, Any], where: str, instruments: Path | None = None) -> Mapping:
    """The same of a TOML text that was parsed already."""
    try:
        whole = _on_preset(document)
        if "survey" in whole:
            whole = with_survey(whole, load_instruments(instruments))
        return Mapping.model_validate(whole)
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}") from None
    except ValidationError as error:
        problems = "; ".join(_problem(dict(found)) for found in error.errors(include_url=False))
        raise SettingsError(f"{where}: {problems}") from None


def _on_preset(document: dict[str, Any]) -> dict[str, Any]:
    """What a document says, on top of its preset: tables are joined key by key, all else is replaced.

    A document that has events of its own takes nothing of the preset's but how the file is written.
    """
    name = document.get("preset")
    if name is None:
        return document
    path = PRESETS / f"{name}.toml"
    if not isinstance(name, str) or not name.replace("-", "").isalnum() or not path.is_file():
        known = ", ".join(sorted(path.stem for path in PRESETS.glob("*.toml")))
        raise SettingsError(f"there is no preset {name!r}: there are {known}")
    base = tomllib.loads(path.read_text("utf-8"))
    said = {key: value for key, value in document.items() if key != "preset"}
    if "event" in said:
        base = {key: value for key, value in base.items() if key not in ("event", "survey", "ignore")}
    return _joined(base, said)


def _joined(base: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    joined = dict(base)
    for key, value in said.items():
        is_table = isinstance(value, dict) and isinstance(base.get(key), dict) and key not in _WHOLE
        joined[key] = _joined(base[key], value) if is_table else value
    return joined


_WHOLE = ("items", "pair", "respondent", "party", "wave")
"""Tables of a survey that are said as a whole: an item of the preset's is none of this survey's."""

_BLOCKS: dict[str, type[Block]] = {
    "source": Source,
    "time": Time,
    "meeting": Meeting,
    "event": Rule,
    "ignore": Ignore,
    "each": Each,
}


def _problem(error: dict[str, Any]) -> str:
    """One line for one mistake: where it is, what is wrong, what is allowed there."""
    steps = [str(step + 1) if isinstance(step, int) else step for step in error["loc"]]
    where = ".".join(steps) or "the file"
    if error["type"] == "extra_forbidden":
        return f"{where} is unknown, allowed is {', '.join(_allowed(error['loc'][:-1]))}"
    if error["type"] == "missing":
        return f"{where} is missing"
    return f"{where}: {error['msg'].removeprefix('Value error, ')}"


def _allowed(parent: tuple[str | int, ...]) -> list[str]:
    named = [step for step in parent if isinstance(step, str)]
    if not named:
        block: type[Block] = Mapping
    elif named == ["time"]:
        block = Time
    else:
        block = Origin if named[-1] == "time" else _BLOCKS.get(named[-1], Origin)
    return [field.alias or name for name, field in block.model_fields.items()]
