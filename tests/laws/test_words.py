"""Every Japanese text goes through gettext and has an English line; no line is stale, empty, fuzzy or told in two ways."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from config import ROOT
from tests.laws import sources, wording
from tests.laws.sources import Source
from tests.laws.wording import JAPANESE, Answer, Asked

# (path, name that it is bound to or *) -> why it is not for the screen
EXEMPT = {
    ("isms/demo/*", "*"): "an example federation, Japanese throughout",
    ("isms/core/days/*", "*"): "reads and writes days as Japanese offices do",
    ("isms/calendar/reading.py", wording.CONSTANTS): "reads recurrences as people write them",
    ("isms/catalogue/numbers.py", "*"): "reads numbers of controls as people write them",
    ("isms/core/sheets/headers.py", "*"): "reads heads of sheets",
    ("isms/*/import_rows.py", wording.CONSTANTS): "reads heads and cells of sheets",
    ("isms/people/words.py", "EMPLOYMENT_READ"): "reads cells of sheets",
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def placeholders(text: str) -> set[str]:
    """Name the placeholders of a text."""
    return set(PLACEHOLDER.findall(text))


def wrong_answers(asked: Iterable[Asked], answers: Iterable[Answer]) -> Iterator[str]:
    """Name what is asked for in vain, and the lines that are wrong."""
    wanted: dict[tuple[str | None, str], list[Asked]] = {}
    for one in asked:
        wanted.setdefault((one.context, one.text), []).append(one)
    known: dict[tuple[str | None, str], Answer] = {}
    for line in answers:
        before = known.setdefault((line.context, line.text), line)
        if before.english != line.english:
            yield f"{line.file}: {line.text!r} says {line.english}, {before.file} says {before.english}"
        yield from _wrong_with(line, wanted.get((line.context, line.text), []))
    for key, (first, *_) in wanted.items():
        if key not in known and JAPANESE.search(first.text):
            yield f"{first.where}: no English for {first.text!r}"


def _wrong_with(line: Answer, asked: list[Asked]) -> Iterator[str]:
    if not asked:
        yield f"{line.file}: stale {line.text!r}"
    if line.fuzzy:
        yield f"{line.file}: fuzzy {line.text!r}"
    wanted = placeholders(line.plural or line.text)
    for english in line.english:
        more, lacking = placeholders(english) - wanted, wanted - placeholders(english) - {"num"}
        if not english.strip():
            yield f"{line.file}: empty {line.text!r}"
        elif any(more - one.given for one in asked if "**" not in one.given):
            yield f"{line.file}: unknown placeholders in {line.text!r}"
        elif lacking and not more:  # English may say a thing by another value, but not leave it out
            yield f"{line.file}: lacks placeholders in {line.text!r}"


def asked_in_house() -> list[Asked | str]:
    return list(wording.asked(sources.house(), sources.templates()))


def test_every_text_asked_for_is_a_literal() -> None:
    assert [one for one in asked_in_house() if isinstance(one, str)] == []


def test_every_text_has_its_english_line() -> None:
    asked = [one for one in asked_in_house() if isinstance(one, Asked)]
    assert list(wrong_answers(asked, wording.answers())) == []


def test_no_japanese_in_code_outside_gettext() -> None:
    assert [f"{where}: {text[:30]}" for where, _, text in wording.untold(sources.house(), EXEMPT)] == []


def test_no_japanese_on_pages_outside_gettext() -> None:
    assert list(wording.untold_on_pages(sources.templates())) == []


def test_no_japanese_in_scripts() -> None:
    texts = {path.name: path.read_text("utf-8") for path in (ROOT / "static").glob("*.js")}
    bare = {name: re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL) for name, text in texts.items()}
    assert [name for name, text in bare.items() if JAPANESE.search(text)] == []


@pytest.mark.parametrize("one", EXEMPT)
def test_what_is_exempt_is_needed(one: tuple[str, str]) -> None:
    others = {key: why for key, why in EXEMPT.items() if key != one}
    assert list(wording.untold(sources.house(), others)) != []


@pytest.mark.parametrize(
    "text",
    [
        "x = '管理策'",
        "def f():\n    return f'{n}件の証跡'",
        "flash('しました')",
        "gettext('あ') + 'い'",
        "T = {'a': 'カナ'}",
    ],
)
def test_japanese_outside_gettext_is_found(text: str) -> None:
    assert len(list(wording.untold([Source("isms/people/rules.py", text)], EXEMPT))) == 1


@pytest.mark.parametrize(
    "text",
    ["<p>管理策</p>", "{{ '管理策' }}", '<a title="管理策">', "{% set x = '管理策' %}", "{{ f(label='管理策') }}"],
)
def test_japanese_on_a_page_is_found(text: str) -> None:
    assert len(list(wording.untold_on_pages([Source("templates/x.html", text)]))) == 1


def test_japanese_in_its_place_is_none() -> None:
    code = '"""説明"""\nx = gettext("管理策")  # 注\nT = lazy_gettext("管" "理")\n'
    page = '{# 注 #}{{ _("管理策") }}{{ f(_("管理策%(n)s", n=1)) }}{{ ngettext("%(num)s件", "%(num)s件", 3) }}'
    assert list(wording.untold([Source("isms/x.py", code)], {})) == []
    assert list(wording.untold_on_pages([Source("templates/x.html", page)])) == []
    asked = list(wording.asked([Source("isms/x.py", code)], [Source("templates/x.html", page)]))
    assert [one.text for one in asked if isinstance(one, Asked)] == [
        "管理策",
        "管理",
        "管理策",
        "管理策%(n)s",
        "%(num)s件",
    ]


@pytest.mark.parametrize("text", ["gettext(name)", "gettext(f'{x}')", "lazy_gettext('a' + b)"])
def test_a_text_that_is_no_literal_is_found(text: str) -> None:
    assert [type(one) for one in wording.asked([Source("isms/x.py", text)], [])] == [str]


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        ('msgid "あ%(n)s"\nmsgstr "a%(n)s"', ""),
        ("", "no English"),
        ('msgid "あ%(n)s"\nmsgstr ""', "empty"),
        ('msgid "あ%(n)s"\nmsgstr "a"', "lacks placeholders"),
        ('msgid "あ%(n)s"\nmsgstr "a%(m)s"', "unknown placeholders"),
        ('#, fuzzy\nmsgid "あ%(n)s"\nmsgstr "a%(n)s"', "fuzzy"),
        ('msgid "あ%(n)s"\nmsgstr "a%(n)s"\n\nmsgid "い"\nmsgstr "i"', "stale"),
    ],
)
def test_a_wrong_line_is_found(tmp_path: Path, lines: str, wrong: str) -> None:
    (tmp_path / "x.po").write_text(f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n{lines}\n')
    found = list(wrong_answers([Asked("x.py:1", None, "あ%(n)s")], wording.answers(tmp_path)))
    assert [wrong in line for line in found] == ([True] if wrong else [])


def test_two_answers_to_one_text_are_found(tmp_path: Path) -> None:
    for name, english in (("a", "evidence"), ("b", "proof")):
        (tmp_path / f"{name}.po").write_text(
            f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "証跡"\nmsgstr "{english}"\n'
        )
    found = list(wrong_answers([Asked("x.py:1", None, "証跡")], wording.answers(tmp_path)))
    assert len(found) == 1
    assert "b.po" in found[0]
