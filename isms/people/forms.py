"""Forms of the registers of people."""

from typing import Any

from wtforms.fields import SelectChoice

from isms.core.fields import (
    ChoiceField,
    DayField,
    Empty,
    FileField,
    Required,
    TextField,
    TickField,
    TicksField,
    or_none,
)
from isms.core.forms import Form, VersionField
from isms.core.words import lazy_gettext
from isms.people.departments import departments
from isms.people.models import Department
from isms.people.words import EMPLOYMENT

DAY_HELP = lazy_gettext("2026-04-01、R8.4.1、令和8年4月1日 のどの書き方でもかまいません。")


def department_choices() -> list[SelectChoice]:
    """Give every department that has not ended, for a choice."""
    return [SelectChoice(str(d.id), d.name) for d in departments().where(Department.to_day.is_null())]


class DepartmentForm(Form):
    """A department."""

    code = TextField(lazy_gettext("部署番号"), [Empty()], longest=20)
    name = TextField(lazy_gettext("部署名"), [Required()], longest=100)
    name_en = TextField(lazy_gettext("英語の名前"), [Empty()], longest=100)
    from_day = DayField(lazy_gettext("始まりの日"), [Required()], description=DAY_HELP)
    to_day = DayField(lazy_gettext("終わりの日"), [Empty()], description=lazy_gettext("続いていれば空けておきます。"))
    version = VersionField()


class PersonForm(Form):
    """A person, without their place."""

    number = TextField(lazy_gettext("職員番号"), [Required()], longest=30)
    name = TextField(lazy_gettext("氏名"), [Required()], longest=100)
    kana = TextField(lazy_gettext("カナ"), [Empty()], longest=100)
    mail = TextField(lazy_gettext("メールアドレス"), [Empty()], longest=254)
    employment = ChoiceField(
        lazy_gettext("雇用の区分"),
        [Required()],
        choices=lambda: [SelectChoice(k, str(v)) for k, v in EMPLOYMENT.items()],
    )
    from_day = DayField(lazy_gettext("着任日"), [Required()], description=DAY_HELP)
    to_day = DayField(
        lazy_gettext("退職日"),
        [Empty()],
        description=lazy_gettext("最後に在籍する日です。次の日からログインできません。"),
    )
    version = VersionField()


class NewPersonForm(PersonForm):
    """A person and their first place."""

    department_id = ChoiceField(
        lazy_gettext("部署"),
        [Empty()],
        choices=lambda: [SelectChoice("", str(lazy_gettext("（決めない）"))), *department_choices()],
        coerce=or_none(int),
    )
    position = TextField(lazy_gettext("役職"), [Empty()], longest=100)


class PlaceForm(Form):
    """A move to a department from a day on."""

    department_id = ChoiceField(lazy_gettext("部署"), [Required()], choices=department_choices, coerce=or_none(int))
    position = TextField(lazy_gettext("役職"), [Empty()], longest=100)
    from_day = DayField(lazy_gettext("異動日"), [Required()], description=DAY_HELP)


class HeadsForm(Form):
    """The departments that a person heads from a day on."""

    department_ids = TicksField(lazy_gettext("責任者を務める部署"), [Empty()], choices=department_choices, coerce=int)
    from_day = DayField(lazy_gettext("いつから"), [Required()], description=DAY_HELP)


class ImportForm(Form):
    """A sheet of people."""

    file = FileField(lazy_gettext("名簿のファイル（xlsx または CSV）"), [Required()])
    leavers = TickField(
        lazy_gettext("この名簿にいない職員は、昨日付けで退職とする"),
        description=lazy_gettext("名簿が全職員の一覧であるときだけ選びます。"),
    )


def people_values(form: Any) -> dict[str, Any]:
    """Give a form's values as the rules want them."""
    return {name: value for name, value in form.values().items() if name != "version"}
