"""Survey instruments: which items belong together, how each is scored, and whose work it is.

An instrument is a TOML file: our own in `warehouse/instruments/`, a program's in `<home>/instruments/`,
where a file with the same id takes the place of ours. Only the CC0 pulse carries its wording; of published
instruments we keep the key, and the operator supplies the text under its licence.

The log keeps an answer as a place on its scale counted from 1. The models score it: see
`feature.survey_item` and `feature.survey_score`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from warehouse.errors import SettingsError

FOLDER = Path(__file__).parent / "instruments"
TOTAL = "total"
"""The subscale of all scored items, where an instrument has such a score."""

OPERATOR_SUPPLIED = "operator-supplied"

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_\-]{0,63}$")]

ITEM_COLUMNS: dict[str, str] = {
    "instrument": "VARCHAR",
    "version": "VARCHAR",
    "subscale": "VARCHAR",
    "item": "VARCHAR",
    "is_reversed": "BOOLEAN",
    "scale_min": "INTEGER",
    "scale_max": "INTEGER",
    "n_items_of": "INTEGER",
    "min_items": "INTEGER",
}
"""The columns of `ref.instrument_item`: one row per instrument, subscale and item that counts in it."""

WORD_COLUMNS: dict[str, str] = {
    "instrument": "VARCHAR",
    "kind": "VARCHAR",
    "code": "VARCHAR",
    "ordinal": "INTEGER",
    "words": "VARCHAR",
}
"""The columns of `ref.instrument_word`: what an instrument and its subscales, items and steps are called."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Scale(_Part):
    """The numbers an item can be answered with; `labels` are the printed words, lowest first."""

    min: int = 1
    max: int = 5
    labels: tuple[str, ...] = ()

    @property
    def n_steps(self) -> int:
        return self.max - self.min + 1

    @model_validator(mode="after")
    def _has_its_steps(self) -> Self:
        if self.n_steps < 2:
            raise ValueError("max must be above min")
        if self.labels and len(self.labels) != self.n_steps:
            raise ValueError(f"{len(self.labels)} labels for {self.n_steps} steps")
        return self


class Subscale(_Part):
    """Items that are averaged; with fewer than `min_items` answered there is no score."""

    title: str
    min_items: int = Field(ge=1)


class Item(_Part):
    """One question. With `choices` it is answered by one of these codes and has no score."""

    id: Code
    subscale: Code | None = None
    is_reversed: bool = Field(default=False, alias="reversed")
    choices: tuple[Code, ...] = ()
    text: str = OPERATOR_SUPPLIED

    @property
    def is_scored(self) -> bool:
        return not self.choices


class Instrument(_Part):
    """One instrument with its key."""

    id: Code
    version: str = Field(min_length=1)
    title: str
    citation: str
    licence: str
    raters: tuple[str, ...] = ("mentee", "mentor")
    scale: Scale = Scale()
    subscales: dict[Code, Subscale]
    items: tuple[Item, ...] = Field(alias="item", min_length=1)

    @cached_property
    def by_id(self) -> dict[str, Item]:
        """The items by their id."""
        return {item.id: item for item in self.items}

    def scored(self, subscale: str) -> list[Item]:
        """The items that count in a subscale; in the total all that are scored."""
        return [item for item in self.items if item.is_scored and subscale in (TOTAL, item.subscale)]

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows of `ref.instrument_item`, in the order of ITEM_COLUMNS."""
        for name, subscale in sorted(self.subscales.items()):
            items = self.scored(name)
            for item in items:
                yield (
                    *(self.id, self.version, name, item.id, item.is_reversed),
                    *(self.scale.min, self.scale.max, len(items), subscale.min_items),
                )

    def words(self) -> Iterator[tuple[Any, ...]]:
        """The rows of `ref.instrument_word`; an item without wording is called by its id."""
        yield (self.id, "instrument", "", 0, self.title)
        for at, (name, subscale) in enumerate(self.subscales.items()):
            yield (self.id, "subscale", name, at, subscale.title)
        for at, item in enumerate(self.items):
            named = item.id.replace("_", " ").capitalize() if item.text == OPERATOR_SUPPLIED else item.text
            yield (self.id, "item", item.id, at, named)
        for step in range(self.scale.min, self.scale.max + 1):
            labels = self.scale.labels
            yield (self.id, "step", str(step), step, labels[step - self.scale.min] if labels else str(step))

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if len(self.by_id) < len(self.items):
            raise ValueError("two items have the same id")
        for item in self.items:
            if item.subscale is not None and item.subscale not in self.subscales:
                raise ValueError(f"item {item.id}: there is no subscale {item.subscale!r}")
        for name, subscale in self.subscales.items():
            if subscale.min_items > len(self.scored(name)):
                raise ValueError(f"subscale {name}: min_items is above its {len(self.scored(name))} items")
        return self


def load_instruments(own: Path | None = None) -> dict[str, Instrument]:
    """All instruments by id: ours, and those of a folder, which come before ours."""
    folders = [FOLDER, *([own] if own is not None else [])]
    found = (_load(path) for folder in folders for path in sorted(folder.glob("*.toml")))
    return {instrument.id: instrument for instrument in found}


def item_rows(instruments: Iterable[Instrument]) -> list[tuple[Any, ...]]:
    """`ref.instrument_item` of some instruments."""
    return sorted(row for instrument in instruments for row in instrument.rows())


def word_rows(instruments: Iterable[Instrument]) -> list[tuple[Any, ...]]:
    """`ref.instrument_word` of some instruments."""
    return sorted(row for instrument in instruments for row in instrument.words())


def _load(path: Path) -> Instrument:
    try:
        return Instrument.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not a readable TOML file: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise SettingsError(f"{path}: {where}: {first['msg'].removeprefix('Value error, ')}") from None
