"""A small organisation for the pages: two officers, decisions, evidence that stands, runs out and waits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask

from isms.audits import rules as audits
from isms.catalogue import rules as catalogue
from isms.core import clock, settings
from isms.core.database import atomic
from isms.core.permissions import CONSOLE, Actor, Role
from isms.evidence import reviews
from isms.evidence.models import Evidence
from isms.people import cookies, sessions
from isms.people.models import Person
from tests import factories
from tests.browserlike import Browserlike
from tests.evidence.proofs import EDITION, recorded

TODAY = date(2026, 11, 28)
NOW = datetime.combine(TODAY, datetime.min.time(), tzinfo=factories.NOW.tzinfo) + timedelta(hours=3)  # noon in Tokyo


class Office:
    """The two who work, and the moment that it is for the house."""

    def __init__(self) -> None:
        self.moment = NOW
        self.officer = factories.with_role(Role.OFFICER, name="見本 花子")
        self.by: Actor = factories.actor(self.officer)
        self.other: Actor = factories.actor(factories.with_role(Role.OFFICER, name="見本 次郎"))

    def decide(self, *keys: str, now: datetime = NOW - timedelta(days=200), **more: Any) -> None:
        """Decide that controls apply and are implemented, unless told otherwise."""
        said = {"applicable": True, "justification": "架空の理由", "implementation": "implemented", **more}
        for key in keys:
            catalogue.decide(EDITION, key, **said, by=self.by, now=now)

    def prove(
        self, *keys: str, ago: int = 100, lasts: int = 365, accepted: bool | None = True, **more: Any
    ) -> Evidence:
        """Record evidence so many days ago, which the other accepts an hour later."""
        now = NOW - timedelta(days=ago)
        day = settings.today(now)
        values = {"controls": [(EDITION, key) for key in keys], "collected_on": day, **more}
        made = recorded(self.by, now=now, valid_until=day + timedelta(days=lasts), **values)
        if accepted is not None:
            reviews.review(made.id, accepted=accepted, reason="架空", by=self.other, now=now + timedelta(hours=1))
        return made


@contextmanager
def at_noon() -> Iterator[Callable[[datetime], None]]:
    """Let the house's clock stand at NOW; what is given sets it."""
    shown = [NOW]
    with clock.moved(lambda: shown[0]):
        yield lambda moment: shown.__setitem__(0, moment)


def enter(house: Flask, who: Person) -> Browserlike:
    """Let a person in, at the moment that it is."""
    with atomic():
        token = sessions.begin(who.id, sessions.Visitor(), whole=True, means="password", now=clock.now())
    browser = Browserlike(house)
    browser.client.set_cookie(cookies.SIGN_IN, token)
    return browser


def auditor(*scope: str, first: date = TODAY, last: date = TODAY) -> tuple[Person, Any]:
    """Engage an auditor for these requirements, or all; gives person and engagement."""
    who = factories.with_role(Role.AUDITOR, name="検査 一郎")
    values: dict[str, Any] = {"title": "架空のサーベイランス審査", "from_day": first, "to_day": last}
    made = audits.engage(auditor_id=who.id, scope=scope, by=CONSOLE, now=factories.NOW, **values)
    return who, made
