"""Rules get the moment as an argument; what a transaction writes stands in the trail."""

import ast
from collections.abc import Iterable, Iterator

import pytest

from tests.laws import sources
from tests.laws.sources import ASSEMBLY, Source, called
from tests.laws.test_imports import FLOORS, is_web

CLOCKS = {"now", "utcnow", "today", "time", "time_ns"}
EDGE = {
    "isms/core/clock.py": "is the clock",
    "isms/core/database.py": "the gate's form key is noted with the transaction that uses it up",
}

# no rule's own writing: the transaction's key and lock; a mail, since what it tells of is recorded
BESIDE = ("isms.core.database.", "isms.mail.rules.lay")
RECORDING = {"isms.trail.rules.record", "isms.trail.rules.record_many", "isms.trail.record", "isms.trail.record_many"}
UNRECORDED = {
    "isms.people.tries.begin": "a failure that throttling counts; the failed sign-in itself is recorded",
    "isms.people.signin.prove": "takes back the try that was counted; nothing else changes",
    "isms.people.sessions.count_code": "a counter of wrong codes; each wrong code is recorded",
    "isms.people.sessions.touch": "when a sign-in was last in use",
    "isms.people.accounts.use_code": "the step of a used code; the sign-in that it leads to is recorded",
    "isms.people.previews.keep": "an uploaded sheet until its owner decides; taking it is recorded",
    "isms.calendar.feed.note_read": "when a feed was last read",
    "isms.exports.jobs._write": "how far a pack is; asking for it is recorded",
    "isms.exports.jobs.sweep": "packs that have had their day",
    "isms.mail.delivery.claim": "how far a mail is; who caused it is recorded by its rule",
    "isms.mail.delivery.settle": "how far a mail is",
    "isms.mail.delivery.tidy": "how far a mail is",
    "isms.mail.jobs.sweep": "mails that ended long ago",
    "isms.people.jobs.sweep": "what has had its time: keys, failures, previews, links and sign-ins long ended",
}


def reads_clock(code: Iterable[Source]) -> list[str]:
    """Name the rules that read a clock."""
    return [
        f"{one.at(node)}: {name}"
        for one in code
        if one.path not in EDGE and one.room != ASSEMBLY and not is_web(one.module)
        for node in ast.walk(one.tree)
        if isinstance(node, ast.Attribute)
        and node.attr in CLOCKS
        and (name := called(node)).split(".")[-2:-1] in (["clock"], ["datetime"], ["date"], ["time"])
    ]


class Calls:
    """Who calls whom among the functions of the code."""

    def __init__(self, code: Iterable[Source]) -> None:
        self.defined: dict[str, ast.FunctionDef] = {}
        self.calls: dict[str, set[str]] = {}
        for one in code:
            known = self._names(one)
            for function in sources.functions(one):
                name = f"{one.module}.{function.name}"
                self.defined[name] = function
                self.calls[name] = {self._full(called(n), known) for n in ast.walk(function) if isinstance(n, ast.Call)}

    @staticmethod
    def _names(one: Source) -> dict[str, str]:
        known = {f.name: f"{one.module}.{f.name}" for f in sources.functions(one)}
        for node, name in sources.imports(one, set(FLOORS)):
            if isinstance(node, ast.ImportFrom):
                known.update({a.asname or a.name: f"{node.module}.{a.name}" for a in node.names})
            else:
                known[name] = name
        return known

    @staticmethod
    def _full(name: str, known: dict[str, str]) -> str:
        first, _, rest = name.partition(".")
        return ".".join(filter(None, [known.get(first, first), rest]))

    def reaching(self, wanted: set[str], within: str = "") -> set[str]:
        """Give the functions that call one of the wanted, through however many others; within a module when named."""
        found = set(wanted)
        near = {name: calls for name, calls in self.calls.items() if name.rpartition(".")[0] == within or not within}
        while new := {name for name, calls in near.items() if name not in found and calls & found}:
            found |= new
        return found


def _writes(function: ast.FunctionDef) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            verb, of = node.func.attr, called(node.func.value).split(".")[-1]
            table = (
                of[:1].isupper()
                and not isinstance(node.func.value, ast.Call)
                and verb in {"create", "insert", "insert_many", "replace", "update", "delete"}
            )
            sql = verb == "execute_sql" and not _asks(node)
            if table or sql or verb in {"save", "bulk_create", "bulk_update"} or (verb == "change" and of):
                return True
    return False


def _asks(call: ast.Call) -> bool:
    """Tell whether SQL that stands in the call only asks."""
    sql = call.args[0] if call.args else None
    return isinstance(sql, ast.Constant) and str(sql.value).startswith(("SELECT ", "PRAGMA "))


def _says_whose(function: ast.FunctionDef) -> bool:
    return function.name.startswith("_") or "in the rule's transaction" in " ".join(
        (ast.get_docstring(function) or "").split()
    )


def unrecorded(code: list[Source]) -> Iterator[str]:
    """Name the rules that write in a transaction and leave no trail row, or write outside a transaction."""
    calls = Calls(code)
    writers = {n for n, function in calls.defined.items() if _writes(function) and not n.startswith(BESIDE)}
    writing, recording = calls.reaching(writers), calls.reaching(RECORDING)
    # What a function itself writes, its own module records: another's record speaks of something else.
    own = {one.module: calls.reaching(RECORDING, one.module) for one in code}
    rooms = [one for one in code if one.room not in {"core", ASSEMBLY} and not is_web(one.module)]
    for one in rooms:
        for function in sources.functions(one):
            name = f"{one.module}.{function.name}"
            if name in UNRECORDED or name in RECORDING:
                continue
            opens = any(
                called(n) in {"atomic", "database.atomic"} for n in ast.walk(function) if isinstance(n, ast.Call)
            )
            known = own[one.module] if name in writers else recording
            if opens and name in writing and name not in known:
                yield f"{one.at(function)}: {function.name} writes without a trail row"
            elif not opens and name in writers and not _says_whose(function):
                yield f"{one.at(function)}: {function.name} writes outside a transaction"


def test_no_rule_reads_the_clock() -> None:
    assert reads_clock(sources.house()) == []


def test_what_a_transaction_writes_is_recorded() -> None:
    assert list(unrecorded([*sources.house()])) == []


def test_what_is_let_off_exists() -> None:
    defined = Calls(sources.house()).defined
    assert set(UNRECORDED) - set(defined) == set()
    assert set(EDGE) - {one.path for one in sources.house()} == set()


@pytest.mark.parametrize(
    "text",
    ["clock.now()", "datetime.now(UTC)", "datetime.datetime.utcnow()", "date.today()", "time.time()", "run(clock.now)"],
)
def test_reading_the_clock_is_found(text: str) -> None:
    assert len(reads_clock([Source("isms/people/rules.py", text)])) == 1
    assert reads_clock([Source("isms/people/views.py", text)]) == []


BEFORE = "from isms import trail\nfrom isms.core.database import atomic\n"


@pytest.mark.parametrize(
    "text",
    [
        "def add():\n    with atomic():\n        Person.create()",
        "def add():\n    with atomic():\n        _add()\ndef _add():\n    Person.insert_many([]).execute()",
        "def add():\n    with atomic():\n        person.change(name='x')",
        "def add():\n    Person.update(name='x').execute()",
        "def add():\n    person.save()",
        "def add():\n    db.execute_sql('UPDATE person SET name = 1')",
    ],
)
def test_a_write_without_a_trail_row_is_found(text: str) -> None:
    assert len(list(unrecorded([Source("isms/people/rules.py", BEFORE + text)]))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "def add():\n    with atomic():\n        Person.create()\n        trail.record()",
        "def add():\n    with atomic():\n        Person.create()\n        _tell()\ndef _tell():\n    trail.record_many()",
        "def add():\n    '''Add, in the rule's transaction.'''\n    Person.create()",
        "def ask():\n    with atomic():\n        return 'a'.replace('a', 'b')",
        "def ask():\n    with atomic():\n        return Path('a').replace('b')",
        "def ask():\n    return db.execute_sql('SELECT name FROM person')",
    ],
)
def test_a_recorded_write_is_none(text: str) -> None:
    assert list(unrecorded([Source("isms/people/rules.py", BEFORE + text)])) == []
