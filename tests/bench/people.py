"""20,000 people: their import, and the people page beside a trivial view and its bare SQL."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from config import Config
from isms import load_rooms, open_house
from isms.core import clock, schema
from isms.core.database import SQLITE_FILE, db
from isms.core.permissions import CONSOLE
from isms.core.sheets import read_sheet, write_xlsx
from isms.people import imports, rules
from isms.people.actors import actor_of
from tests.bench.measure import Client, Figure, fresh, link_for, median_ms, seconds, served

PEOPLE = 20_000
HEAD = ["職員番号", "氏名", "カナ", "メール", "部署", "役職", "雇用区分", "採用日"]
# what the page needs of the database: how many there are, and the first fifty with their places
ROSTER = """FROM person p
    LEFT JOIN membership m ON m.person_id = p.id
        AND m.from_day <= date('now') AND (m.to_day IS NULL OR m.to_day >= date('now'))
    LEFT JOIN department d ON d.id = m.department_id
    WHERE p.from_day <= date('now') AND (p.to_day IS NULL OR p.to_day >= date('now'))"""
BARE = ("SELECT COUNT(*) " + ROSTER, "SELECT p.*, m.*, d.* " + ROSTER + " ORDER BY p.number LIMIT 50")


def sheet() -> bytes:
    """Make the workbook; everybody in it is invented."""
    rows = (
        [
            f"{number:06}",
            f"架空 {number}",
            "カクウ",
            f"p{number}@kakuu.example",
            f"架空第{number % 100}課",
            "主事",
            "正規職員",
            "2020-04-01",
        ]
        for number in range(PEOPLE)
    )
    return write_xlsx(HEAD, rows, title="名簿", sheet_name="名簿", locale="ja")


def measure(build: Path) -> Iterator[Figure]:
    """Import into an empty installation, then serve it."""
    data = fresh(build / "people")
    config = Config(data=data)
    open_house(config)
    load_rooms()
    schema.migrate()
    now = clock.now()
    first = rules.found(organisation="架空連合会", name="見本 花子", mail="h@kakuu.example", by=CONSOLE, now=now)
    by, content = actor_of(first, now), sheet()
    bare = seconds(lambda: read_sheet(content, "名簿.xlsx"))
    yield Figure("import_20k_people_s", seconds(lambda: imports.take(content, "x.xlsx", by=by, now=now)), "s", bare)
    db.close()
    connection = sqlite3.connect(data / SQLITE_FILE)
    sql = median_ms(lambda: [connection.execute(query).fetchall() for query in BARE])
    connection.close()
    with served(data, log=build / "people.log") as (origin, _):
        client = Client(origin)
        client.enter(link_for(data, origin, "officer"))
        trivial = median_ms(lambda: client.get("/health"), 100)
        page = median_ms(lambda: client.get("/people"), 50)
    yield Figure("trivial_view_ms", trivial, "ms")
    yield Figure("people_page_sql_ms", sql, "ms")
    yield Figure("people_page_ms", page, "ms", trivial + sql)
