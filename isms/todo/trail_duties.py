"""What the trail asks of people: details that came in by mistake, to be destroyed by a second person."""

from datetime import date

from isms.core import settings
from isms.core.days import local_day
from isms.core.permissions import Role
from isms.core.words import gettext, ngettext
from isms.people.duties import Duty, person_ids, response_due
from isms.trail import redactions


def duties(today: date) -> list[Duty]:
    """Give the redactions that wait for another person than who proposed them; one query."""
    return [
        Duty(
            key=f"redact:{no}",
            title=gettext("操作記録 第%(number)s号の内容の消去を確かめる", number=no),
            due=response_due(local_day(proposal.at, settings.zone())),
            endpoint="trail.proposals",
            roles=frozenset({Role.APPROVER}),
            but=person_ids(proposal.actor),
            several=lambda num: ngettext(
                "操作記録%(num)s件の内容の消去を確かめる", "操作記録%(num)s件の内容の消去を確かめる", num
            ),
        )
        for no, proposal in redactions.open_redactions()
    ]
