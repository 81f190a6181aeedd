"""Forms of checklists."""

from wtforms.fields import SelectChoice

from isms.checklists.beside import OFFERS
from isms.checklists.rules import TEXT, TITLE, UNIT
from isms.checklists.words import ANSWER_KINDS, PURPOSES
from isms.core.fields import ChoiceField, DayField, Empty, LinesField, RadioField, Required, TextField, TickField
from isms.core.forms import Form, VersionField
from isms.core.words import gettext, lazy_gettext
from isms.findings.words import GRADES


class ChecklistForm(Form):
    """A new checklist."""

    title = TextField(
        lazy_gettext("名前"), [Required()], longest=TITLE, description=lazy_gettext("例: 職場のクロスチェック表")
    )
    purpose = RadioField(
        lazy_gettext("使い道"), [Required()], choices=lambda: [SelectChoice(k, str(v)) for k, v in PURPOSES.items()]
    )


class ChecklistEditForm(Form):
    """The name of a checklist, and until when it can be chosen."""

    title = TextField(lazy_gettext("名前"), [Required()], longest=TITLE)
    to_day = DayField(
        lazy_gettext("最後の日"), [Empty()], description=lazy_gettext("この日のあとは、新しく選べなくなります。")
    )
    version = VersionField()


class VersionForm(Form):
    """What the next version is for."""

    note = LinesField(
        lazy_gettext("変えるところ"),
        [Empty()],
        longest=TEXT,
        description=lazy_gettext("なぜ、何を変えるのかを書くと、あとで版の違いが分かります。"),
    )


def _figures() -> list[SelectChoice]:
    return [SelectChoice("", gettext("（出さない）")), *(SelectChoice(k, str(v.label)) for k, v in OFFERS.items())]


class ItemForm(Form):
    """An item of a checklist."""

    title = TextField(
        lazy_gettext("問い"),
        [Required()],
        longest=TITLE,
        description=lazy_gettext("「はい」なら適となるように書きます。例: 離席するとき画面をロックしているか"),
    )
    look_at = LinesField(
        lazy_gettext("見るところ"),
        [Empty()],
        longest=TEXT,
        description=lazy_gettext("何を、いくつ見るか。例: 離席中の席を3か所見る"),
    )
    judge = LinesField(
        lazy_gettext("判断のしかた"),
        [Empty()],
        longest=TEXT,
        description=lazy_gettext("どうであれば適とするか。人によって違わないように書きます。"),
    )
    controls = TextField(
        lazy_gettext("管理策"),
        [Empty()],
        longest=1000,
        description=lazy_gettext("A.7.7、5.36 のように番号を並べます。否は、この番号の指摘事項になります。"),
    )
    answer_kind = RadioField(
        lazy_gettext("答え方"), [Required()], choices=lambda: [SelectChoice(k, str(v)) for k, v in ANSWER_KINDS.items()]
    )
    unit = TextField(
        lazy_gettext("単位"), [Empty()], longest=UNIT, description=lazy_gettext("数値のとき。台、件など。")
    )
    required = TickField(lazy_gettext("必ず答える"))
    grade = ChoiceField(
        lazy_gettext("否のときの区分"),
        [Required()],
        choices=lambda: [SelectChoice(k, str(v)) for k, v in GRADES.items()],
    )
    beside = ChoiceField(
        lazy_gettext("横に出す数字"),
        [Empty()],
        choices=_figures,
        description=lazy_gettext("答える人が見比べられるように、点検される部署の数字を出します。"),
    )
    version = VersionField()
