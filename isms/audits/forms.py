"""The form of an engagement."""

from wtforms.fields import SelectChoice

from isms.audits import rules
from isms.core import clock
from isms.core.fields import ChoiceField, DayField, Empty, Required, TextField, or_none
from isms.core.forms import Form, VersionField
from isms.core.words import lazy_gettext


class EngagementForm(Form):
    """Who audits what, from when until when."""

    auditor_id = ChoiceField(
        lazy_gettext("監査員"),
        [Required()],
        choices=lambda: [SelectChoice(str(p.id), p.name) for p in rules.auditors(clock.now())],
        coerce=or_none(int),
    )
    title = TextField(
        lazy_gettext("監査の名前"), [Required()], description=lazy_gettext("例: サーベイランス審査 令和8年度")
    )
    scope = TextField(
        lazy_gettext("対象の番号"),
        [Empty()],
        longest=2000,
        description=lazy_gettext(
            "A.5.1、A.8.1 や 9.2 のように並べます。空けておくと、すべての管理策と要求事項が対象です。"
        ),
    )
    from_day = DayField(lazy_gettext("閲覧の始まり"), [Required()])
    to_day = DayField(lazy_gettext("閲覧の終わり"), [Required()])
    version = VersionField()
