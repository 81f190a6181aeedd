"""The rooms that ask something of people, each with its name on the list: what is open, and what was due and is over."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from isms.calendar import duties as calendar
from isms.calendar import feed
from isms.catalogue import duties as catalogue
from isms.core.words import lazy_gettext
from isms.crosschecks import duties as crosschecks
from isms.dailychecks import duties as dailychecks
from isms.evidence import duties as evidence
from isms.findings import duties as findings
from isms.mail import duties as mail
from isms.people.duties import Duty, Past
from isms.status import duties as status
from isms.todo import trail_duties


@dataclass(frozen=True)
class Asking:
    """A room that asks: `duties` and `past` each take a constant number of queries."""

    name: str
    label: Any
    duties: Callable[[date], list[Duty]]
    past: Callable[[date, date], list[Past]] | None = None


ROOMS = (
    Asking("evidence", lazy_gettext("証跡"), evidence.duties),
    Asking("status", lazy_gettext("管理策"), status.duties),
    Asking("catalogue", lazy_gettext("適用宣言書"), catalogue.duties),
    Asking("findings", lazy_gettext("指摘事項"), findings.duties, findings.past),
    Asking("calendar", lazy_gettext("年間予定"), calendar.duties, calendar.past),
    Asking("crosschecks", lazy_gettext("クロスチェック"), crosschecks.duties, crosschecks.past),
    Asking("dailychecks", lazy_gettext("日常点検"), dailychecks.duties, dailychecks.past),
    Asking("mail", lazy_gettext("送信箱"), mail.duties),
    Asking("trail", lazy_gettext("操作記録"), trail_duties.duties),
)

# one's calendar shows what the to-do shows
feed.OTHERS.append(lambda today: (duty for room in ROOMS for duty in room.duties(today)))
