"""The forms of the page that hands out: a document as of a day, and the pack of a period."""

from wtforms.fields import SelectChoice

from isms.core.fields import ChoiceField, DayField, RadioField, Required
from isms.core.forms import Form
from isms.core.words import lazy_gettext
from isms.exports.orders import FORMATS
from isms.status.words import KNOWN

NAMES = {
    "xlsx": lazy_gettext("xlsx（表計算）"),
    "pdf": lazy_gettext("PDF（印刷）"),
    "csv": "CSV",
    "json": lazy_gettext("JSON（機械で読む）"),
}


def _formats() -> list[SelectChoice]:
    return [SelectChoice(name, str(word)) for name, word in NAMES.items() if name in FORMATS]


class StatementForm(Form):
    """The statement of applicability of a day."""

    day = DayField(lazy_gettext("基準日"), [Required()])
    format = ChoiceField(lazy_gettext("形式"), [Required()], choices=_formats)


class StatusForm(Form):
    """The state of all requirements as of a day."""

    day = DayField(lazy_gettext("基準日"), [Required()])
    known = RadioField(
        lazy_gettext("根拠"),
        [Required()],
        choices=lambda: [SelectChoice(value, str(name)) for value, (name, _) in KNOWN.items()],
    )
    format = ChoiceField(lazy_gettext("形式"), [Required()], choices=_formats)


class PackForm(Form):
    """The period of an audit pack."""

    first = DayField(lazy_gettext("対象期間の初日"), [Required()])
    last = DayField(
        lazy_gettext("対象期間の末日"),
        [Required()],
        description=lazy_gettext("状態と適用宣言書は、この日の終わりまでに記録されたことによります。"),
    )
