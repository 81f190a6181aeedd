"""Forms of daily checks."""

from collections.abc import Iterable, Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any

from wtforms.fields import SelectChoice

from isms.checklists import rules as checklists
from isms.checklists.models import ChecklistItem
from isms.core import clock, settings
from isms.core.fields import (
    ChoiceField,
    DayField,
    Empty,
    FilesField,
    LinesField,
    NumberField,
    Required,
    TextField,
    TickField,
    TicksField,
    or_none,
)
from isms.core.forms import Form, VersionField
from isms.core.kept_fields import KeptField, take_in
from isms.core.words import lazy_gettext
from isms.dailychecks.checks import TITLE
from isms.dailychecks.models import DailyAnswer
from isms.dailychecks.rules import NOTE, Answer, keep_photo
from isms.evidence.files import Kept
from isms.findings.files import MOST_FILES
from isms.people.departments import departments


def _today() -> date:
    return settings.today(clock.now())


def list_choices() -> list[SelectChoice]:
    """Give the checklists for daily checks."""
    return [SelectChoice(str(one.id), one.title) for one in checklists.checklists("daily", _today())]


def department_choices() -> list[SelectChoice]:
    """Give the departments of today."""
    return [SelectChoice(str(one.id), one.name) for one in departments(_today())]


class CheckForm(Form):
    """A daily check."""

    title = TextField(lazy_gettext("名前"), [Required()], longest=TITLE)
    checklist_id = ChoiceField(
        lazy_gettext("点検表"),
        [Required()],
        choices=list_choices,
        coerce=or_none(int),
        description=lazy_gettext("使い道が日常点検の点検表から選びます。いちばん新しい版を使います。"),
    )
    controls = TextField(
        lazy_gettext("管理策・箇条"),
        [Required()],
        longest=1000,
        description=lazy_gettext("7.7、5.36 のように並べます。月ごとの証跡が、この番号に結び付きます。"),
    )
    due_hour = NumberField(
        lazy_gettext("何時まで"),
        [Required()],
        low=1,
        high=24,
        description=lazy_gettext("その時刻を過ぎた記録には「遅れ」が付きます。"),
    )


class NewCheckForm(CheckForm):
    """A new daily check, and where it is done."""

    from_day = DayField(lazy_gettext("始まりの日"), [Required()])
    department_ids = TicksField(lazy_gettext("部署"), [Required()], choices=department_choices, coerce=int)


class EditCheckForm(CheckForm):
    """A daily check that changes."""

    version = VersionField()


class EndForm(Form):
    """The last day of a check, or of a department's part in it."""

    to_day = DayField(
        lazy_gettext("終わりの日"), [Required()], description=lazy_gettext("この日までは点検の対象です。")
    )


class DutyForm(Form):
    """Who does the check in a department."""

    person_id = ChoiceField(
        lazy_gettext("担当"),
        [Empty()],
        coerce=or_none(int),
        description=lazy_gettext("決めないときは、その部署のだれが記録しても「代理」になりません。"),
    )
    deputy_id = ChoiceField(lazy_gettext("代理"), [Empty()], coerce=or_none(int))

    def offer(self, members: Iterable[tuple[int, str]]) -> None:
        """Let any of the department's members be chosen, or nobody."""
        none = SelectChoice("", str(lazy_gettext("（決めない）")))
        choices = [none, *(SelectChoice(str(i), name) for i, name in members)]
        self.person_id.choices = self.deputy_id.choices = choices


class RightForm(Form):
    """All was as it should be after all."""

    after = VersionField()  # the record that this one corrects


class ReportForm(RightForm):
    """What was not as it should be, item by item; the fields of the items are added for each checklist."""

    items: Sequence[ChecklistItem] = ()

    note = LinesField(lazy_gettext("備考"), [Empty()], longest=NOTE)

    def rows(self) -> list[tuple[ChecklistItem, Any, Any, Any, Any]]:
        """Give each item with its tick, its comment, the photos that are sent and those that were kept."""
        return [
            (item, *(self._fields[f"{name}_{item.id}"] for name in ("wrong", "comment", "photo", "kept")))
            for item in self.items
        ]

    def take_in(self) -> None:
        """Keep the photos that were just sent; what is wrong with one stands on the field."""
        for _, _, _, photos, kept in self.rows():
            take_in(SimpleNamespace(files=photos, kept=kept), keep_photo, MOST_FILES)

    def answers(self) -> list[Answer]:
        """Give the items that are ticked, or of which something was written or photographed."""
        return [
            Answer(item.id, comment.data, kept.data or [])
            for item, tick, comment, _, kept in self.rows()
            if tick.data or comment.data or kept.data
        ]


def report_form(items: Sequence[ChecklistItem], standing: Iterable[DailyAnswer] = ()) -> ReportForm:
    """Make the form for the items of a checklist, filled with the answers that stand."""
    fields: dict[str, Any] = {"items": items}
    for item in items:
        fields[f"wrong_{item.id}"] = TickField(item.title)
        fields[f"comment_{item.id}"] = LinesField(
            lazy_gettext("見たこと"),
            [Empty()],
            longest=NOTE,
            description=lazy_gettext("人の名前は書かないでください。"),
        )
        fields[f"photo_{item.id}"] = FilesField(lazy_gettext("写真（なくてもよい）"), [Empty()])
        fields[f"kept_{item.id}"] = KeptField(lazy_gettext("受け取った写真"), Kept)
    told = {answer.item_id: answer.comment for answer in standing}
    data: dict[str, Any] = {f"wrong_{item_id}": True for item_id in told}
    data |= {f"comment_{item_id}": comment for item_id, comment in told.items()}
    made: ReportForm = type("ItemsForm", (ReportForm,), fields)(data=data)
    return made
