"""What the pages of a visit show: every item with its answer, photos, and what stands beside it; queries stay constant."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from isms.catalogue.wording import adapted
from isms.checklists import beside
from isms.checklists.models import ChecklistItem
from isms.checklists.rules import controls_of
from isms.core import settings
from isms.core.words import gettext
from isms.crosschecks import answers, photos, visits
from isms.crosschecks.models import Answer, AnswerFinding, Visit, VisitPhoto
from isms.crosschecks.visit_words import said
from isms.trail.kinds import names


@dataclass
class Row:
    """An item of a visit with all that belongs to it; `number` counts from 1."""

    number: int
    item: ChecklistItem
    answer: Answer | None
    who: str
    photos: list[VisitPhoto]
    opened: AnswerFinding | None
    form: Any = None
    beside: list[tuple[str, str]] = field(default_factory=list)
    other: dict[str, Any] | None = None  # an answer that came meanwhile
    linked: bool = False  # whether the reader may open the finding

    @property
    def words(self) -> str:
        """Say what was answered; empty for nothing yet."""
        return "" if self.answer is None else said(self.answer.value, self.item)

    @property
    def changed_since(self) -> bool:
        """Tell whether the answer is no 否 any more though it has become a finding."""
        return self.opened is not None and not visits.is_ng(self.item, self.answer)

    @property
    def controls(self) -> str:
        """Name the controls that the item is about."""
        found = [adapted(edition).find(key) for edition, key in controls_of(self.item)]
        return gettext("、").join(f"{one.spelled} {one.title}" for one in found if one is not None)


def rows_of(visit: Visit) -> list[Row]:
    """Give the items of a visit in order."""
    answered, taken, opened = answers.answers_of(visit.id), photos.photos_of(visit.id), visits.findings_of(visit.id)
    who = names({one.recorded_by for one in answered.values()})
    rows = []
    for number, item in enumerate(visits.items(visit), 1):
        answer = answered.get(item.id)
        name = who[answer.recorded_by] if answer else ""
        rows.append(Row(number, item, answer, name, taken.get(item.id, []), opened.get(item.id)))
    return rows


def lay_beside(visit: Visit, rows: list[Row], now: datetime) -> None:
    """Lay beside each item the figure that it asks for, and what was answered last time."""
    before, today = answers.last_time(visit), settings.today(now)
    figures = {
        name: (beside.label(name), beside.figure(name, visit.checked_id, today))
        for name in {row.item.beside for row in rows if row.item.beside}
    }
    for row in rows:
        label, figure = figures.get(row.item.beside, ("", None))
        if figure is not None:
            row.beside.append((label, figure))
        if row.item.title in before:
            row.beside.append((gettext("前回のこの項目"), before[row.item.title]))


def other_answer(answer: Answer, item: ChecklistItem) -> dict[str, Any]:
    """Tell of an answer that came meanwhile what both the page and its script show."""
    who = names({answer.recorded_by})[answer.recorded_by]
    return {
        "id": answer.id,
        "value": answer.value,
        "words": said(answer.value, item),
        "comment": answer.comment,
        "who": who,
        "at": clock_time(answer.recorded_at),
    }


def clock_time(at: datetime) -> str:
    """Write the hour and minute of a moment in the organisation's time zone."""
    return f"{at.astimezone(settings.zone()):%H:%M}"


def saved_at(rows: list[Row]) -> str:
    """Give when the newest answer was saved, empty for none."""
    moments = [row.answer.recorded_at for row in rows if row.answer is not None]
    return clock_time(max(moments)) if moments else ""


def next_number(rows: list[Row]) -> int:
    """Give the first item that has no answer yet, or the first of all."""
    return next((row.number for row in rows if row.answer is None), 1)
