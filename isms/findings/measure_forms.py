"""Forms of accident-prevention measures."""

from flask import g
from wtforms.fields import SelectChoice

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
    or_none,
)
from isms.core.forms import Form, VersionField
from isms.core.permissions import Permission, Scope, scopes_of
from isms.core.words import gettext, lazy_gettext
from isms.findings.measures import LONGEST_INTERVAL
from isms.findings.rules import TEXT
from isms.findings.words import OUTCOMES
from isms.people.departments import departments
from isms.people.models import Department, Membership, Person
from isms.people.roster import roster


def _sees_all() -> bool:
    return Scope.ALL in scopes_of(g.actor, Permission.MEASURES_EDIT)


def _departments() -> list[SelectChoice]:
    """Give the departments for which the person may set measures; to officers also none."""
    there = departments().where(Department.to_day.is_null())
    if not _sees_all():
        return [SelectChoice(str(one.id), one.name) for one in there.where(Department.id.in_(sorted(g.actor.heads)))]
    return [SelectChoice("", gettext("（組織全体）")), *(SelectChoice(str(one.id), one.name) for one in there)]


def _owners() -> list[SelectChoice]:
    """Give the people of today who may look after a measure; to a head those of the own departments."""
    people = roster(settings.today(clock.now())).where(Person.employment != "external")
    if not _sees_all():
        own = Membership.department.in_(sorted(g.actor.heads)) | (Person.id == g.actor.person_id)
        people = people.where(own)
    named = {
        row.id: gettext("%(name)s（%(number)s）", name=row.name, number=row.number)
        for row in people.order_by(Person.kana, Person.number)
    }
    return [SelectChoice("", gettext("（決めない）")), *(SelectChoice(str(i), name) for i, name in named.items())]


class _MeasureFields(Form):
    """What is done against a hazard, and who looks after it."""

    hazard = LinesField(
        lazy_gettext("起こりうること"),
        [Required()],
        longest=TEXT,
        description=lazy_gettext("どのような事故が、どの仕事で起こりうるか。"),
    )
    measure = LinesField(
        lazy_gettext("防止策"), [Required()], longest=TEXT, description=lazy_gettext("起こらないように、何をするか。")
    )
    department_id = ChoiceField(lazy_gettext("部署"), [Empty()], choices=_departments, coerce=or_none(int))
    owner_id = ChoiceField(lazy_gettext("担当"), [Empty()], choices=_owners, coerce=or_none(int))
    review_months = NumberField(
        lazy_gettext("見直しの間隔（月）"), [Required()], low=1, high=LONGEST_INTERVAL, default=12
    )


class EditMeasureForm(_MeasureFields):
    """A measure as it stands."""

    version = VersionField()


class MeasureForm(_MeasureFields):
    """A new measure."""

    from_day = DayField(lazy_gettext("始めた日"), [Required()])
    finding = TextField(
        lazy_gettext("もとの指摘"),
        [Empty()],
        description=lazy_gettext("指摘事項から決めたときは、その番号（F-2026-0001）。"),
    )


class ReviewForm(Form):
    """A measure is looked at again."""

    outcome = RadioField(
        lazy_gettext("見直しの結果"),
        [Required()],
        choices=lambda: [SelectChoice(k, str(v)) for k, v in OUTCOMES.items()],
    )
    text = LinesField(
        lazy_gettext("確かめたこと"),
        [Required()],
        longest=TEXT,
        description=lazy_gettext("守られているか、効いているか。"),
    )
    new = LinesField(
        lazy_gettext("改めた防止策"),
        [Empty()],
        longest=TEXT,
        description=lazy_gettext("「内容を改める」を選んだときだけ使います。"),
    )
    day = DayField(lazy_gettext("日付"), [Required()])
