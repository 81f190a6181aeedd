"""The words of the house as the laws read them: what is asked for in code and templates, what the .po files answer."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from config import ROOT
from tests.laws.sources import Source, called

JAPANESE = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u3400-\u9fff々〆]")
CONSTANTS = "A CONSTANT"  # whatever its name
OWN_NAMES = {"日本語"}  # a language is called by its own name in every language
ASKING = {"gettext": 1, "lazy_gettext": 1, "_": 1, "ngettext": 2, "pgettext": 2, "lazy_pgettext": 2}  # texts they take
TEMPLATES = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"])


@dataclass(frozen=True)
class Asked:
    """A text that code or template asks for: where, its context, and the names of the values that it gets."""

    where: str
    context: str | None
    text: str
    given: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Answer:
    """A line of a .po file: its English, one text or one a plural form."""

    file: str
    context: str | None
    text: str
    plural: str
    english: tuple[str, ...]
    fuzzy: bool


def asked(code: Iterable[Source], pages: Iterable[Source]) -> Iterator[Asked | str]:
    """Give what is asked for, and as plain strings the calls whose text is no literal."""
    for one in code:
        for node in ast.walk(one.tree):
            if isinstance(node, ast.Call) and (name := called(node).split(".")[-1]) in ASKING and node.args:
                texts = [getattr(a, "value", None) for a in node.args[: ASKING[name]]]
                yield _asked(one.at(node), name, texts, [k.arg or "**" for k in node.keywords])
    for one in pages:
        for call in TEMPLATES.parse(one.text).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in ASKING:
                texts = [getattr(a, "value", None) for a in call.args[: ASKING[call.node.name]]]
                yield _asked(f"{one.path}:{call.lineno}", call.node.name, texts, [k.key for k in call.kwargs])


def _asked(where: str, name: str, texts: list[Any], given: list[str]) -> Asked | str:
    if not texts or not all(isinstance(text, str) for text in texts):
        return f"{where}: {name} of what is no literal"
    names = frozenset(given) | ({"num"} if name == "ngettext" else frozenset())
    return Asked(where, texts[0] if "pgettext" in name else None, texts["pgettext" in name], names)


def answers(folder: Path = ROOT / "translations/en") -> Iterator[Answer]:
    """Give the lines of all .po files."""
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            catalog = read_po(file, locale="en", abort_invalid=True)
        for line in catalog:
            if line.id:
                text, plural = line.id if isinstance(line.id, tuple) else (line.id, "")
                english = line.string if isinstance(line.string, tuple) else (line.string,)
                yield Answer(path.name, line.context, str(text), str(plural), tuple(map(str, english)), line.fuzzy)


def untold(code: Iterable[Source], exempt: dict[tuple[str, str], str]) -> Iterator[tuple[str, str, str]]:
    """Give (place, path, text) of the Japanese literals that no gettext takes; what is exempt aside."""
    for one in code:
        allowed = {id(node) for node in _not_words(one, exempt)}
        for node in ast.walk(one.tree):
            text = node.value if isinstance(node, ast.Constant) and id(node) not in allowed else None
            if isinstance(text, str) and JAPANESE.search(text) and text not in OWN_NAMES:
                yield one.at(node), one.path, text


def _not_words(one: Source, exempt: dict[tuple[str, str], str]) -> Iterator[ast.AST]:
    """Give what may be Japanese: docstrings, what gettext takes, what is exempt by the name it is bound to."""
    names = {name for path, name in exempt if fnmatch(one.path, path)}
    for node in ast.walk(one.tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
        elif isinstance(node, ast.Call) and called(node).split(".")[-1] in ASKING:
            yield from node.args
        elif (
            "*" in names or names & set(_bound(node)) or (CONSTANTS in names and any(n.isupper() for n in _bound(node)))
        ):
            yield from ast.walk(node)


def _bound(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Assign):
        return [called(target) for target in node.targets]
    if isinstance(node, ast.AnnAssign):
        return [called(node.target)]
    return [node.name] if isinstance(node, ast.FunctionDef | ast.ClassDef) else []


def untold_on_pages(pages: Iterable[Source]) -> Iterator[str]:
    """Name the Japanese on a page that no gettext takes."""
    for one in pages:
        tree = TEMPLATES.parse(one.text)
        taken = {
            id(a)
            for c in tree.find_all(nodes.Call)
            if isinstance(c.node, nodes.Name) and c.node.name in ASKING
            for a in c.args
        }
        for data in tree.find_all(nodes.TemplateData):
            if found := JAPANESE.search(data.data):
                yield f"{one.path}:{data.lineno}: {data.data[found.start() : found.start() + 20].strip()}"
        for text in tree.find_all(nodes.Const):
            if (
                isinstance(text.value, str)
                and JAPANESE.search(text.value)
                and id(text) not in taken
                and text.value not in OWN_NAMES
            ):
                yield f"{one.path}:{text.lineno}: {text.value[:20]}"
