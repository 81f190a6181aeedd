"""Which attack has which test: `python -m tests.attacks_table` writes docs/attacks.md out of the tests themselves.

A test counts for an attack when its name, its docstring or a comment in it says so: `test_attack_12_…`, "Attack 12".
What stands outside the tests of a module ("attacks 12, 61" on its first line) counts for the module as a whole.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from config import ROOT

PAGE = ROOT / "docs/attacks.md"
TESTS = ROOT / "tests"
SAID = re.compile(r"attacks? ((?:\d+(?:, | and )?)+)", re.IGNORECASE)
NAMED = re.compile(r"test_attack_(\d+)_")

ATTACKS = {
    1: "a thing of another department, by its number",
    2: "an auditor beyond the engagement: scope, days, revoked",
    3: "personal details, read in a roundabout way",
    4: "a thing under the wrong parent",
    5: "who else has this file?",
    6: "a role or a person that has gone, in an open session",
    7: "the administrator and the evidence",
    8: "reviewing one's own evidence in a roundabout way",
    9: "more fields than the form has",
    10: "names twice, values of another kind",
    11: "the last administrator, taken away twice at once",
    12: "who exists, told by text or time",
    13: "another spelling, another sender: the counter of failures",
    14: "locking somebody else out",
    15: "a code used twice or guessed",
    16: "the second step left out",
    17: "a session laid under somebody",
    18: "a session brought back to life",
    19: "what a stolen database opens",
    20: "a link that a scanner opens first",
    21: "a link used twice, elsewhere, or late",
    22: "a link that leaks",
    23: "a partner's link and other partners' answers",
    24: "a false host",
    25: "a false destination after signing in",
    26: "a form sent by another site",
    27: "sign-in by another service",
    28: "passkeys",
    29: "keys for programs",
    30: "a file that acts in the browser",
    31: "a file that is not what its name says",
    32: "names that are paths",
    33: "a name that breaks a header",
    34: "archives and sheets that burst",
    35: "pictures that burst",
    36: "places left in pictures",
    37: "texts that become formulas",
    38: "documents with programs in them",
    39: "XML that reads or grows",
    40: "PDF that acts or never ends",
    41: "texts that the typesetter works out",
    42: "texts that a template works out",
    43: "a file exchanged between look and use",
    44: "parts of a file",
    45: "uploads broken off or without end",
    46: "destroyed bytes that live on",
    47: "a damaged file that goes on proving",
    48: "two decisions at the same moment",
    49: "the same form twice",
    50: "the clock set back",
    51: "dating back",
    52: "the trail changed behind the house's back",
    53: "letting the house fetch an address",
    54: "a link that is a program",
    55: "lines slipped into mails",
    56: "secrets in what is written down",
    57: "calendar feeds",
    58: "lines slipped into the log",
    59: "texts that become markup",
    60: "slow clients",
    61: "costly requests",
    62: "odd requests",
    63: "pages that tell too much, or stay too long",
    64: "names and signs that reach the database",
    65: "a hostile backup",
    66: "a changed package",
}
NO_SURFACE = {
    23: "partners get links with a later room",
    27: "not offered",
    28: "not offered",
    29: "not offered",
}
HEAD = """# Attacks and their tests

Made by reading the tests; not written by hand: `python -m tests.attacks_table`. `tests/laws/test_attacks.py` fails when
this page is not current, and when an attack that could be tried has no test. A module stands without the names of its
tests when all of it is about the attack.

| No. | Attack | Tests |
|---|---|---|
"""


def numbers(text: str) -> set[int]:
    """Give the attacks that a text names."""
    said = {int(number) for found in SAID.findall(text) for number in re.findall(r"\d+", found)}
    return said | {int(number) for number in NAMED.findall(text)}


def named_in(path: Path) -> Iterator[tuple[int, str]]:
    """Give (attack, test) for one module; a test of "" is the module."""
    text = path.read_text("utf-8")
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)]) - 1
            body = "\n".join(lines[first : node.end_lineno])
            lines[first : node.end_lineno] = [""] * ((node.end_lineno or first) - first)
            yield from ((number, node.name) for number in numbers(body))
    yield from ((number, "") for number in numbers("\n".join(lines)))


def modules() -> list[Path]:
    """Give the modules of tests, without the one that tests this."""
    return [path for path in TESTS.rglob("test_*.py") if path.name != "test_attacks.py"]


def table(modules: Iterable[Path]) -> dict[int, dict[str, list[str]]]:
    """Give the tests of each attack by module."""
    found: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted(modules):
        for number, test in named_in(path):
            tests = found[number][path.relative_to(TESTS).as_posix()]
            if test:
                tests.append(test)
    return found


def cell(modules: dict[str, list[str]]) -> str:
    """Write the tests of one attack."""
    parts = []
    for module, tests in modules.items():
        names = ", ".join(f"`{name.removeprefix('test_')}`" for name in tests)
        parts.append(f"`{module}`: {names}" if names else f"`{module}`")
    return "<br>".join(parts)


def written() -> str:
    """Give the whole page."""
    found = table(modules())
    rows = [
        f"| {number} | {words} | {cell(found[number]) if found[number] else NO_SURFACE.get(number, '**none**')} |"
        for number, words in ATTACKS.items()
    ]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(written(), "utf-8")
