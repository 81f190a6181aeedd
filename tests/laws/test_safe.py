"""Pages hold nothing inline, texts stay texts, and what people send is never poured into a row or a query."""

import ast
import re
from collections.abc import Iterable

import pytest

from config import ROOT
from tests.laws import sources
from tests.laws.sources import Source, called

INLINE = {
    "inline script": r"<script(?![^>]*\ssrc=)",
    "inline style": r"<style|\sstyle\s*=",
    "handler in an attribute": r"<[^>{]*\son[a-z]+\s*=",
    "script as an address": r"javascript:",
    "text taken for markup": r"\|\s*safe\b|autoescape\s+false|Markup\(",
    "loaded from outside": r"(?:src|href|action)\s*=\s*[\"']?(?:https?:)?//",
}
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)

IN_SCRIPTS = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.style\b|setAttribute\([\"']style|https?://"
IN_STYLES = r"@import|url\(\s*[\"']?(?:https?:)?//"

FORBIDDEN_CALLS = {"render_template_string", "populate_obj", "dict_to_model", "eval", "exec", "exempt"}
FORBIDDEN_IMPORTS = {"pickle", "marshal", "shelve", "dill"}
POURED = re.compile(r"^(request\.(form|args|values|json|get_json)|form\.(data|values))")
TABLE_METHODS = {"create", "insert", "update", "change", "replace"}
PATTERNS = {"compile", "search", "match", "fullmatch", "sub", "split", "findall", "finditer"}  # of re (attack 61)
IN_TYPST = r"\beval\b|\bmode\s*:|\bread\s*\(|@preview|\bplugin\s*\("  # attack 41
LAYS_SQL = {  # identifiers of our own, never what somebody typed
    "isms/core/database.py": "triggers, a pragma's number, whole numbers",
    "isms/backup/restoring.py": "names of our own tables, quoted",
    "isms/backup/loading.py": "names of our own tables, quoted",
}
OWN_PATTERNS = {
    "isms/calendar/reading.py": "the patterns stand in the table",
    "isms/core/database.py": "the patterns stand in the line above",
    "isms/people/romaji.py": "the patterns stand in the table",
}


SCRIPTS = {"page.js": "every page", "visit.js": "a visit, whose answers wait for the connection"}
MAY_CONNECT = {"isms/crosschecks/visit_views.py": "a visit sends answers that have waited"}


def inline(pages: Iterable[Source]) -> list[str]:
    """Name what a page must not hold."""
    return [
        f"{one.path}: {what}: {match[0].strip()}"
        for one in pages
        for what, pattern in INLINE.items()
        for match in re.finditer(pattern, COMMENT.sub("", one.text), re.IGNORECASE)
    ]


def unsafe(code: Iterable[Source]) -> list[str]:
    """Name the calls that trust what they must not."""
    found = []
    for one in code:
        for node in ast.walk(one.tree):
            if isinstance(node, ast.Call):
                found += [f"{one.at(node)}: {why}" for why in _wrong_with(node, one)]
        found += [
            f"{one.at(node)}: {name}"
            for node, name in sources.imports(one, set())
            if name.split(".")[0] in FORBIDDEN_IMPORTS
        ]
    return found


def _wrong_with(call: ast.Call, one: Source) -> Iterable[str]:
    name = called(call)
    last = name.split(".")[-1]
    if last in FORBIDDEN_CALLS:
        yield name
    literal = bool(call.args) and isinstance(call.args[0], ast.Constant)
    if last == "Markup" and not literal:
        yield "Markup of what is no literal"
    if last in {"execute_sql", "SQL"} and one.path not in LAYS_SQL and not (call.args and _own(call.args[0])):
        yield f"{name} of what is no literal"
    pattern = name.startswith("re.") and last in PATTERNS and one.path not in OWN_PATTERNS
    if pattern and not (call.args and _own(call.args[0])):
        yield "a pattern that is no literal"
    for keyword in call.keywords:
        if keyword.arg is None and POURED.match(called(keyword.value)):
            whole = called(keyword.value)
            if not whole.endswith("values") or last in TABLE_METHODS or name[:1].isupper():
                yield f"{name}(**{whole})"
        if keyword.arg == "shell" and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False):
            yield "a shell"


def _own(text: ast.expr) -> bool:
    """Tell whether a text is made of literals, constants, and what was escaped for a pattern."""
    if isinstance(text, ast.JoinedStr):
        return all(_own(part.value if isinstance(part, ast.FormattedValue) else part) for part in text.values)
    if isinstance(text, ast.Call):
        return called(text) == "re.escape" or all(_own(one) for one in text.args)
    if isinstance(text, ast.BinOp):
        return _own(text.left) and _own(text.right)
    return isinstance(text, ast.Constant) or (isinstance(text, ast.Name) and text.id.isupper())


def test_no_page_holds_anything_inline() -> None:
    assert inline(sources.templates()) == []


def test_no_call_trusts_what_it_must_not() -> None:
    assert unsafe(sources.house()) == []


def test_own_scripts_and_styles_make_no_markup_and_load_nothing() -> None:
    found = []
    for path in sorted((ROOT / "static").rglob("*")):
        pattern = {".js": IN_SCRIPTS, ".css": IN_STYLES}.get(path.suffix)
        if pattern:
            found += [f"{path.name}: {match[0]}" for match in re.finditer(pattern, path.read_text("utf-8"))]
    assert found == []


def test_scripts_are_few_and_one_alone_sends_anything() -> None:
    assert {path.name for path in (ROOT / "static").rglob("*.js")} == set(SCRIPTS)
    sending = [
        name for name in SCRIPTS if re.search(r"fetch\(|XMLHttp|sendBeacon|WebSocket|EventSource", _script(name))
    ]
    assert sending == ["visit.js"]
    assert {one.path for one in sources.house() if "connect-src" in one.text} == set(MAY_CONNECT)
    assert all(name in (ROOT / "docs" / "look.md").read_text("utf-8") for name in SCRIPTS)


def _script(name: str) -> str:
    return (ROOT / "static" / name).read_text("utf-8")


def test_documents_evaluate_no_text() -> None:
    found = []
    for path in sorted((ROOT / "templates").rglob("*.typ")):
        bare = re.sub(r"(?<!:)//[^\n]*", "", path.read_text("utf-8"))
        found += [f"{path.name}: {match[0]}" for match in re.finditer(IN_TYPST, bare)]
    assert found == []


def test_what_is_let_off_exists() -> None:
    paths = {one.path for one in sources.house()}
    assert {*LAYS_SQL, *OWN_PATTERNS} - paths == set()


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<style>p{}</style>",
        '<p style="color:red">',
        '<a href="/" onclick="x()">',
        "{{ text|safe }}",
        "{{ text | safe }}",
        "{% autoescape false %}",
        '<img src="https://cdn.example/x.png">',
        '<a href="javascript:x()">',
    ],
)
def test_what_is_inline_is_found(text: str) -> None:
    assert len(inline([Source("templates/x.html", text)])) == 1


def test_a_plain_page_holds_nothing_inline() -> None:
    page = '{# style="" #}<script src="/static/page.js" defer></script><p class="online" data-on="1">{{ safe }}</p>'
    assert inline([Source("templates/x.html", page)]) == []


@pytest.mark.parametrize(
    "text",
    [
        "render_template_string(text)",
        "form.populate_obj(person)",
        "rules.add(**request.form)",
        "rules.add(**request.form.to_dict())",
        "Person.create(**form.values())",
        "Person(**form.data)",
        "person.change(**form.values())",
        "rules.add(**form.data)",
        "Markup(text)",
        "Markup(f'<b>{name}</b>')",
        "db.execute_sql(f'SELECT {name}')",
        "SQL('a' + name)",
        "subprocess.run(line, shell=True)",
        "re.search(form.q.data, text)",
        "re.compile(rf'{text}.*')",
        "eval(text)",
        "csrf.exempt(view)",
        "import pickle",
    ],
)
def test_an_unsafe_call_is_found(text: str) -> None:
    assert len(unsafe([Source("isms/people/views.py", text)])) == 1


@pytest.mark.parametrize(
    "text",
    ["rules.add(**form.values())", "Markup('<b>{}</b>').format(x)", "db.execute_sql('SELECT 1')", "SQL('1 = 0')"],
)
def test_a_safe_call_is_none(text: str) -> None:
    assert unsafe([Source("isms/people/views.py", text)]) == []
