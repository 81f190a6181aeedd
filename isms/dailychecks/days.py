"""A day of a check over all departments: who recorded it, and what is particular about that."""

from datetime import date

from isms.calendar import rules as calendar
from isms.core.database import among
from isms.core.words import gettext
from isms.dailychecks.expected import duties_on
from isms.dailychecks.models import DailyCheck, DailyDuty, DailyRecord
from isms.people.models import Person


def controls_of(daily: DailyCheck, day: date | None = None) -> list[tuple[str, str]]:
    """Give the requirements (edition, key) that the check proves: as entered, or in the edition of a day."""
    entered = calendar.controls_of(daily.schedule)
    return entered if day is None else calendar.controls_on(daily.schedule, day) or entered


def standing_on(day: date) -> list[tuple[DailyDuty, DailyRecord | None, DailyRecord | None]]:
    """Give each department's part in each check on the day, with its first and its newest record; two queries."""
    parts = list(duties_on(day).order_by(DailyDuty.daily, DailyDuty.department))
    rows: dict[tuple[int, int], list[DailyRecord]] = {}
    query = (
        DailyRecord.select(DailyRecord, Person)
        .join(Person)
        .where(
            among(DailyRecord.daily, {part.daily_id for part in parts}),
            among(DailyRecord.department, {part.department_id for part in parts}),
            DailyRecord.day == day,
        )
    )
    for row in query.order_by(DailyRecord.id):
        rows.setdefault((row.daily_id, row.department_id), []).append(row)
    given = [(part, rows.get((part.daily_id, part.department_id), [])) for part in parts]
    return [(part, found[0] if found else None, found[-1] if found else None) for part, found in given]


def marks(first: DailyRecord, newest: DailyRecord) -> str:
    """Say what is particular about a day's record: 代理, 後日入力, 遅れ, 訂正あり."""
    said = [
        gettext("代理") if first.deputy else "",
        gettext("後日入力") if first.backfilled else gettext("遅れ") if first.late else "",
        gettext("訂正あり") if newest.id != first.id else "",
    ]
    return gettext("・").join(one for one in said if one)
