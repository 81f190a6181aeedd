"""Forms of findings."""

from wtforms.fields import SelectChoice

from isms.core.fields import ChoiceField, DayField, Empty, LinesField, RadioField, Required, TextField, or_none
from isms.core.forms import Form
from isms.core.words import lazy_gettext
from isms.findings.rules import TEXT, TITLE
from isms.findings.words import GRADES, SOURCES
from isms.people.departments import departments
from isms.people.models import Department


def department_choices() -> list[SelectChoice]:
    """Give no department and every one that has not ended."""
    there = departments().where(Department.to_day.is_null())
    none = SelectChoice("", str(lazy_gettext("（決めない）")))
    return [none, *(SelectChoice(str(one.id), one.name) for one in there)]


class FindingForm(Form):
    """A finding."""

    grade = RadioField(
        lazy_gettext("区分"), [Required()], choices=lambda: [SelectChoice(k, str(v)) for k, v in GRADES.items()]
    )
    title = TextField(lazy_gettext("件名"), [Required()], longest=TITLE)
    description = LinesField(
        lazy_gettext("内容"),
        [Empty()],
        longest=TEXT,
        description=lazy_gettext("何が、どの決まりと違っていたかを書きます。個人の名前は書きません。"),
    )
    controls = TextField(
        lazy_gettext("管理策・箇条"),
        [Required()],
        longest=1000,
        description=lazy_gettext(
            "A.5.23、8.8、箇条9.2 のように並べます。不適合があると、その番号の状態が「不適合」になります。"
        ),
    )
    source = ChoiceField(
        lazy_gettext("どこで見つかったか"),
        [Required()],
        choices=lambda: [SelectChoice(k, str(v)) for k, v in SOURCES.items()],
    )
    department_id = ChoiceField(lazy_gettext("部署"), [Empty()], choices=department_choices, coerce=or_none(int))
    opened_on = DayField(lazy_gettext("見つかった日"), [Required()])


class StepForm(Form):
    """A finding is closed, or opened again."""

    day = DayField(lazy_gettext("日付"), [Required()])
    text = LinesField(lazy_gettext("内容"), [Required()], longest=TEXT)
