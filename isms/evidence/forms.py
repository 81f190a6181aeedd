"""Forms of evidence. Files that were sent once are kept in the store: a refused form asks for none of them again."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import g
from wtforms.fields import SelectChoice
from wtforms.validators import StopValidation

from isms.catalogue.editions import Edition, Kind, Requirement
from isms.catalogue.numbers import read_all
from isms.core import clock, settings, unchanged
from isms.core.errors import Invalid
from isms.core.fields import (
    ChoiceField,
    DayField,
    Empty,
    FileField,
    FilesField,
    LinesField,
    PeriodField,
    Required,
    TextField,
    TickField,
    or_none,
)
from isms.core.forms import Form
from isms.core.kept_fields import KeptField, take_in
from isms.core.permissions import Permission, Scope, scopes_of
from isms.core.words import gettext, lazy_gettext
from isms.evidence import files as file_rules
from isms.evidence.files import MOST_FILES, Kept, Upload
from isms.evidence.words import KINDS
from isms.people.departments import departments
from isms.people.models import Department, Membership, Person
from isms.people.roster import on_day, roster

DAY_HELP = lazy_gettext("2026-04-01、R8.4.1、令和8年4月1日 のどの書き方でもかまいません。")


def _department_choices() -> list[SelectChoice]:
    """Give the departments for which the person may record."""
    query = departments().where(Department.to_day.is_null())
    if Scope.ALL in scopes_of(g.actor, Permission.EVIDENCE_RECORD):
        return [SelectChoice("", gettext("（決めない）")), *(SelectChoice(str(d.id), d.name) for d in query)]
    return [SelectChoice(str(d.id), d.name) for d in query.where(Department.id.in_(sorted(g.actor.heads)))]


def _owner_choices() -> list[SelectChoice]:
    """Give the people of today who may look after it; to a head those of the departments that they head."""
    today = settings.today(clock.now())
    if Scope.ALL in scopes_of(g.actor, Permission.PEOPLE_READ):
        rows = [row for row in _people.get() if row[3] <= today and (row[4] is None or row[4] >= today)]
    else:
        own = Membership.department.in_(sorted(g.actor.heads)) & on_day(Membership, today)
        people = roster(today).where(own | (Person.id == g.actor.person_id)).order_by(Person.kana, Person.number)
        rows = [(person.id, person.name, person.number) for person in people]
    named = [SelectChoice(str(row[0]), gettext("%(name)s（%(number)s）", name=row[1], number=row[2])) for row in rows]
    return [SelectChoice("", gettext("（決めない）")), *named]


_people: unchanged.Kept[list[tuple[Any, ...]]] = unchanged.Kept(
    lambda: list(
        Person.select(Person.id, Person.name, Person.number, Person.from_day, Person.to_day)
        .order_by(Person.kana, Person.number)
        .tuples()
    )
)


class RecordForm(Form):
    """An evidence on one screen. `understood` are the requirements that the numbers mean."""

    title = TextField(
        lazy_gettext("件名"),
        [Required()],
        description=lazy_gettext("一覧で見分けられる名前。文書名と年度を入れると探しやすくなります。"),
    )
    controls = TextField(
        lazy_gettext("管理策"),
        [Required()],
        longest=2000,
        description=lazy_gettext("番号を並べます（5.1、A.8.1、箇条9.2）。言葉で探すこともできます。"),
    )
    kind = ChoiceField(
        lazy_gettext("種類"), [Required()], choices=lambda: [SelectChoice(k, str(v)) for k, v in KINDS.items()]
    )
    collected_on = DayField(lazy_gettext("収集日"), [Required()], description=lazy_gettext("証跡を手に入れた日。"))
    period = PeriodField(
        lazy_gettext("対象期間"),
        [Empty()],
        description=lazy_gettext("証跡が示している期間。令和8年度、2026-04-01〜2026-09-30 など。"),
    )
    valid_until = DayField(lazy_gettext("有効期限"), [Empty()])
    department_id = ChoiceField(lazy_gettext("部署"), [Empty()], choices=_department_choices, coerce=or_none(int))
    owner_id = ChoiceField(lazy_gettext("担当"), [Empty()], choices=_owner_choices, coerce=or_none(int))
    url = TextField(
        lazy_gettext("リンク"),
        [Empty()],
        longest=2000,
        description=lazy_gettext("庁内の文書管理などの場所（https://…）。開いて確かめることはしません。"),
    )
    note = LinesField(lazy_gettext("備考"), [Empty()])
    files = FilesField(lazy_gettext("ファイルを選ぶ"), [Empty()])
    kept = KeptField(lazy_gettext("受け取ったファイル"), Kept)

    understood: tuple[Requirement, ...] = ()

    def validate_valid_until(self, field: Any) -> None:
        """Say at once what the rule would refuse."""
        if field.data and self.collected_on.data and field.data < self.collected_on.data:
            raise StopValidation(gettext("有効期限が収集日より前です。"))

    def take_in(self) -> None:
        """Keep the files that were just sent; what is wrong with one stands on the field."""
        take_in(self, lambda name, stream: file_rules.keep([Upload(name, stream)])[0], MOST_FILES)

    def read_controls(self, edition: Edition) -> None:
        """Understand the numbers, in the edition that is in force."""
        try:
            self.understood = read_all(edition, self.controls.data or "")
        except Invalid as error:
            self.controls.process_errors = [*self.controls.process_errors, str(error)]

    def arguments(self) -> dict[str, Any]:
        """Give the values as the rule wants them."""
        values = self.values()
        values["files"] = values.pop("kept")
        values["controls"] = [(one.edition, one.key) for one in self.understood]
        return values


def spelled(requirements: Iterable[Requirement]) -> str:
    """Write requirements as the field of controls reads them."""
    return gettext("、").join(one.spelled for one in requirements)


def suggestions(edition: Edition) -> list[tuple[str, str]]:
    """Give number and title of all that can be chosen, for the list that a browser offers."""
    return [(one.spelled, str(one.title)) for one in edition.requirements if one.kind is not Kind.HEADING]


class ReasonForm(Form):
    """A reason, which must be given."""

    reason = LinesField(lazy_gettext("理由"), [Required()])


class ConfirmForm(Form):
    """That the person has looked."""

    sure = TickField(lazy_gettext("消えた中身は戻らないことを確かめました。"), [Required()])


class LinkForm(Form):
    """More controls for an evidence."""

    controls = TextField(
        lazy_gettext("管理策"),
        [Required()],
        longest=2000,
        description=lazy_gettext("番号を並べます（5.1、A.8.1、箇条9.2）。言葉で探すこともできます。"),
    )
    from_day = DayField(lazy_gettext("いつから"), [Required()], description=DAY_HELP)
    understood: tuple[Requirement, ...] = ()
    read_controls = RecordForm.read_controls


class EndLinkForm(Form):
    """The last day of a link."""

    to_day = DayField(lazy_gettext("最後の日"), [Required()], description=DAY_HELP)
    reason = LinesField(lazy_gettext("理由"), [Empty()])


class ImportForm(Form):
    """A ledger and the files that it names."""

    file = FileField(lazy_gettext("台帳のファイル（xlsx または CSV）"), [Required()])
    files = FilesField(
        lazy_gettext("台帳が挙げているファイル"),
        [Empty()],
        description=lazy_gettext("台帳の「ファイル」の列に書いた名前と同じ名前のファイルを、まとめて選びます。"),
    )


def proposed(collected_on: date) -> dict[str, Any]:
    """Give what a new form holds at first."""
    department = g.actor.department_id
    if Scope.ALL not in scopes_of(g.actor, Permission.EVIDENCE_RECORD) and department not in g.actor.heads:
        department = min(g.actor.heads, default=None)
    return {"collected_on": collected_on, "department_id": department, "owner_id": g.actor.person_id, "kind": "record"}
