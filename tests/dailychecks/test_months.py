"""A month closes once into evidence with its rate; after that nothing is recorded for it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from isms.core import blobs
from isms.core.errors import Conflict, Invalid
from isms.core.permissions import SYSTEM
from isms.core.sheets import read_sheet
from isms.dailychecks import jobs
from isms.dailychecks.closing import close_month, months_to_close
from isms.dailychecks.duties import duties
from isms.dailychecks.models import DailyMonth
from isms.dailychecks.rules import record
from isms.evidence.models import Evidence, EvidenceFile, EvidenceLink
from isms.people.rules import change_setting
from isms.trail import verify
from tests import races
from tests.dailychecks.setting import Setting, begin

LAST = date(2026, 10, 30)  # the last working day of October


@pytest.fixture
def there(db: Any) -> Setting:
    return begin()


def on(year: int, month: int, day: int) -> datetime:
    """Give noon of the day in Tokyo."""
    return datetime(year, month, day, 3, tzinfo=UTC)


def test_a_month_closes_on_its_fifth_working_day(there: Setting) -> None:
    record(there.daily.id, there.one.id, LAST, normal=True, by=there.actor(), now=on(2026, 10, 30))
    jobs.close_due(on(2026, 11, 6))  # 11/3 is a holiday: the fourth working day
    assert DailyMonth.select().count() == 0
    jobs.close_due(on(2026, 11, 9))
    jobs.close_due(on(2026, 11, 9))
    month = DailyMonth.get()
    assert (month.month, month.done, month.expected, month.recorded_by) == ("2026-10", 1, 42, "system")
    evidence = Evidence.get()
    assert (evidence.origin, evidence.period_from, evidence.period_to) == (
        "daily_check", date(2026, 10, 1), date(2026, 10, 31)
    )  # fmt: skip
    assert {link.key for link in EvidenceLink.select()} == {"A.7.7", "A.5.36"}
    assert "2%" in evidence.title
    assert list(verify.verify()) == []


def test_what_the_files_say(there: Setting) -> None:
    named = there.member(name="架空 花子")
    from tests.factories import actor

    record(there.daily.id, there.one.id, LAST, normal=True, by=actor(named), now=on(2026, 11, 2))
    close_month(there.daily.id, "2026-10", by=SYSTEM, now=on(2026, 11, 9))
    files = {row.name: row.sha256 for row in EvidenceFile.select()}
    assert list(files) == ["日常点検_2026-10.pdf", "日常点検_2026-10.xlsx", "日常点検_2026-10_記録.xlsx"]
    assert taken(files["日常点検_2026-10.pdf"]).startswith(b"%PDF-")
    table = cells(files["日常点検_2026-10.xlsx"])
    assert ["架空総務課", "21", "1", "4%", "1", "1", "0", "0"] in [row[:8] for row in table]
    assert ["架空審査課", "21", "0", "0%"] in [row[:4] for row in table]
    told = cells(files["日常点検_2026-10_記録.xlsx"])
    assert sum("架空 花子" in row and "後日入力" in row for row in told) == 1
    assert sum("記録なし" in row for row in told) == 41


def taken(sha256: str) -> bytes:
    with blobs.open_checked(sha256) as content:
        return b"".join(content.chunks())


def cells(sha256: str) -> list[list[str]]:
    return [[str(cell) for cell in row] for row in read_sheet(taken(sha256), "a.xlsx").rows]


def test_a_closed_month_takes_nothing_more(there: Setting) -> None:
    close_month(there.daily.id, "2026-10", by=there.officer, now=on(2026, 11, 2))
    with pytest.raises(Invalid, match="締め切られ"):
        record(there.daily.id, there.one.id, LAST, normal=True, by=there.actor(), now=on(2026, 11, 2))
    with pytest.raises(Conflict):
        close_month(there.daily.id, "2026-10", by=there.officer, now=on(2026, 11, 2))
    assert all("10/30" not in duty.note for duty in duties(date(2026, 11, 2)))


def test_a_month_that_is_not_over_stays_open(there: Setting) -> None:
    for month in ("2026-10", "2026-09", "2026-1x"):
        with pytest.raises(Invalid):
            close_month(there.daily.id, month, by=there.officer, now=on(2026, 10, 31))


def test_two_who_close_at_once_close_once(there: Setting) -> None:
    when = on(2026, 11, 9)
    results = races.race(*[lambda: close_month(there.daily.id, "2026-10", by=SYSTEM, now=when)] * 2)
    assert races.won(results) == 1 and sum(isinstance(one, Conflict) for one in results) == 1
    assert DailyMonth.select().count() == Evidence.select().count() == 1


def test_months_that_were_left_close_in_order(there: Setting) -> None:
    change_setting("daily_close_day", "1", by=there.officer, now=on(2026, 10, 1))
    assert [month for _, month in months_to_close(on(2027, 1, 4))] == ["2026-10", "2026-11", "2026-12"]
    jobs.close_due(on(2027, 1, 4))
    assert [row.month for row in DailyMonth.select().order_by(DailyMonth.id)] == ["2026-10", "2026-11", "2026-12"]
