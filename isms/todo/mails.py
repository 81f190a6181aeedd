"""One mail a day instead of one per event: what is late, due today or new within a week; and at once what is urgent.

A person gets the digest on working days, in their own language, when something is late, due today, or stands in none
of the digests of the last two weeks. It names titles and days alone: mails are read on the way.
"""

from datetime import date, datetime, timedelta

from isms.calendar import working
from isms.core import settings
from isms.core.database import atomic
from isms.core.days import start_of_day
from isms.core.look import day_with_weekday
from isms.core.permissions import Role
from isms.core.unchanged import Kept
from isms.core.words import gettext, lazy_gettext, ngettext, speaking
from isms.findings.models import Finding
from isms.mail import rules as mail
from isms.mail import transport
from isms.mail.models import Mail
from isms.people.models import Person
from isms.todo import rules
from isms.todo.rules import Task
from isms.todo.staffing import Staffing, staffing

AHEAD = 7  # days
REMEMBERED = timedelta(days=14)
URGENT = timedelta(days=2)  # what was recorded before was told


def read_quiet_days(text: str) -> list[str]:
    """Read days of the week on which no digest goes; raises Invalid for what is none, or when none is left."""
    return working.read_weekend(text) if text.strip() else []


settings.declare(
    "digest_hour",
    8,
    lazy_gettext("お知らせのメールを送る時刻"),
    lazy_gettext("この時刻になると、期限の近い仕事のある人へ1日に1通のメールを送ります。0 から 23 まで。"),
    settings.whole_number(0, 23),
)
settings.declare(
    "digest_quiet_days",
    [],
    lazy_gettext("お知らせのメールを送らない曜日"),
    lazy_gettext("休日のほかに、お知らせを送らない曜日です。空なら、働く日には毎日送ります。"),
    read_quiet_days,
    write=" ".join,
    choices=tuple(working.WEEKDAYS.items()),
)


_written: Kept[set[date]] = Kept(set)  # days for which nothing new is to be told until the trail grows


def tell(now: datetime) -> None:
    """Write what is urgent, and once the hour has come on a working day, the digests of the day."""
    _tell_urgent(now)
    today, written = settings.today(now), _written.get()
    due = now.astimezone(settings.zone()).hour >= settings.get("digest_hour")
    if due and today not in written and _is_day(today):
        write_digests(now)
        written.add(today)


def _is_day(today: date) -> bool:
    quiet = {list(working.WEEKDAYS).index(name) for name in settings.get("digest_quiet_days")}
    return today.weekday() not in quiet and working.is_working(today)


def write_digests(now: datetime) -> int:
    """Lay today's digests into the outbox, each in a transaction of its own; gives how many. No more queries for more people.

    Whoever had one today gets none: the key of a mail is unique, whatever processes do at once.
    """
    today, staff = settings.today(now), staffing(now)
    had, told = _told(now, today)
    written = 0
    for locale, persons in _by_language(staff, had).items():
        with speaking(locale):
            tasks = rules.everything(now, staff)
            for person in persons:
                mine = [task for task in rules.of_person(tasks, person.id) if task.days_left(today) <= AHEAD]
                if any(_is_reason(task, today, told.get(person.id, "")) for task in mine):
                    written += _write(person, mine, now, today)
    return written


def _told(now: datetime, today: date) -> tuple[set[int], dict[int, str]]:
    """Give who had a digest today already, and what each was told in the last two weeks; one query."""
    rows = Mail.select(Mail.person, Mail.made_at, Mail.body).where(
        Mail.kind == "digest", Mail.made_at > now - REMEMBERED
    )
    begin = start_of_day(today, settings.zone())
    had: set[int] = set()
    told: dict[int, str] = {}
    for person_id, made_at, body in rows.tuples():
        told[person_id] = told.get(person_id, "") + body
        if made_at >= begin:
            had.add(person_id)
    return had, told


def _by_language(staff: Staffing, had: set[int]) -> dict[str, list[Person]]:
    given: dict[str, list[Person]] = {}
    for person in staff.people.values():
        if person.mail and person.id not in had:
            given.setdefault(person.locale, []).append(person)
    return given


def _is_reason(task: Task, today: date, told: str) -> bool:
    if task.duty.routine and task.days_left(today) >= 0:
        return False
    return task.days_left(today) <= 0 or _line(task) not in told


def _line(task: Task) -> str:
    private = task.duty.private
    title = task.title.replace(f" {private}", "") if private else task.title
    return gettext("・%(day)s　%(title)s", day=day_with_weekday(task.duty.due), title=title)


def _write(person: Person, tasks: list[Task], now: datetime, today: date) -> bool:
    late = sum(task.days_left(today) < 0 for task in tasks)
    subject = ngettext("やること %(num)s件", "やること %(num)s件", len(tasks))
    if late:
        subject += ngettext("（期限を過ぎたもの %(num)s件）", "（期限を過ぎたもの %(num)s件）", late)
    key = f"digest {person.id} {today}"
    with atomic():
        body = _body(tasks, today)
        return mail.put(kind="digest", key=key, person_id=person.id, subject=subject, body=body, now=now) is not None


def _body(tasks: list[Task], today: date) -> str:
    parts = (
        (gettext("期限を過ぎたもの"), [task for task in tasks if task.days_left(today) < 0]),
        (gettext("今日まで"), [task for task in tasks if task.days_left(today) == 0]),
        (gettext("7日以内"), [task for task in tasks if task.days_left(today) > 0]),
    )
    lines: list[str] = []
    for head, some in parts:
        if some:
            lines += [head, *map(_line, some), ""]
    return "\n".join([*lines, gettext("くわしくはこちら："), f"{transport.config().base_url}/todo", ""])


def _tell_urgent(now: datetime) -> None:
    """Tell the heads of the department and the officers at once of every major nonconformity of the last days."""
    recorded = (Finding.recorded_at > now - URGENT) & (Finding.recorded_at <= now)
    first = settings.today(now) - REMEMBERED  # older ones come in from a ledger
    new = list(Finding.select().where(Finding.grade == "major", recorded, Finding.opened_on >= first))
    if not new:
        return
    staff = staffing(now)
    told = {
        key for (key,) in Mail.select(Mail.key).where(Mail.kind == "urgent", Mail.made_at > now - 2 * URGENT).tuples()
    }
    for finding in new:
        for person_id in sorted(_concerned(finding, staff)):
            if f"urgent finding {finding.id} {person_id}" not in told:
                _write_urgent(finding, staff.people[person_id], staff, now)


def _concerned(finding: Finding, staff: Staffing) -> frozenset[int]:
    return staff.roles.get(Role.OFFICER, frozenset()) | staff.heads.get(finding.department_id or 0, frozenset())


def _write_urgent(finding: Finding, person: Person, staff: Staffing, now: datetime) -> None:
    with speaking(person.locale), atomic():
        department = staff.departments.get(finding.department_id or 0)
        place = gettext("（%(department)s）", department=department.name) if department else ""
        said = gettext("重大な不適合 %(ref)s%(place)sが登録されました。", ref=finding.ref, place=place)
        address = f"{transport.config().base_url}/findings/{finding.id}"
        mail.put(
            kind="urgent",
            key=f"urgent finding {finding.id} {person.id}",
            person_id=person.id,
            subject=gettext("至急：重大な不適合 %(ref)s", ref=finding.ref),
            body="\n".join([said, gettext("内容を確かめ、対応を始めてください。"), "", address, ""]),
            now=now,
        )
