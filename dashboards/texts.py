"""`python -m dashboards.texts`: every text the screens can show, as the template of all catalogues.

Read from the code itself: templates of `say`, counts of `plural`, texts that stand as they are, the words of
`warehouse/words.py`, the messages that builds write and the drafts. Nothing has to be listed by hand; what
shows but went through no catalogue, a test finds by looking at all screens in a locale that marks what did.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from dashboards.meanings import meanings
from warehouse.drafts import FILE
from warehouse.messages import EVENT
from warehouse.words import KPI, KPI_TOPIC, PRACTICE

ROOT = Path(__file__).parents[1]
WORDS = (
    "warehouse/policy.py",
    "warehouse/words.py",
    "warehouse/looks.py",
    "warehouse/queries.py",
    "warehouse/charts.py",
    "warehouse/report_words.py",
    "pipelines/signals/sentences.py",
    "pipelines/signals/ladder.py",
    "pipelines/signals/endings.py",
    "pipelines/signals/judged_risk.py",
    "expectations/rules.py",
    "expectations/suites.py",
    "expectations/set_rules.py",
    "expectations/in_sql.py",
    "expectations/results.py",
    "expectations/drift.py",
)
"""Below the screens: what they show of it is text as well. Files are read here, no module is imported."""

DOOR = "dashboards/login.py"
"""Its page is a template of its own."""

HAPPENED = "warehouse/sql/ref/event_word.sql"
COUNTED = ("warehouse/sql/ref/kpi.sql", "warehouse/sql/ref/practice.sql")
CODES = {
    "share",
    "ratio",
    "median",
    "mean",
    "tenth",
    "difference",
    "rate",
    "curve",
    *KPI,
    *PRACTICE,
    *KPI_TOPIC,
}
CODES |= {"time", "matching", "growth"}  # the sections of practices

QUIET = {"className", "href", "id", "path", "role", "src", "style", "type", "locale", "path_template", "rel"}
"""What of a component nobody reads."""

TEMPLATES = {"say", "translated", "lowered", "_number", "message"}
COUNTS = {"plural", "counted", "_how_many"}
"""Calls with a noun, or with two."""
RULES = {"SetRule", "_references", "_same_pairs"}
"""Calls whose second argument is the name of a rule."""
_TEXT = re.compile(r"[A-Za-z]{2}")
_CODE = re.compile(
    r"^[/#?&<]|[=_$\\{}]|::|^\.[a-z]|^Expect[A-Z]|^SetRule$| cross join "
    r"|^(select|from|case|create|max-age|[a-z]+-(src|uri|ancestors|action)) "
)
_PLACES = re.compile(r"%?\{[^{}]*\}")

Message = str | tuple[str, str]


def messages() -> dict[Message, set[str]]:
    """Each text with the files it stands in."""
    found: dict[Message, set[str]] = {}
    files = [*sorted((ROOT / "dashboards").rglob("*.py")), *(ROOT / name for name in WORDS)]
    for file in files:
        are_words = file.parent.name == "warehouse"
        for message in _of(ast.parse(file.read_text("utf-8")), are_words=are_words):
            found.setdefault(message, set()).add(file.relative_to(ROOT).as_posix())
    for text in re.findall(r'said\("([^"]+)"\)', (ROOT / DOOR).read_text("utf-8")):
        found.setdefault(text, set()).add(DOOR)
    for text in _meant():
        found.setdefault(text, set()).add("docs")
    for text in _counted():
        found.setdefault(text, set()).add("warehouse/sql/ref")
    for text in EVENT:
        found.setdefault(text, set()).add("warehouse/sql/mart/pair_event.sql")
    for text in _happened():
        found.setdefault(text, set()).add(HAPPENED)
    for text in _drafted():
        found.setdefault(text, set()).add("warehouse/drafts.toml")
    return found


def _meant() -> Iterator[str]:
    """What docs/words.md and docs/method.md say of each number."""
    for found in meanings().values():
        for each in found:
            yield from filter(_TEXT.search, (each.words, each.counted, each.of, each.left_out))


def _counted() -> Iterator[str]:
    """What measures count, and their units."""
    for file in COUNTED:
        quoted = re.findall(r"'([a-z][a-z0-9 -]+)'", (ROOT / file).read_text("utf-8"))
        yield from (text for text in quoted if text not in CODES)


def _happened() -> Iterator[str]:
    """What events are called: after a name, and alone."""
    for text in re.findall(r"'[a-z]+', '([^']+)'\)", (ROOT / HAPPENED).read_text("utf-8")):
        yield from (text, text[:1].upper() + text[1:])


def _drafted() -> Iterator[str]:
    written = tomllib.loads(FILE.read_text("utf-8"))
    for draft in written["draft"].values():
        yield from (draft["title"], draft["to"], draft["text"].strip())
    for book in written["playbook"].values():
        yield from book["steps"]


def _of(tree: ast.Module, *, are_words: bool) -> Iterator[Message]:
    for node, parent in _walk(tree):
        if isinstance(node, ast.Call) and _name(node) in COUNTS:
            yield from _count(node)
        elif isinstance(parent, ast.Call) and _name(parent) in COUNTS:
            continue
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            is_template = isinstance(parent, ast.Call) and _name(parent) in TEMPLATES
            is_template |= isinstance(parent, ast.keyword) and parent.arg == "description"
            is_template |= isinstance(parent, ast.Call) and _name(parent) in RULES and node is parent.args[1]
            if is_template or (are_words and _is_word(node, parent)) or _is_text(node.value):
                yield node.value


def _walk(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Every node with its parent; what cannot be read on a screen is left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.keyword) and child.arg in QUIET:
            continue
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue  # a docstring
        if isinstance(child, ast.Compare | ast.Subscript | ast.JoinedStr | ast.Raise):
            yield from ((each, parent) for each, parent in _walk(child) if not isinstance(each, ast.Constant))
            continue
        yield child, node
        yield from _walk(child)


def _name(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _count(call: ast.Call) -> Iterator[Message]:
    told = [str(each.value) for each in call.args[1:] if isinstance(each, ast.Constant)]
    if told:
        one, many = (*told, f"{told[0]}s")[:2]
        yield f"{{n:,}} {one}", f"{{n:,}} {many}"


def _is_word(text: ast.Constant, parent: ast.AST) -> bool:
    """Whether it is the word for a code: a value in a dictionary of words, itself without an underscore."""
    is_value = isinstance(parent, ast.Dict) and text in parent.values
    return is_value and re.fullmatch(r"[A-Za-z][A-Za-z0-9 ',:()/-]+", str(text.value)) is not None


def _is_text(text: str) -> bool:
    """Whether people may read it: words with a space between them, or one that begins large."""
    if not _TEXT.search(text):
        return False
    plain = _PLACES.sub("", text)
    is_word = re.fullmatch(r"[A-Z][a-z][\w'-]*( …|[?.:!])?", text) is not None
    return _CODE.search(plain) is None and (is_word or " " in plain)


def catalogue() -> Catalog:
    """All messages, in the order of their texts; without dates, so that the same texts are the same file."""
    made = Catalog(project="Kinkeeper", charset="utf-8", fuzzy=False)
    for message, files in sorted(messages().items(), key=str):
        made.add(message, locations=[(file, 0) for file in sorted(files)])
    return made


def main() -> None:
    """Write the template to stdout."""
    write_po(sys.stdout.buffer, catalogue(), width=100, omit_header=True, include_lineno=False)


if __name__ == "__main__":
    main()
