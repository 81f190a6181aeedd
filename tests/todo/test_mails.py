"""One digest a day at most, on working days, of what is late, due today or new; what is urgent at once, and once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from isms.core.permissions import CONSOLE, Role
from isms.findings import rules as findings
from isms.mail.models import Mail
from isms.people import rules as people
from isms.todo import mails
from tests import factories
from tests.evidence.proofs import A51, officer, recorded
from tests.laws.test_queries import counting
from tests.races import race

RECORDED = datetime(2026, 11, 18, 5, 0, tzinfo=UTC)  # a Wednesday afternoon in Tokyo; to be reviewed by the 25th
TITLE = "証跡「架空の点検記録」を確認する"


def at(day: int, hour: int = 8, minute: int = 0, month: int = 11) -> datetime:
    """Give a moment of 2026 by Tokyo's clock."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=9)


@pytest.fixture
def reviewer(db: Any) -> int:
    """Let an evidence wait for the review of one person; gives who."""
    recorded(officer(mail=None), now=RECORDED)
    return officer(mail="kakunin@example.example").person_id or 0


def days_told() -> list[date]:
    """Give the days of the digests, in Tokyo, in order."""
    return [
        (one.made_at + timedelta(hours=9)).date()
        for one in Mail.select().where(Mail.kind == "digest").order_by(Mail.id)
    ]


def test_a_digest_when_the_hour_has_come_and_once(reviewer: int) -> None:
    mails.tell(at(19, 7, 59))
    assert days_told() == []
    for minute in range(3):
        mails.tell(at(19, 8, minute))
    mail = Mail.get()
    assert (mail.person_id, mail.subject) == (reviewer, "やること 1件")
    assert mail.body == (
        f"7日以内\n・2026年11月25日（水）　{TITLE}\n\nくわしくはこちら：\nhttp://127.0.0.1:8000/todo\n"
    )


def test_what_was_told_is_told_again_only_on_its_day_and_when_late(reviewer: int) -> None:
    """Weekends, and 勤労感謝の日 on Monday the 23rd, go without."""
    for day in range(19, 31):
        for hour in (8, 12, 20):
            mails.tell(at(day, hour))
    assert days_told() == [date(2026, 11, day) for day in (19, 25, 26, 27, 30)]
    last = Mail.select().order_by(Mail.id.desc()).first()
    assert last.subject == "やること 1件（期限を過ぎたもの 1件）"
    assert last.body.startswith("期限を過ぎたもの\n・2026年11月25日")


def test_after_days_off_only_the_days_own_digest(reviewer: int) -> None:
    mails.tell(at(19))
    mails.tell(at(4, 9, month=12))
    assert days_told() == [date(2026, 11, 19), date(2026, 12, 4)]


def test_what_is_new_is_told_though_something_was_told_before(reviewer: int) -> None:
    mails.tell(at(19))
    recorded(officer(mail=None), now=at(19, 10), title="架空のもう一つの記録")
    mails.tell(at(19, 11))
    assert len(days_told()) == 1
    mails.tell(at(20))
    assert days_told()[1:] == [date(2026, 11, 20)]
    assert "証跡2件を確認する" in Mail.select().order_by(Mail.id.desc()).first().body


def test_no_digest_on_a_quiet_day(reviewer: int) -> None:
    people.change_setting("digest_quiet_days", "thu", by=CONSOLE, now=RECORDED)
    people.change_setting("digest_hour", "10", by=CONSOLE, now=RECORDED)
    mails.tell(at(19, 10))
    mails.tell(at(20, 9, 59))
    assert days_told() == []
    mails.tell(at(20, 10))
    assert days_told() == [date(2026, 11, 20)]


def test_no_digest_without_an_address_or_for_who_left(reviewer: int) -> None:
    officer(mail=None)
    gone = factories.with_role(Role.OFFICER, to_day=date(2026, 11, 18))
    mails.tell(at(19))
    assert [one.person_id for one in Mail.select()] == [reviewer]
    assert gone.mail


def test_a_digest_says_no_more_of_a_finding_than_its_number(db: Any) -> None:
    head = factories.with_role(Role.HEAD)
    place, due = min(factories.actor(head).heads), date(2026, 11, 24)
    found = open_major(place, at(18, 12), grade="minor", title="架空の弱点", due=due)
    mails.tell(at(19))
    mail = Mail.get(Mail.person == head.id)
    assert f"・2026年11月24日（火）　{found.ref}：回答" in mail.body
    assert "弱点" not in mail.body + mail.subject


def test_each_reads_their_own_language(reviewer: int) -> None:
    english = officer(locale="en").person_id
    mails.tell(at(19))
    mail = Mail.get(Mail.person == english)
    assert mail.subject == "1 thing to do"
    assert "Within 7 days\n・2026-11-25 (Wed)　Review the evidence “架空の点検記録”" in mail.body


def test_processes_at_once_write_one_each(reviewer: int) -> None:
    for _ in range(5):
        officer()
    race(*[lambda: mails.write_digests(at(19)) for _ in range(4)])
    told = [one.person_id for one in Mail.select()]
    assert len(told) == len(set(told)) == 6


@pytest.mark.parametrize("engine", ["sqlite"])
def test_more_people_are_not_asked_for_one_by_one(reviewer: int) -> None:
    asked: list[list[str]] = [[], []]
    for turn, day in enumerate((26, 27)):
        with counting(asked[turn]):
            mails.write_digests(at(day))
        for _ in range(10):
            officer()
    reading = [[sql for sql in one if sql.startswith("SELECT") and '"mail"' not in sql] for one in asked]
    per_mail = 1  # the person's address, inside the transaction that lays the mail
    assert len(reading[1]) - len(reading[0]) <= 10 * per_mail


def open_major(department_id: int | None, now: datetime, grade: str = "major", **more: Any) -> Any:
    """Open a finding, a major one unless told."""
    values: dict[str, Any] = {"title": "架空の不適合", "controls": [A51], "opened_on": now.date(), **more}
    return findings.open_finding(grade=grade, department_id=department_id, by=CONSOLE, now=now, **values)


def test_a_major_nonconformity_is_told_at_once_and_once(db: Any) -> None:
    head, other = factories.with_role(Role.HEAD), factories.with_role(Role.HEAD)
    by = factories.actor(head)
    office = officer()
    found = open_major(min(by.heads), at(21, 22))  # a Saturday night
    open_major(min(by.heads), at(21, 22), grade="minor")
    open_major(None, at(21, 22), opened_on=date(2020, 1, 1))  # taken over from a ledger
    for hour in (22, 23):
        mails.tell(at(21, hour, 1))
    told = {one.person_id: one for one in Mail.select().where(Mail.kind == "urgent")}
    assert set(told) == {head.id, office.person_id} and other.id not in told
    assert told[head.id].subject == f"至急：重大な不適合 {found.ref}"
    assert "架空の不適合" not in told[head.id].body
    assert f"/findings/{found.id}" in told[head.id].body
    mails.tell(at(30))
    assert Mail.select().where(Mail.kind == "urgent").count() == 2
