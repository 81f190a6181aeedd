"""Forms of schedules and closed days."""

from datetime import date
from typing import Any

from wtforms import HiddenField
from wtforms.fields import SelectChoice

from isms.calendar import kinds
from isms.calendar.schedules import LONGEST_LEAD, NOTE, TITLE, WORDS
from isms.calendar.words import OWNER_KINDS, PDCA
from isms.calendar.working import DAY_RULES
from isms.core import clock, settings
from isms.core.fields import (
    ChoiceField,
    DayField,
    Empty,
    LinesField,
    NumberField,
    RadioField,
    Required,
    TextField,
    TickField,
    or_none,
)
from isms.core.forms import Form, VersionField
from isms.core.permissions import Role
from isms.core.words import lazy_gettext
from isms.people.departments import departments
from isms.people.models import Department, Person
from isms.people.roster import on_day

NOBODY = lazy_gettext("（選ばない）")


def _chosen(words: dict[str, Any]) -> list[SelectChoice]:
    return [SelectChoice(name, str(label)) for name, label in words.items()]


def _or_none(choices: list[SelectChoice]) -> list[SelectChoice]:
    return [SelectChoice("", str(NOBODY)), *choices]


def _people() -> list[SelectChoice]:
    today: date = settings.today(clock.now())
    here = Person.select().where(on_day(Person, today)).order_by(Person.number)
    return _or_none([SelectChoice(str(one.id), f"{one.name} {one.number}") for one in here])


def _departments() -> list[SelectChoice]:
    there = departments().where(Department.to_day.is_null())
    return _or_none([SelectChoice(str(one.id), one.name) for one in there])


def _roles() -> list[SelectChoice]:
    return _or_none([SelectChoice(role.value, str(role.label)) for role in Role if role is not Role.AUDITOR])


class ScheduleForm(Form):
    """A schedule; saved at the second time of asking, when what was understood of it has been seen."""

    kind = RadioField(
        lazy_gettext("種類"),
        [Required()],
        choices=lambda: [SelectChoice(one.name, str(one.label)) for one in kinds.KINDS.values() if one.entered],
    )
    title = TextField(lazy_gettext("件名"), [Required()], longest=TITLE)
    about = ChoiceField(
        lazy_gettext("見直す台帳"),
        [Empty()],
        choices=lambda: _or_none([SelectChoice(name, str(label)) for name, (label, _) in kinds.REGISTERS.items()]),
        description=lazy_gettext("種類が「台帳の見直し」のときに選びます。"),
    )
    words = TextField(
        lazy_gettext("くり返し"),
        [Required()],
        longest=WORDS,
        description=lazy_gettext(
            "言葉で書きます。例：毎年11月、毎年4月10日、毎月末営業日、毎月第2火曜日、毎週月曜日、毎営業日、3年ごと、半年ごと"
        ),
    )
    day_rule = ChoiceField(
        lazy_gettext("休みの日に当たるとき"),
        [Empty()],
        choices=lambda: [SelectChoice("", str(lazy_gettext("（くり返しの言葉のとおり）"))), *_chosen(DAY_RULES)],
        coerce=or_none(str),
        description=lazy_gettext("休みの日は、週末、国民の祝日、休業日です。"),
    )
    from_day = DayField(lazy_gettext("始まりの日"), [Required()])
    to_day = DayField(lazy_gettext("終わりの日"), [Empty()])
    lead_days = NumberField(
        lazy_gettext("何日前から始めるか"),
        [Empty()],
        high=LONGEST_LEAD,
        description=lazy_gettext("期限の何日前に、担当の人のやることに出すか"),
    )
    pdca = RadioField(lazy_gettext("PDCA"), [Required()], choices=lambda: _chosen(PDCA))
    owner_kind = RadioField(lazy_gettext("担当の決め方"), [Required()], choices=lambda: _chosen(OWNER_KINDS))
    person_id = ChoiceField(
        lazy_gettext("職員"),
        [Empty()],
        choices=_people,
        coerce=or_none(int),
        description=lazy_gettext("いなくなったら部門責任者が、部署もなくなったら事務局が引き受けます。"),
    )
    department_id = ChoiceField(lazy_gettext("部署"), [Empty()], choices=_departments, coerce=or_none(int))
    role = ChoiceField(lazy_gettext("役割"), [Empty()], choices=_roles)
    controls = TextField(
        lazy_gettext("管理策・箇条"),
        [Empty()],
        longest=1000,
        description=lazy_gettext("この予定で証明する番号を、A.5.23、8.8、箇条9.2 のように並べます。"),
    )
    note = LinesField(lazy_gettext("説明"), [Empty()], longest=NOTE)
    understood = HiddenField()
    version = VersionField()


class EndForm(Form):
    """A schedule ends."""

    to_day = DayField(lazy_gettext("終わりの日"), [Required()])
    version = VersionField()


class ClosedDaysForm(Form):
    """Days on which nobody works."""

    name = TextField(lazy_gettext("名前"), [Required()], longest=TITLE)
    from_day = DayField(lazy_gettext("始まりの日"), [Required()])
    to_day = DayField(lazy_gettext("終わりの日"), [Empty()], description=lazy_gettext("1日だけなら、空けておきます。"))
    yearly = TickField(lazy_gettext("毎年くり返す"))
    version = VersionField()


class EndClosedDaysForm(Form):
    """Closed days end."""

    last_day = DayField(
        lazy_gettext("この日まで数える"),
        [Required()],
        description=lazy_gettext("この日より後は、休業日に数えません。"),
    )
    version = VersionField()
