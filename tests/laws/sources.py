"""The code as the laws read it. A law is a function of sources that gives its breaches, so a bad sample can be fed to it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from config import ROOT

ASSEMBLY = "assembly"
ROOT_MODULES = {"cli", "runner", "serving", "demo", "backup", "permissions_table"}  # of isms/, beside the rooms


@dataclass(frozen=True)
class Source:
    """One module: its path below the root, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Give the parsed module."""
        return ast.parse(self.text, self.path)

    @property
    def module(self) -> str:
        """Give the dotted name."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def room(self) -> str:
        """Give the room it stands in; what puts the rooms together is the assembly."""
        return room_of(self.module)

    def at(self, node: ast.AST) -> str:
        """Name the place of a node."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


def room_of(module: str) -> str:
    """Give the room of a module's dotted name."""
    parts = module.split(".")
    return ASSEMBLY if len(parts) == 1 or parts[1] in ROOT_MODULES else parts[1]


@cache
def house(folder: str = "isms", but: str = "migrations") -> tuple[Source, ...]:
    """Read all modules of a folder but the migrations, which are frozen."""
    paths = sorted(p for p in (ROOT / folder).rglob("*.py") if but not in p.parts)
    return tuple(Source(str(path.relative_to(ROOT)), path.read_text("utf-8")) for path in paths)


@cache
def templates() -> tuple[Source, ...]:
    """Read all templates."""
    paths = sorted(p for p in (ROOT / "templates").rglob("*") if p.is_file())
    return tuple(Source(str(path.relative_to(ROOT)), path.read_text("utf-8")) for path in paths)


def imports(source: Source, rooms: set[str]) -> Iterator[tuple[ast.stmt, str]]:
    """Give (statement, dotted name) for all that is imported; names in a package are followed to modules of rooms."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = Path(source.path).parent.parts
                base = ".".join((*package[: len(package) - node.level + 1], *filter(None, [node.module])))
            for alias in node.names:
                if base == "isms":
                    yield node, f"isms.{alias.name}" if alias.name in rooms | ROOT_MODULES else base
                else:
                    yield node, f"{base}.{alias.name}" if base.removeprefix("isms.") in rooms else base


def called(node: ast.AST) -> str:
    """Give the dotted name that is called or read: `trail.record`; empty for what has no plain name."""
    if isinstance(node, ast.Call):
        return called(node.func)
    if isinstance(node, ast.Attribute):
        return f"{called(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


def functions(source: Source) -> Iterator[ast.FunctionDef]:
    """Give the functions and methods of a module, also those inside others."""
    return (node for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef))
