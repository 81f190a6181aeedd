"""What the statement of applicability asks of people: to be approved, to be issued anew when it was returned."""

from datetime import date

from isms.catalogue import statements
from isms.catalogue.models import Statement
from isms.core import settings
from isms.core.days import local_day
from isms.core.permissions import Role
from isms.core.words import gettext
from isms.people.duties import Duty, person_ids, response_due


def duties(today: date) -> list[Duty]:
    """Give what the newest version waits for; one query."""
    newest = statements.statements().order_by(Statement.number.desc()).first()
    state = "approved" if newest is None else statements.state_of(newest)
    if state == "approved":
        return []
    to_approve = state == "waiting"
    asked = newest.recorded_at if to_approve else newest.word.recorded_at
    if to_approve:
        title = gettext("適用宣言書 第%(number)s版を承認する", number=newest.number)
    else:
        title = gettext("差し戻された適用宣言書 第%(number)s版を直す", number=newest.number)
    return [
        Duty(
            key=f"statement:{newest.number}",
            title=title,
            due=response_due(local_day(asked, settings.zone())),
            endpoint="statements.statement",
            values={"number": newest.number},
            roles=frozenset({Role.APPROVER}) if to_approve else frozenset(),
            persons=frozenset() if to_approve else person_ids(newest.recorded_by),
            but=person_ids(newest.recorded_by) if to_approve else frozenset(),
        )
    ]
