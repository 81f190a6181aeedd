"""What may be asked for: a document, the day, what was known; and the one who asks at the console."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from isms.audits import rules as audits
from isms.core.days import Span
from isms.core.durable import durably
from isms.core.errors import Forbidden, Invalid, NotFound
from isms.core.permissions import CONSOLE, Actor, Permission, Role, Scope, scopes_of
from isms.core.words import gettext
from isms.exports import statement, status
from isms.status import rules as states
from isms.status.rules import Known

FORMATS = ("json", "csv", "xlsx", "pdf")
Kind = Literal["status", "soa"]


@dataclass(frozen=True)
class Order:
    """A document in a format, as of a day."""

    kind: Kind
    day: date
    format: str = "json"
    known: Known = "then"

    @property
    def filename(self) -> str:
        """Give the name under which it is kept."""
        return f"{self.kind}-{self.day.isoformat()}.{self.format}"


def period(first: date, last: date) -> Span:
    """Give the period, whose last day must not come before its first."""
    if last < first:
        raise Invalid({"last": gettext("終わりの日が始まりの日より前です。")})
    return Span(first, last)


def not_ahead(asked: Span, today: date) -> None:
    """Refuse a period that is not over."""
    if asked.last > today:
        raise Invalid({"last": gettext("先の日までの監査パックは作れません。今日までの日付を入力してください。")})


def is_engaged(by: Actor) -> bool:
    """Tell whether there is anything that the actor may take along: an auditor needs an engagement of today."""
    return Scope.ALL in scopes_of(by, Permission.EXPORTS_TAKE) or by.coverage is not None


def must_be_engaged(by: Actor) -> None:
    """Refuse an auditor without an engagement."""
    if not is_engaged(by):
        raise Forbidden(gettext("閲覧できる委嘱がありません。"))


def console(engagement_id: int | None = None) -> Actor:
    """Give who asks at the console: sees what the officers see, or what the engagement covers."""
    if engagement_id is None:
        return replace(CONSOLE, roles=frozenset({Role.OFFICER}))
    try:
        covered = audits.coverage_of([audits.get_engagement(engagement_id)])
    except NotFound as error:
        raise Invalid(gettext("委嘱 %(number)s はありません。", number=engagement_id)) from error
    return replace(CONSOLE, roles=frozenset({Role.AUDITOR}), coverage=covered)


def made(order: Order, *, by: Actor, now: datetime) -> bytes:
    """Make the document as far as the actor may see it."""
    must_be_engaged(by)
    if order.kind == "soa":
        return statement.FORMATS[order.format](statement.told(by, order.day, now=now))
    return status.FORMATS[order.format](states.report_for(by, order.day, order.known, now))


def write(file: Path, content: bytes) -> None:
    """Write a document where it was asked for."""
    with durably(file) as target:
        target.write(content)
