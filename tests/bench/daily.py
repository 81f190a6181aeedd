"""The heat map of daily checks: 12 departments over five years, beside the bare SQL of the very same page.

Bare are the statements that one load of the page sends, whatever they are for (who asks, the settings, the figures),
sent once more to the same file without anything around them. The first figure is a load after something was recorded,
which counts the records of all years anew; the second a load that finds nothing recorded since and counts nothing.
What every page shows (the menu with its counts) another page has asked for before, so that the map alone is measured.
"""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from peewee import chunked

from config import Config
from isms import create_app, load_rooms, open_house, trail
from isms.calendar.working import working_days
from isms.checklists import rules as checklists
from isms.core import clock, schema
from isms.core.database import SQLITE_FILE, atomic, db
from isms.core.permissions import CONSOLE, Actor
from isms.dailychecks import checks
from isms.dailychecks.models import DailyCheck, DailyRecord
from isms.people import departments, rules
from isms.people.actors import actor_of
from isms.people.roster import get_person_by_role
from tests.bench.measure import Client, Figure, fresh, link_for, median_ms, seconds, served
from tests.factories import signed_in

DEPARTMENTS, YEARS, LOADS = 12, 5, 20
CONTROLS = [("iso27001-2022", "A.7.7")]
ADDRESS, ELSEWHERE = "/daily/map", "/account"
Sent = list[tuple[str, Any]]


def measure(build: Path) -> Iterator[Figure]:
    """Build the records, then load the heat map after a record was added and without one."""
    data = fresh(build / "daily")
    daily, by = begin(data)
    number = fill(daily, by)
    db.close()
    yield Figure("daily_records", number, "records")
    sent = statements(data)
    with served(data, log=build / "daily.log") as (origin, _):
        client = Client(origin)
        client.enter(link_for(data, origin, "officer"))
        pairs = [(bare_ms(data, sent), after_a_record(data, client, turn)) for turn in range(LOADS)]
        bare = median(one for one, _ in pairs)
        yield Figure("heat_map_ms", median(page for _, page in pairs), "ms", bare)
        yield Figure("heat_map_again_ms", median_ms(lambda: client.get(ADDRESS), LOADS), "ms", bare)


def begin(data: Path) -> tuple[DailyCheck, Actor]:
    """Found an installation with a daily check in all departments; all of it is invented."""
    config = Config(data=data)
    open_house(config)
    load_rooms()
    schema.migrate()
    now = clock.now() - timedelta(days=YEARS * 365)
    begun = now.date()
    first = rules.found(organisation="架空連合会", name="見本 花子", mail="h@kakuu.example", by=CONSOLE, now=now)
    by = actor_of(first, now)
    places = [
        departments.add_department(name=f"架空第{n}課", from_day=begun, by=by, now=now) for n in range(DEPARTMENTS)
    ]
    made = checklists.add_checklist(title="架空の点検表", purpose="daily", by=by, now=now)
    checklists.add_item(checklists.newest_version(made.id).id, title="机の上", by=by, now=now)
    daily = checks.add_check(
        title="架空の日常点検", checklist_id=made.id, controls=CONTROLS,
        department_ids=[place.id for place in places], from_day=begun, by=by, now=now,
    )  # fmt: skip
    return daily, by


def fill(daily: DailyCheck, by: Actor) -> int:
    """Record most days of every department, a few of them twice; gives how many records there are."""
    rows = []
    for duty in daily.duties:
        for count, day in enumerate(working_days(daily.from_day, clock.now().date() - timedelta(days=1))):
            if (count * 7 + duty.department_id) % 23:
                rows += [_row(daily, duty.department_id, day, by)] * (2 if count % 40 == 0 else 1)
    for batch in chunked(rows, 2000):
        _add(list(batch), by)
    return len(rows)


def _row(daily: DailyCheck, department_id: int, day: date, by: Actor) -> dict[str, Any]:
    at = datetime.combine(day, time(0, 30), UTC)
    values = {"daily": daily.id, "department": department_id, "day": day, "normal": True, "person": by.person_id}
    return {**values, "recorded_at": at, "recorded_by": by.id}


def _add(rows: list[dict[str, Any]], by: Actor) -> None:
    with atomic():
        last = DailyRecord.select(DailyRecord.id).order_by(DailyRecord.id.desc()).limit(1).scalar() or 0
        for batch in chunked(rows, 200):
            DailyRecord.insert_many(batch).execute()
        made = DailyRecord.select().where(DailyRecord.id > last).order_by(DailyRecord.id)
        changes = [trail.Change("daily_record.made", row, {"before": None, "after": row.plain()}) for row in made]
        trail.record_many(by, changes, clock.now())


def statements(data: Path) -> Sent:
    """Give the statements of a load of the page after something was recorded."""
    app = create_app(Config(data=data))
    browser = signed_in(app, get_person_by_role("officer", clock.now()))
    change(0)
    browser.get(ELSEWHERE)
    sent = _sent(lambda: browser.get(ADDRESS))
    db.close()
    return sent


def _sent(load: Callable[[], Any]) -> Sent:
    database: Any = db.obj
    real, sent = database.execute_sql, []

    def execute_sql(sql: str, params: Any = None, *more: Any) -> Any:
        sent.append((sql, params or ()))
        return real(sql, params, *more)

    database.execute_sql = execute_sql
    load()
    del database.execute_sql
    return [(sql, params) for sql, params in sent if sql.startswith("SELECT")]


def bare_ms(data: Path, sent: Sent) -> float:
    """Send the statements once more, to a connection that has been warmed as the server's is; in milliseconds."""
    connection = sqlite3.connect(data / SQLITE_FILE)

    def send() -> None:
        for sql, params in sent:
            connection.execute(sql, params).fetchall()

    took = median_ms(send, 3)
    connection.close()
    return took


def after_a_record(data: Path, client: Client, turn: int) -> float:
    """Load the page once after something was recorded, so that no figure that was kept can be used; in milliseconds."""
    open_house(Config(data=data))
    change(turn + 1)
    db.close()
    client.get(ELSEWHERE)
    return seconds(lambda: client.get(ADDRESS)) * 1000


def change(turn: int) -> None:
    """Record something."""
    rules.change_setting("expiry_warning_days", str(31 + turn % 2), by=CONSOLE, now=clock.now())
