"""Forms of the catalogue: decisions, titles, own controls, editions, statements."""

from typing import Any

from wtforms.fields import SelectChoice

from isms.catalogue.rules import STANDARD
from isms.catalogue.shelf import standards
from isms.catalogue.words import APPLICABLE, IMPLEMENTATION
from isms.core import settings
from isms.core.clock import now
from isms.core.fields import (
    ChoiceField,
    DayField,
    Empty,
    FileField,
    LinesField,
    RadioField,
    Required,
    TextField,
    TicksField,
    or_none,
)
from isms.core.forms import Form
from isms.core.words import lazy_gettext, lazy_pgettext
from isms.people.models import Person
from isms.people.roster import on_day

DAY_HELP = lazy_gettext("2026-04-01、R8.4.1、令和8年4月1日 のどの書き方でもかまいません。")
ANSWERS = {True: "yes", False: "no"}
NOBODY = lazy_gettext("（決めない）")


def owner_choices() -> list[SelectChoice]:
    """Give the people who are here today, for a choice."""
    people = Person.select(Person.id, Person.number, Person.name).where(on_day(Person, settings.today(now())))
    rows = [SelectChoice(str(one.id), f"{one.name}（{one.number}）") for one in people.order_by(Person.number)]
    return [SelectChoice("", str(NOBODY)), *rows]


class DecisionForm(Form):
    """A decision on one control."""

    applicable = RadioField(
        lazy_gettext("採否"),
        [Required()],
        choices=lambda: [SelectChoice(ANSWERS[value], str(label)) for value, label in APPLICABLE.items()],
    )
    justification = LinesField(
        lazy_gettext("理由"),
        [Required()],
        description=lazy_gettext("適用するときも、適用しないときも必要です。適用宣言書にそのまま載ります。"),
        longest=5000,
    )
    implementation = RadioField(
        lazy_pgettext("field", "実施状況"),
        [Empty()],
        choices=lambda: [SelectChoice(value, str(label)) for value, label in IMPLEMENTATION.items()],
        description=lazy_gettext("適用しないときは選ばなくてかまいません。"),
    )
    owner_id = ChoiceField(lazy_gettext("責任者"), [Empty()], choices=owner_choices, coerce=or_none(int))
    from_day = DayField(lazy_gettext("適用日"), [Required()], description=DAY_HELP)
    note = LinesField(lazy_gettext("備考"), [Empty()], longest=5000)

    def said(self) -> dict[str, Any]:
        """Give what the rules call a decision."""
        given = {name: value for name, value in self.values().items() if name != "keys"}
        return given | {"applicable": self.applicable.data == "yes", "implementation": self.implementation.data or ""}


class ManyForm(DecisionForm):
    """The same decision on several controls."""

    keys = TicksField(lazy_gettext("管理策"), [Required()], choices=[])


class TitleForm(Form):
    """A title as the organisation words it."""

    title_ja = TextField(lazy_gettext("表題"), [Required()], longest=300)
    title_en = TextField(lazy_gettext("英語の表題"), [Empty()], longest=300)


class OwnControlForm(TitleForm):
    """A control of the organisation's own."""

    key = TextField(
        lazy_gettext("番号"),
        [Required()],
        longest=30,
        description=lazy_gettext("X.1 のように、規格にない英字で始めます。"),
    )
    theme = ChoiceField(lazy_gettext("管理策の区分"), [Empty()], choices=[])


class EditionForm(Form):
    """An edition that counts from a day on."""

    edition = ChoiceField(
        lazy_gettext("規格の版"),
        [Required()],
        choices=lambda: [SelectChoice(one.id, one.name) for one in standards().editions_of(STANDARD)],
    )
    from_day = DayField(lazy_gettext("いつから"), [Required()], description=DAY_HELP)


class ImportForm(Form):
    """A sheet of decisions."""

    file = FileField(lazy_gettext("決定の一覧（xlsx または CSV）"), [Required()])


class IssueForm(Form):
    """The next version of the statement."""

    issued_on = DayField(lazy_gettext("発行日"), [Required()], description=DAY_HELP)
    changes = LinesField(
        lazy_gettext("変更の内容"),
        [Required()],
        description=lazy_gettext("前の承認版からの違いです。改訂の履歴に載ります。書き直してかまいません。"),
        longest=5000,
    )


class WordForm(Form):
    """The approver's word; its two buttons are the answer."""

    note = LinesField(
        lazy_gettext("一言"), [Empty()], description=lazy_gettext("差し戻すときは、理由を書いてください。")
    )
