"""Forms of findings."""

from collections.abc import Iterable
from typing import Any

from flask import g
from wtforms.fields import SelectChoice

from isms.core import clock, settings
from isms.core.fields import (
    ChoiceField,
    DayField,
    Empty,
    FilesField,
    LinesField,
    RadioField,
    Required,
    TextField,
    or_none,
)
from isms.core.forms import Form
from isms.core.kept_fields import KeptField, take_in
from isms.core.permissions import Permission, Scope, scopes_of
from isms.core.words import gettext, lazy_gettext
from isms.evidence.files import Kept, Upload
from isms.findings import files as file_rules
from isms.findings.files import MOST_FILES
from isms.findings.models import FindingStep
from isms.findings.rules import TEXT, TITLE
from isms.findings.words import GRADES, SOURCES
from isms.people.departments import departments
from isms.people.models import Department, Membership, Person
from isms.people.roster import roster


def department_choices() -> list[SelectChoice]:
    """Give no department and every one that has not ended."""
    there = departments().where(Department.to_day.is_null())
    none = SelectChoice("", str(lazy_gettext("（決めない）")))
    return [none, *(SelectChoice(str(one.id), one.name) for one in there)]


def owner_choices() -> list[SelectChoice]:
    """Give the people of today who may act; to a head those of the departments that they head, and themselves."""
    today = settings.today(clock.now())
    people = roster(today).where(Person.employment != "external")
    if Scope.ALL not in scopes_of(g.actor, Permission.FINDINGS_ANSWER):
        own = Membership.department.in_(sorted(g.actor.heads)) | (Person.id == g.actor.person_id)
        people = people.where(own)
    rows = people.order_by(Person.kana, Person.number)
    named = {row.id: gettext("%(name)s（%(number)s）", name=row.name, number=row.number) for row in rows}
    return [SelectChoice("", gettext("（選んでください）")), *(SelectChoice(str(i), name) for i, name in named.items())]


class WithFiles(Form):
    """A form with `files` and `kept`: what was sent once is not asked for again."""

    def take_in(self) -> None:
        """Keep the files that were just sent; what is wrong with one stands on the field."""
        if self.is_submitted():
            take_in(self, lambda name, stream: file_rules.keep([Upload(name, stream)])[0], MOST_FILES)

    def arguments(self) -> dict[str, Any]:
        """Give the values as the rule wants them."""
        values = self.values()
        values["files"] = values.pop("kept") or []
        return values


class FindingForm(WithFiles):
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
        lazy_gettext("見つかった場"),
        [Required()],
        choices=lambda: [SelectChoice(k, str(v)) for k, v in SOURCES.items()],
    )
    department_id = ChoiceField(lazy_gettext("部署"), [Empty()], choices=department_choices, coerce=or_none(int))
    opened_on = DayField(lazy_gettext("見つかった日"), [Required()])
    due = DayField(
        lazy_gettext("回答の期限"), [Empty()], description=lazy_gettext("部署が回答し、是正処置を決めるまでの日。")
    )
    files = FilesField(lazy_gettext("ファイルを選ぶ"), [Empty()])
    kept = KeptField(lazy_gettext("受け取ったファイル"), Kept)


class ClosingForm(Form):
    """A finding is closed, or opened again."""

    day = DayField(lazy_gettext("日付"), [Required()])
    text = LinesField(lazy_gettext("内容"), [Required()], longest=TEXT)


class StepForm(WithFiles):
    """Something is said about a finding."""

    text = LinesField(lazy_gettext("内容"), [Required()], longest=TEXT)
    day = DayField(lazy_gettext("日付"), [Required()])
    files = FilesField(lazy_gettext("ファイルを選ぶ"), [Empty()])
    kept = KeptField(lazy_gettext("受け取ったファイル"), Kept)


class EffectForm(WithFiles):
    """Whether an action had its effect."""

    good = RadioField(
        lazy_gettext("効果"),
        [Required()],
        choices=lambda: [
            SelectChoice("yes", gettext("効果があった")),
            SelectChoice("no", gettext("効果がなかった（新しい是正処置を求める）")),
        ],
    )
    text = LinesField(
        lazy_gettext("確かめたこと"),
        [Required()],
        longest=TEXT,
        description=lazy_gettext("何を見て、そう判断したかを書きます。再発がないか、同じことがほかで起きていないか。"),
    )
    day = DayField(lazy_gettext("日付"), [Required()])
    files = FilesField(lazy_gettext("ファイルを選ぶ"), [Empty()])
    kept = KeptField(lazy_gettext("受け取ったファイル"), Kept)

    def arguments(self) -> dict[str, Any]:
        """Give the values as the rule wants them."""
        values = super().arguments()
        return values | {"good": {"yes": True, "no": False}.get(values["good"])}


class ActionForm(Form):
    """A corrective action, who does it and by when."""

    text = LinesField(
        lazy_gettext("処置の内容"),
        [Required()],
        longest=TEXT,
        description=lazy_gettext("同じことが起きないように、何を変えるかを書きます。"),
    )
    owner_id = ChoiceField(lazy_gettext("担当"), [Required()], choices=owner_choices, coerce=or_none(int))
    due = DayField(lazy_gettext("期限"), [Required()])
    replaces = ChoiceField(
        lazy_gettext("差し替える処置"),
        [Empty()],
        coerce=or_none(int),
        description=lazy_gettext("担当や期限を改めるときは、元の処置を選びます。元の処置も記録に残ります。"),
    )

    def offer(self, planned: Iterable[FindingStep]) -> None:
        """Offer the actions that are not done to be replaced; without any the question is left out."""
        choices = [SelectChoice(str(one.id), one.text.splitlines()[0][:40]) for one in planned]
        if not choices:
            del self.replaces
            return
        self.replaces.choices = [SelectChoice("", gettext("（加えるだけ）")), *choices]
