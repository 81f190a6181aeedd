"""The decisions in force, as `imports` reads them."""

from datetime import datetime

from isms.catalogue import rules
from isms.catalogue.editions import Kind
from isms.catalogue.import_rows import HEADERS
from isms.catalogue.words import APPLICABLE, IMPLEMENTATION
from isms.core import settings
from isms.core.sheets import write_xlsx
from isms.core.words import gettext, locale


def write(now: datetime) -> bytes:
    """Give the decisions in force today as xlsx, in the order of the standard."""
    day = settings.today(now)
    edition = rules.edition_on(day)
    said = rules.decisions_on(edition.id, day)
    japanese = locale() == "ja"
    rows = [
        [
            one.spelled,
            str(APPLICABLE[made.applicable]) if japanese else ("no", "yes")[made.applicable],
            made.justification,
            str(IMPLEMENTATION[made.implementation]) if japanese else made.implementation,
            made.owner.mail or made.owner.number if made.owner else None,
            made.from_day,
            made.note,
        ]
        for one in edition.of_kind(Kind.CONTROL)
        if (made := said.get(one.key)) is not None
    ]
    names = [HEADERS[field] for field in FIELDS]
    heads = [spellings[0] if japanese else next(n for n in spellings if n.isascii()) for spellings in names]
    title = gettext("管理策の決定")
    return write_xlsx(heads, rows, title=title, sheet_name=title, locale=locale())


FIELDS = ("control", "applicable", "justification", "implementation", "owner", "from_day", "note")
