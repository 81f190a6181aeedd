"""Numbers as people write them, and the search by number or words."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isms.catalogue.editions import Edition, Kind, natural
from isms.catalogue.numbers import read_all
from isms.catalogue.standards import load
from isms.catalogue.titles import search
from isms.core.errors import Invalid
from isms.core.words import speaking

STANDARDS = load(Path(__file__).parents[2] / "controls")
NEW = STANDARDS.edition("iso27001-2022")
OLD = STANDARDS.edition("iso27001-2013")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5.1", ["A.5.1"]),
        ("A.5.1", ["A.5.1"]),
        ("a5.1", ["A.5.1"]),
        ("Ａ．５．１", ["A.5.1"]),
        ("附属書Ａ 5.1", ["A.5.1"]),
        ("附属書A.5.1", ["A.5.1"]),
        ("Annex A 5.1", ["A.5.1"]),
        ("管理策5.1", ["A.5.1"]),
        ("箇条5.1", ["5.1"]),
        ("箇条 ５．１", ["5.1"]),
        ("Clause 5.1", ["5.1"]),
        ("4.1", ["4.1"]),
        ("9.3", ["9.3.1", "9.3.2", "9.3.3"]),
        ("6.1", ["A.6.1"]),
        ("箇条6.1", ["6.1.1", "6.1.2", "6.1.3"]),
        ("5.1, 5.2、5.3；8.1\n8.2", ["A.5.1", "A.5.2", "A.5.3", "A.8.1", "A.8.2"]),
        ("5.10 5.1 5.10", ["A.5.10", "A.5.1"]),
        ("5.23 クラウドサービスの利用における情報セキュリティ", ["A.5.23"]),
        ("5.22 供給者のサービス提供の監視，レビュー及び変更管理、8.13", ["A.5.22", "A.8.13"]),
        ("8.13 Information backup", ["A.8.13"]),
        ("", []),
        (" 、 ", []),
    ],
)
def test_numbers_of_2022(text: str, expected: list[str]) -> None:
    assert [row.key for row in read_all(NEW, text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("5.1.1", ["A.5.1.1"]), ("A.5.1.1", ["A.5.1.1"]), ("5.1", ["5.1"]), ("9.3", ["9.3"])]
)
def test_numbers_of_2013(text: str, expected: list[str]) -> None:
    assert [row.key for row in read_all(OLD, text)] == expected


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("5.38", "5.38"),
        ("5.1, 5.99, 12.1", "5.99 12.1"),
        ("A.5.1.1", "a.5.1.1"),
        ("A.4.1", "a.4.1"),
        ("箇条5.23", "箇条5.23"),
        ("5.23 パスワード", "パスワード"),
        ("クラウド 5.23", "クラウド"),
        ("5.1-5.4", "5.1-5.4"),
    ],
)
def test_what_is_no_number_is_named(text: str, named: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_all(NEW, text)
    assert str(caught.value).endswith(f"：{named}")


@pytest.mark.parametrize("edition", STANDARDS.editions.values(), ids=lambda edition: edition.id)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_is_spelled_is_read(edition: Edition, language: str) -> None:
    """A ledger that was exported is understood again, in both languages, whole and cell by cell."""
    with speaking(language):
        for row in edition.requirements:
            assert read_all(edition, row.spelled) == (row,)
        assert read_all(edition, "、".join(row.spelled for row in edition.requirements)) == edition.requirements


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("クラウド", ["A.5.23"]),
        ("ｸﾗｳﾄﾞ", ["A.5.23"]),
        ("CLOUD services", ["A.5.23"]),
        ("ソース access", ["A.8.4"]),
        ("監視、測定", ["9.1"]),
        ("箇条9.3", ["9.3.1", "9.3.2", "9.3.3"]),
        ("附属書A 8.1 利用者", ["A.8.1"]),
        ("ありえない言葉", []),
    ],
)
def test_search(text: str, expected: list[str]) -> None:
    assert [row.key for row in search(NEW, text)] == expected


def test_the_exact_number_comes_first() -> None:
    found = [row.key for row in search(NEW, "５．１")]
    assert found[:3] == ["A.5.1", "5.1", "A.5.10"]
    assert len(found) == 12


def test_no_words_find_everything_but_headings() -> None:
    assert search(NEW, "　") == NEW.requirements
    assert all(row.kind is not Kind.HEADING for row in search(NEW, "9"))


@given(st.text(max_size=40))
def test_any_text_is_searched_and_read_or_refused(text: str) -> None:
    assert set(search(NEW, text)) <= set(NEW.requirements)
    try:
        found = read_all(NEW, text)
    except Invalid:
        return
    assert set(found) <= set(NEW.requirements)


@given(st.lists(st.lists(st.integers(0, 200), min_size=1, max_size=4), max_size=20))
def test_natural_order_is_the_order_of_the_parts(numbers: list[list[int]]) -> None:
    written = [".".join(map(str, parts)) for parts in numbers]
    assert sorted(written, key=natural) == [".".join(map(str, parts)) for parts in sorted(numbers)]


@given(st.lists(st.text(max_size=8), max_size=10))
def test_natural_order_takes_any_text(texts: list[str]) -> None:
    """Sees keys that cannot be compared (a number beside a word)."""
    keys = sorted(natural(text) for text in texts)
    assert all(one <= two for one, two in pairwise(keys))
