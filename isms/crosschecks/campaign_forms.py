"""Forms of campaigns."""

from typing import Any

from wtforms.fields import SelectChoice

from isms.checklists import rules as checklists
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
    TicksField,
    or_none,
)
from isms.core.forms import Form, VersionField
from isms.core.words import lazy_gettext
from isms.crosschecks.campaigns import TEXT, TITLE
from isms.crosschecks.rules import REASON
from isms.crosschecks.words import RULES
from isms.people.departments import departments


def place_choices() -> list[SelectChoice]:
    """Give the departments of today."""
    return [SelectChoice(str(one.id), one.name) for one in departments(settings.today(clock.now()))]


def _checklist_choices() -> list[SelectChoice]:
    there = checklists.checklists("crosscheck", settings.today(clock.now()))
    return [SelectChoice(str(one.id), one.title) for one in there]


class CampaignForm(Form):
    """A campaign: when, with which checklist, between whom."""

    title = TextField(lazy_gettext("名前"), [Required()], longest=TITLE)
    from_day = DayField(lazy_gettext("始まりの日"), [Required()])
    to_day = DayField(lazy_gettext("終わりの日"), [Required()])
    checklist_id = ChoiceField(
        lazy_gettext("点検表"),
        [Required()],
        choices=_checklist_choices,
        coerce=or_none(int),
        description=lazy_gettext("いちばん新しい版を使います。開始すると、その版は変えられなくなります。"),
    )
    department_ids = TicksField(lazy_gettext("参加する部署"), [Required()], choices=place_choices, coerce=int)
    controls = TextField(
        lazy_gettext("管理策"),
        [Required()],
        longest=1000,
        description=lazy_gettext("報告書が証跡になる番号。点検表の項目の番号は、これに加わります。"),
    )
    memory_years = NumberField(
        lazy_gettext("同じ組を避ける年数"),
        [Required()],
        low=0,
        high=30,
        description=lazy_gettext("年。できるかぎり守ります。"),
    )
    reply_days = NumberField(
        lazy_gettext("回答の日数"),
        [Required()],
        low=1,
        high=180,
        description=lazy_gettext("日。否の指摘に部署が回答するまで。"),
    )
    version = VersionField()


class SwapForm(Form):
    """Two pairs whose checked departments change places."""

    first_id = ChoiceField(lazy_gettext("一つ目の組"), [Required()], coerce=or_none(int))
    second_id = ChoiceField(lazy_gettext("二つ目の組"), [Required()], coerce=or_none(int))
    reason = TextField(
        lazy_gettext("理由"),
        [Empty()],
        longest=REASON,
        description=lazy_gettext("決まりに反する組になるときは、書いてください。"),
    )

    def offer(self, pairs: list[tuple[int, str]]) -> "SwapForm":
        """Let the pairs be chosen."""
        choices: list[Any] = [SelectChoice(str(visit_id), words) for visit_id, words in pairs]
        self.first_id.choices = self.second_id.choices = choices
        return self


class TextForm(Form):
    """What was decided, in words that must be given."""

    text = LinesField(lazy_gettext("理由"), [Required()], longest=TEXT)


class CloseForm(Form):
    """A remark on the whole campaign, for its report."""

    text = LinesField(
        lazy_gettext("事務局の総評"),
        [Empty()],
        longest=TEXT,
        description=lazy_gettext("全体を見て言えること。証跡の備考に残ります。"),
    )


class PairRuleForm(Form):
    """A pair that must not be, or has to be."""

    kind = RadioField(
        lazy_gettext("決まり"), [Required()], choices=lambda: [SelectChoice(k, str(v)) for k, v in RULES.items()]
    )
    checker_id = ChoiceField(lazy_gettext("点検する部署"), [Required()], choices=place_choices, coerce=or_none(int))
    checked_id = ChoiceField(lazy_gettext("点検される部署"), [Required()], choices=place_choices, coerce=or_none(int))
    both = TickField(lazy_gettext("逆の向きにも同じ決まりを置く"))
    reason = TextField(lazy_gettext("理由"), [Required()], longest=REASON)
    from_day = DayField(lazy_gettext("始まりの日"), [Required()])
    to_day = DayField(lazy_gettext("終わりの日"), [Empty()])


class MembersForm(Form):
    """Who goes, and when."""

    person_ids = TicksField(lazy_gettext("訪問する人"), [Required()], coerce=int)
    planned_on = DayField(lazy_gettext("訪問の予定日"), [Empty()])
    version = VersionField()
