"""What the laws about pages need of every room: an id for each name in an address, and plenty of everything.

A room adds its ids to `examples` and its rows to `plenty`; a route whose names nobody knows breaks the law.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from isms.core import clock
from isms.core.database import atomic
from isms.core.permissions import Actor, Role
from isms.exports import jobs
from isms.exports.models import ExportJob
from isms.mail import rules as mail
from isms.people import accounts, previews, rules, sessions
from isms.people.models import Headship, Person
from isms.trail import redactions
from isms.trail.rules import head_number
from tests import factories
from tests.laws import calendar_rows, campaign_rows, daily_rows, proof_rows, visit_rows

SHEET = "職員番号,氏名\n00007,架空 七子\n".encode()
ALL_ROLES = [role for role in Role if role not in (Role.STAFF, Role.HEAD)]


@dataclass(frozen=True)
class Example:
    """Somebody with every role, and a value for each name that stands in an address."""

    who: Person
    ids: dict[str, Any]

    def fits(self, rule: Rule) -> bool:
        """Tell whether all names of the route are known."""
        return self.unknown(rule) == set()

    def unknown(self, rule: Rule) -> set[str]:
        """Give the names of the route that no room has told."""
        return {name for name in rule.arguments if f"{rule.endpoint} {name}" not in self.ids and name not in self.ids}

    def values(self, rule: Rule, *, strange: bool = False) -> dict[str, Any]:
        """Give the values for the route; with `strange`, numbers of things that are not there."""
        known = {name: self.ids.get(f"{rule.endpoint} {name}", self.ids.get(name)) for name in rule.arguments}
        return {n: 987654321 if strange and isinstance(v, int) else v for n, v in known.items()}


def examples() -> Example:
    """Make one of everything that an address can name; `endpoint name` goes before `name`."""
    who = factories.person(roles=ALL_ROLES)
    by, now = factories.actor(who), clock.now()
    department = factories.department()
    rules.set_heads(who.id, [department.id], from_day=who.from_day, by=by, now=now)
    entry = head_number()
    redactions.propose_redaction(entry, reason="架空の理由", by=by, now=now)
    with atomic():
        sessions.begin(who.id, sessions.Visitor(), whole=True, means="password", now=now)
    ids: dict[str, Any] = {
        "person_id": who.id,
        "department_id": department.id,
        "preview_id": previews.keep("people", "架空.csv", SHEET, by=by, now=now).id,
        "session_id": sessions.living(who.id, now)[0].id,
        "no": entry,
        "job_id": jobs.ask(first=date(2026, 4, 1), last=date(2026, 4, 30), by=by, now=now).id,
        "role": Role.APPROVER.value,
        "settings.edit name": "timezone",
        "token": "no-such-token",
        "mail_id": _mail(who),
        **proof_rows.ids(by),
        **calendar_rows.ids(by, department.id),
        **daily_rows.ids(by, department.id),
        **visit_rows.ids(by, department.id),
        **campaign_rows.ids(by, department.id),
    }
    return Example(who, ids)


def plenty(number: int, one: Example) -> None:
    """Make so many of everything, also of what belongs to the example's things."""
    by, now = factories.actor(one.who), clock.now()
    proof_rows.more(number, by, one.ids)
    calendar_rows.more(number, by, one.ids)
    daily_rows.more(number, by, one.ids)
    visit_rows.more(number, by, one.ids)
    campaign_rows.more(number, by, one.ids)
    for _ in range(number):
        _people(by, one)
        ExportJob.create(person=one.who.id, kind="pack", arguments="{}", state="failed", made_at=now)
        with atomic():
            sessions.begin(one.who.id, sessions.Visitor(), whole=True, means="password", now=now)
        redactions.propose_redaction(head_number(), reason="架空の理由", by=by, now=now)
        _mail(one.who)


def _mail(who: Person) -> int:
    """Lay a mail into the outbox; gives its id."""
    key, now = secrets.token_hex(8), clock.now()
    with atomic():
        made = mail.put(kind="urgent", key=key, person_id=who.id, subject="架空の件", body="本文", now=now)
    assert made is not None
    return int(made.id)


def _people(by: Actor, one: Example) -> None:
    department = factories.department()
    made = factories.person(department_id=department.id, position="主任")
    accounts.grant_role(made.id, Role.APPROVER, by=by, now=factories.NOW)
    heads = Headship.select(Headship.department).where(Headship.person == one.who).tuples()
    wanted = {department.id, *(department_id for (department_id,) in heads)}
    rules.set_heads(one.who.id, wanted, from_day=one.who.from_day, by=by, now=factories.NOW)


def routes(app: Flask, method: str) -> Iterable[Rule]:
    """Give the routes that take the method, without the static files, by address."""
    found = (rule for rule in app.url_map.iter_rules() if method in (rule.methods or ()) and rule.endpoint != "static")
    return sorted(found, key=lambda rule: (rule.rule, rule.endpoint))
