"""Forms of a visit: an answer in the shape of its item, and a reason."""

from typing import Any

import wtforms
from wtforms.fields import SelectChoice
from wtforms.widgets import HiddenInput

from isms.checklists.models import ChecklistItem
from isms.core.fields import Empty, FilesField, LinesField, RadioField, Required, TextField, TickField
from isms.core.forms import Form, VersionField
from isms.core.kept_fields import KeptField, take_in
from isms.core.words import lazy_gettext
from isms.crosschecks import photos
from isms.crosschecks.answers import COMMENT, NOT_APPLICABLE, TEXT
from isms.crosschecks.models import Answer
from isms.crosschecks.visit_words import VALUES
from isms.evidence.files import Kept


class NumbersField(wtforms.Field):
    """Numbers of rows that were ticked; the value is a list of int."""

    widget = HiddenInput()

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = [int(text) for text in valuelist if text.isascii() and text.isdigit() and len(text) < 10]

    def _value(self) -> str:
        return ""


class AnswerForm(Form):
    """What every answer has: what was seen, photos, and the answer that its writer had seen."""

    after = VersionField()
    comment = LinesField(lazy_gettext("見たこと"), [Empty()], longest=COMMENT)
    files = FilesField(lazy_gettext("写真を付ける"), [Empty()])
    kept = KeptField(lazy_gettext("受け取った写真"), Kept)
    dropped = NumbersField()

    def take_in(self) -> None:
        """Keep the photos that were just sent; what is wrong with one stands on the field."""
        take_in(self, photos.take, photos.MOST)

    def numbered(self, number: int) -> None:
        """Tell the fields of this item from those of all others on the page."""
        for field in self:
            field.id = f"{field.name}-{number}"

    def arguments(self) -> dict[str, Any]:
        """Give the values as the rule wants them."""
        ticked = "na" in self and self.na.data
        return {
            "value": NOT_APPLICABLE if ticked else str(self.value.data or "") if "value" in self else "",
            "comment": self.comment.data,
            "after": self.after.data,
            "files": self.kept.data or [],
            "dropped": self.dropped.data or [],
        }


class VerdictForm(AnswerForm):
    """One of four words."""

    value = RadioField(lazy_gettext("結果"), choices=lambda: [SelectChoice(k, str(v)) for k, v in VALUES.items()])


class NumberForm(AnswerForm):
    """A number."""

    value = TextField(lazy_gettext("数"), [Empty()])
    na = TickField(VALUES[NOT_APPLICABLE])


class TextForm(AnswerForm):
    """A text."""

    value = LinesField(lazy_gettext("答え"), [Empty()], longest=TEXT)
    na = TickField(VALUES[NOT_APPLICABLE])


class PhotoForm(AnswerForm):
    """At least one photo."""

    na = TickField(VALUES[NOT_APPLICABLE])


FORMS: dict[str, type[AnswerForm]] = {
    "verdict": VerdictForm,
    "number": NumberForm,
    "text": TextForm,
    "photo": PhotoForm,
}


def form_of(item: ChecklistItem, number: int, answer: Answer | None, *, posted: bool) -> AnswerForm:
    """Make the form of an item: as posted, or with the newest answer."""
    given: dict[str, Any] = {"after": answer.id if answer else None}
    if answer is not None:
        given |= {"comment": answer.comment, "na": answer.value == NOT_APPLICABLE}
        given["value"] = answer.value if item.answer_kind == "verdict" or not given["na"] else ""
    kind = FORMS[item.answer_kind]
    form = kind(data=given) if posted else kind(formdata=None, data=given)
    form.numbered(number)
    return form


class ReasonForm(Form):
    """A reason, which must be given."""

    text = LinesField(lazy_gettext("理由"), [Required()], longest=2000)
