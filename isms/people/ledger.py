"""The register of people, as `imports` reads it: everybody on record, with their last place; roles are not in it."""

from datetime import datetime

from isms.core.sheets import write_xlsx
from isms.core.words import gettext, locale
from isms.people.import_rows import HEADERS
from isms.people.models import Department, Membership, Person
from isms.people.words import EMPLOYMENT

FIELDS = ("number", "name", "kana", "mail", "department", "position", "employment", "from_day", "to_day")


def write(now: datetime) -> bytes:
    """Give the people as xlsx, in the order of their numbers."""
    places = {
        row.person_id: row
        for row in Membership.select(Membership, Department)
        .join(Department)
        .order_by(Membership.from_day, Membership.id)
    }
    rows = []
    for one in Person.select().order_by(Person.number):
        place = places.get(one.id)
        rows.append(
            [
                one.number,
                one.name,
                one.kana,
                one.mail,
                place.department.name if place else None,
                place.position if place else None,
                str(EMPLOYMENT[one.employment]) if locale() == "ja" else one.employment,
                one.from_day,
                one.to_day,
            ]
        )
    japanese = locale() == "ja"
    heads = [HEADERS[f][0] if japanese else next(n for n in HEADERS[f] if n.isascii()) for f in FIELDS]
    title = gettext("職員名簿")
    return write_xlsx(heads, rows, title=title, sheet_name=title, locale=locale())
