"""Tables on both engines: order, filters, pages, downloads, and the number of queries."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from io import BytesIO
from typing import Any

import peewee
import pytest
from flask import Flask
from markupsafe import Markup
from python_calamine import CalamineWorkbook

from isms.core.database import Record
from isms.core.errors import BadRequest
from isms.core.tables import Column, Filter, Table
from isms.core.text import contains


class Fruit(Record):
    name = peewee.TextField()
    colour = peewee.TextField(null=True)
    weight = peewee.IntegerField(null=True)
    picked_on = peewee.DateField(null=True)


def narrow(query: Any, text: str) -> Any:
    return query.where(contains(Fruit.name, text))


TABLE = Table(
    "fruits",
    "果物",
    [
        Column("name", "名前", expr=Fruit.name),
        Column("colour", "色", expr=Fruit.colour),
        Column("weight", "重さ", expr=Fruit.weight, numeric=True),
        Column("picked_on", "収穫日"),
    ],
    "name",
    [
        Filter("q", "言葉", narrow),
        Filter("colour", "色", lambda q, v: q.where(Fruit.colour == v), "select", [("red", "赤"), ("green", "緑")]),
        Filter("since", "以後", lambda q, v: q.where(Fruit.picked_on >= v), "day"),
    ],
    page_size=3,
    row_href=lambda row: f"/fruits/{row.id}",
)
NAMES = ["りんご", "ＡＢＣ", "abd", "Zebra", "apple 100%", "apple_1", "appleX1", "ぶどう", "100円"]


@pytest.fixture
def orchard(db: Any) -> Iterator[Any]:
    db.create_tables([Fruit])
    for number, name in enumerate(NAMES):
        colour = [None, "red", "green"][number % 3]
        Fruit.create(
            name=name, colour=colour, weight=None if number % 2 else number, picked_on=f"2026-04-{number + 1:02}"
        )
    yield db
    db.drop_tables([Fruit])


@contextmanager
def asked(query: str) -> Iterator[None]:
    app = Flask(__name__)
    app.add_url_rule("/fruits", "fruits", lambda: "")
    with app.test_request_context(f"/fruits{query}"):
        yield


def names(query: str, table: Table = TABLE) -> list[str]:
    with asked(query):
        return [row.name for row in table.page(Fruit.select()).rows]


def all_names(query: str) -> list[str]:
    mark = "&" if "?" in query else "?"
    return [name for page in (1, 2, 3) for name in names(f"{query}{mark}page={page}")]


def test_text_sorts_by_code_point_on_both_engines(orchard: Any) -> None:
    assert all_names("") == sorted(NAMES)
    assert all_names("?sort=name&dir=desc") == sorted(NAMES, reverse=True)


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_nothing_sorts_last_either_way_and_equals_keep_their_order(orchard: Any, direction: str) -> None:
    listed = all_names(f"?sort=weight&dir={direction}")
    weighed = [NAMES[number] for number in range(0, len(NAMES), 2)]
    assert listed[:5] == (weighed if direction == "asc" else weighed[::-1])
    assert listed[5:] == [NAMES[number] for number in range(1, len(NAMES), 2)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("%25", {"apple 100%"}),
        ("_", {"apple_1"}),
        ("abc", {"ＡＢＣ"}),
        ("ＡＢ", {"ＡＢＣ", "abd"}),
        ("ZEBRA", {"Zebra"}),
        ("りんご", {"りんご"}),
        ("'", set()),
        ("\\", set()),
    ],
)
def test_a_search_takes_every_character_as_it_is(orchard: Any, text: str, found: set[str]) -> None:
    assert set(names(f"?q={text}")) == found


def test_a_choice_narrows_and_stays_in_every_link(orchard: Any) -> None:
    with asked("?colour=red&sort=name&dir=asc"):
        page = TABLE.page(Fruit.select())
        assert {row.colour for row in page.rows} == {"red"}
        assert page.total == 3
        assert page.heads[0].aria == "ascending"
        assert "colour=red" in page.heads[0].href and "dir=desc" in page.heads[0].href
        assert "colour" not in page.clear_href


def test_a_day_is_read_as_offices_write_it(orchard: Any) -> None:
    assert set(names("?since=R8.4.9")) == {NAMES[8]}


@pytest.mark.parametrize("query", ["?since=2026-02-30", "?q=%00", "?q=" + "長" * 201])
def test_what_cannot_be_read_is_said_and_no_row_is_shown(orchard: Any, query: str) -> None:
    with asked(query):
        page = TABLE.page(Fruit.select())
        assert page.total == 0
        assert [bool(state.error) for state in page.filters].count(True) == 1


@pytest.mark.parametrize(
    "query",
    [
        *["?sort=id", "?sort=picked_on", "?sort=name&dir=up", "?colour=blue", "?download=exe"],
        *["?page=0", "?page=-1", "?page=x", "?page=²", "?page=99999999999999999999"],
    ],
)
def test_what_no_form_sends_is_refused(orchard: Any, query: str) -> None:
    with asked(query), pytest.raises(BadRequest):
        TABLE.answer(Fruit.select())


def test_a_page_after_the_last_is_the_last(orchard: Any) -> None:
    assert names("?page=77") == sorted(NAMES)[6:]


@pytest.mark.parametrize(
    ("number", "expected"),
    [(5, [1, 2, 3, 4, 5, 6, 7, None, 10]), (1, [1, 2, 3, None, 10]), (4, [1, 2, 3, 4, 5, 6, None, 10])],
)
def test_the_pager_names_its_neighbours_and_its_ends(number: int, expected: list[int | None]) -> None:
    with asked(f"?page={number}"):
        page = TABLE.page([])
        page.pages, page.number = 10, number
        assert page.numbers() == expected


def test_two_queries_whatever_the_number_of_rows(orchard: Any, queries: Callable[[], list[str]]) -> None:
    with asked(""):
        TABLE.page(Fruit.select())
    assert len(queries()) == 2


@pytest.fixture
def queries(orchard: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    made: list[str] = []
    execute = orchard.obj.execute_sql

    def execute_sql(sql: str, *args: Any, **options: Any) -> Any:
        made.append(sql)
        return execute(sql, *args, **options)

    monkeypatch.setattr(orchard.obj, "execute_sql", execute_sql)
    return lambda: made


def taken(query: str, table: Table = TABLE) -> Any:
    with asked(query):
        answer = table.answer(Fruit.select())
        answer.direct_passthrough = False
        return answer


def test_a_download_holds_all_pages_of_what_is_shown(orchard: Any) -> None:
    answer = taken("?download=csv&sort=name&dir=desc&page=2")
    assert (
        "attachment" in answer.headers["Content-Disposition"] and "fruits.csv" in answer.headers["Content-Disposition"]
    )
    lines = list(csv.reader(answer.get_data().decode("utf-8-sig").splitlines()))
    assert lines[0] == ["名前", "色", "重さ", "収穫日"]
    assert [line[0] for line in lines[1:]] == sorted(NAMES, reverse=True)


def test_a_sheet_holds_numbers_days_and_plain_words(orchard: Any) -> None:
    Fruit.create(name="=cmd|' /C calc'!A0", colour="red", weight=7, picked_on="2026-04-01")
    table = Table(
        "fruits",
        "果物/の:長い名前" * 5,
        [
            Column("name", "名前", expr=Fruit.name, cell=lambda row: Markup("<b>{}</b>").format(row.name)),
            *TABLE.columns[2:],
            Column("red", "赤い", cell=lambda row: row.colour == "red", hidden=True),
        ],
        "name",
        TABLE.filters,
    )
    book = CalamineWorkbook.from_filelike(BytesIO(taken("?download=xlsx&colour=red", table).get_data()))
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[0] == ["名前", "重さ", "収穫日", "赤い"]
    assert ["=cmd|' /C calc'!A0", 7.0, date(2026, 4, 1), "はい"] in rows
    assert len(rows) == 5


def test_related_things_are_asked_for_once_a_page(orchard: Any) -> None:
    calls: list[int] = []
    table = Table("fruits", "果物", TABLE.columns, "name", prefetch=lambda rows: calls.append(len(rows)))
    with asked(""):
        table.page(Fruit.select())
    assert calls == [9]


def test_a_list_of_rows_sorts_and_pages_like_a_query() -> None:
    rows = [{"no": "5.2", "due": None}, {"no": "5.10", "due": 3}, {"no": "5.1", "due": 1}]
    columns = [
        Column("no", "番号", sort=lambda row: [int(part) for part in row["no"].split(".")]),
        Column("due", "期限", sort=lambda row: row["due"], numeric=True),
    ]
    table = Table("t", "表", columns, "no")
    with asked(""):
        assert [row["no"] for row in table.page(rows).rows] == ["5.1", "5.2", "5.10"]
    with asked("?sort=due&dir=desc"):
        assert [row["no"] for row in table.page(rows).rows] == ["5.10", "5.1", "5.2"]


def test_two_tables_on_a_page_do_not_answer_each_other(orchard: Any) -> None:
    table = Table("b", "果物", TABLE.columns, "name", TABLE.filters, prefix="b_")
    assert len(names("?page=2&q=apple&sort=weight", table)) == 9
    assert names("?b_q=apple_", table) == ["apple_1"]


def test_the_address_of_a_link_is_never_anothers(orchard: Any) -> None:
    with asked("?_external=1&_scheme=javascript&_anchor=x&q=%22%3E"):
        page = TABLE.page(Fruit.select())
        hrefs = [page.heads[0].href, page.clear_href, page.href(page=2)]
    assert all(href.startswith("/fruits?") and '"' not in href for href in hrefs)
