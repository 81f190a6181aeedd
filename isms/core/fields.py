"""Form fields of the house: text that is cleaned, days as offices write them, choices, numbers, files.

Each says in `required()` what to do when it is empty, and keeps what was typed when it cannot be taken.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import wtforms
from flask_wtf.file import FileField as _FileField
from flask_wtf.file import MultipleFileField as _MultipleFileField
from wtforms import widgets
from wtforms.validators import StopValidation

from isms.core.days import Span, UnreadableDay, read_day, read_period
from isms.core.text import UnusableText, clean_text, showable
from isms.core.words import gettext, lazy_gettext

TO_TYPE = lazy_gettext("入力してください。")
TO_CHOOSE = lazy_gettext("選んでください。")


class Required:
    """Refuse an empty field and say what to do."""

    field_flags = {"required": True}

    def __call__(self, form: Any, field: Any) -> None:
        if field.errors:  # it could not be read; that is said already
            raise StopValidation()
        if field.data is None or field.data in ("", [], False):
            raise StopValidation(getattr(field, "empty_message", TO_TYPE))


class Empty:
    """Let an empty field be; what stands in it is still checked."""

    field_flags = {"optional": True}

    def __call__(self, form: Any, field: Any) -> None:
        if not field.raw_data or field.raw_data[0] in ("", None):
            field.errors = []
            raise StopValidation()


class Typed(wtforms.StringField):
    """A field in which a text is typed; `read` makes the value and raises ValueError with what to do."""

    data: Any
    longest = 200
    empty: Any = None

    def __init__(self, label: Any = None, validators: list[Any] | None = None, **more: Any) -> None:
        self.longest = more.pop("longest", self.longest)
        super().__init__(label, validators, **more)

    def read(self, text: str) -> Any:
        """Make the value of the cleaned text."""
        return text

    def write(self, value: Any) -> str:
        """Spell the value as it stands in the field."""
        return str(value)

    def clean(self, text: str) -> str:
        """Clean what was typed."""
        return clean_text(text, self.longest)

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist:  # no browser leaves a field out; what the record says stays, a new one gets nothing
            self.data = self.empty if self.data is None else self.data
            return
        self.data = self.empty
        if text := self.clean(str(valuelist[0])):
            self.data = self.read(text)

    def _value(self) -> str:
        # No maxlength attribute anywhere: a browser would cut a pasted text without a word.
        if self.raw_data:
            return showable(str(self.raw_data[0]))
        return "" if self.data is None else self.write(self.data)


class TextField(Typed):
    """One line of text; the value is a str, "" when empty."""

    empty = ""


class LinesField(TextField):
    """Several lines of text."""

    widget = widgets.TextArea()
    longest = 5000

    def clean(self, text: str) -> str:
        return clean_text(text, self.longest, lines=True)


class SecretField(Typed):
    """A password, taken as typed and never shown again."""

    widget = widgets.PasswordInput(hide_value=True)
    longest = 1000
    empty = ""

    def clean(self, text: str) -> str:
        if len(text) > self.longest or "\x00" in text:
            raise UnusableText(gettext("%(most)s文字までで入力してください。", most=self.longest))
        return text


class DayField(Typed):
    """A day, typed as offices write it (`2026-04-01`, `R8.4.1`, `令和8年4月1日`); the value is a date or None."""

    kind = "day"

    def read(self, text: str) -> date:
        try:
            return read_day(text)
        except UnreadableDay as error:
            raise ValueError(str(error)) from error

    def write(self, value: date) -> str:
        return value.isoformat()


class PeriodField(Typed):
    """A period, typed as offices write it (`2026-04-01〜2027-03-31`, `令和8年度`); the value is a Span or None."""

    def read(self, text: str) -> Span:
        try:
            return read_period(text)
        except UnreadableDay as error:
            raise ValueError(str(error)) from error

    def write(self, value: Span) -> str:
        return f"{value.first.isoformat()}〜{value.last.isoformat()}"


class NumberField(Typed):
    """A whole number within limits, full-width digits too; the value is an int or None."""

    kind = "num"

    def __init__(self, label: Any = None, validators: list[Any] | None = None, **more: Any) -> None:
        self.low, self.high = more.pop("low", 0), more.pop("high", 1_000_000_000)
        super().__init__(label, validators, **more)

    def read(self, text: str) -> int:
        try:
            number = int(text.replace(",", ""))
        except ValueError:
            number = None
        if number is None or not self.low <= number <= self.high:
            raise ValueError(
                gettext("%(low)s から %(high)s までの整数を入力してください。", low=self.low, high=self.high)
            )
        return number


def or_none(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Make a `coerce` for a choice that may be left blank: "" gives None."""
    return lambda value: None if value in ("", None) else make(value)


class _Choice:
    empty_message = TO_CHOOSE

    def __init__(self, *given: Any, **more: Any) -> None:
        more.setdefault("invalid_choice_message", lazy_gettext("選択肢から選んでください。"))
        more.setdefault("invalid_value_message", lazy_gettext("選択肢から選んでください。"))
        super().__init__(*given, **more)


class ChoiceField(_Choice, wtforms.SelectField):
    """One of a list that folds down. `choices` are `wtforms.fields.SelectChoice` or a function that gives them."""


class RadioField(_Choice, wtforms.RadioField):
    """One of a few, all in sight."""

    layout = "options"

    def pre_validate(self, form: Any) -> None:
        # Nothing chosen is the business of Required; WTForms would call it a wrong choice.
        if self.data is not None or self.raw_data:
            super().pre_validate(form)


class TicksField(_Choice, wtforms.SelectMultipleField):
    """Any number of a few, all in sight; the value is a list."""

    layout = "options"
    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()


class TickField(wtforms.BooleanField):
    """Yes or no."""

    layout = "tick"
    empty_message = lazy_gettext("確かめて、印を付けてください。")


class _Files:
    """What both file fields say after a refusal: no page can put a chosen file back into its field."""

    empty_message = lazy_gettext("ファイルを選んでください。")
    data: Any

    def chosen(self) -> str:
        """Name the files that were sent."""
        files = self.data if isinstance(self.data, list) else [self.data]
        return gettext("、").join(showable(file.filename) for file in files if hasattr(file, "filename"))


class FileField(_Files, _FileField):
    """One file; the value is a werkzeug FileStorage or None."""


class FilesField(_Files, _MultipleFileField):
    """Several files; the value is a list of werkzeug FileStorage."""
