"""Forms: read what was posted, run one rule, put its refusals back on the fields."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, SubmitField
from wtforms.widgets import HiddenInput

from isms.core.errors import Invalid
from isms.core.fields import FileField, FilesField
from isms.core.look import new_form_key

T = TypeVar("T")
OF_THE_GATE = ("csrf_token", "form_key")


class OnceField(HiddenField):
    """The key that lets one rendering of a form be submitted once: a new one with every rendering (attack 49)."""

    def _value(self) -> str:
        return new_form_key()


class VersionField(Field):
    """The version of the record that an edit began on; finds two people editing one record."""

    widget = HiddenInput()

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = str(valuelist[0]) if valuelist else ""
        # Anything but a number is a version that nothing has, so the rule answers with a conflict.
        self.data = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1

    def _value(self) -> str:
        return "" if self.data is None else str(self.data)


class Form(FlaskForm):
    """A form of a room; its fields come from `isms.core.fields`."""

    form_key: Any = OnceField()

    def run(self, rule: Callable[[], T]) -> T | bool | None:
        """On a POST that validates, run the rule and give its result (True for an empty one).

        None when nothing was posted, when a field is wrong, or when the rule raised Invalid: the messages are on the
        fields then, those for unknown names on the form as a whole.
        """
        return self.taken(rule) if self.validate_on_submit() else None

    def taken(self, rule: Callable[[], T]) -> T | bool | None:
        """Run the rule for what was entered and give its result (True for an empty one); None when it raised Invalid."""
        try:
            return rule() or True
        except Invalid as error:
            self.refuse(error)
            return None

    def refuse(self, error: Invalid) -> None:
        """Put what a rule refused on the fields that it names."""
        for name, message in error.fields.items():
            field = self._fields.get(name)
            if field is None or isinstance(field.widget, HiddenInput):
                self.form_errors.append(message)
            else:
                field.errors = [*field.errors, message]

    def values(self) -> dict[str, Any]:
        """Give what was entered by field name, without what only the gate reads."""
        return {
            name: field.data
            for name, field in self._fields.items()
            if name not in OF_THE_GATE and not isinstance(field, SubmitField)
        }

    def shown(self) -> Iterator[Any]:
        """Give the fields that one sees, in order."""
        return (field for field in self if not isinstance(field.widget, HiddenInput))

    def all_errors(self) -> list[tuple[Any, Any]]:
        """Give (field, message) for the list on top; the field is None for the form as a whole."""
        whole = [(None, message) for message in self.form_errors]
        hidden = [(None, m) for f in self if isinstance(f.widget, HiddenInput) for m in f.errors]
        return whole + hidden + [(field, message) for field in self.shown() for message in field.errors]

    @property
    def has_files(self) -> bool:
        """Tell whether the form must be sent as multipart."""
        return any(isinstance(field, FileField | FilesField) for field in self)
