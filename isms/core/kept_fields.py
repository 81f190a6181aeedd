"""Files in forms: what was sent once is kept in the store, so that a refused form asks for none of it again."""

from collections.abc import Callable
from typing import Any

import wtforms
from flask import current_app, g, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from wtforms.widgets import TextInput

from isms.core import blobs
from isms.core.errors import Invalid
from isms.core.words import gettext

DAY_KEPT = 86_400  # seconds for which a signed file may stand in a form; the sweep leaves it as long


class KeptField(wtforms.Field):
    """Files that lie in the store already, each as a signed text that only its sender can use.

    `make` makes one from what was signed: a NamedTuple with `name` and `sha256`.
    """

    widget = TextInput()
    data: list[Any]

    def __init__(self, label: Any, make: Callable[..., Any], **more: Any) -> None:
        self.make = make
        super().__init__(label, **more)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = []
        for text in dict.fromkeys(valuelist):
            try:
                person_id, *told = _signer().loads(text, max_age=DAY_KEPT)
            except BadSignature:
                person_id, told = None, []
            if person_id is None or person_id != g.actor.person_id:
                self.process_errors.append(gettext("ファイルをもう一度選んでください。"))
            elif not blobs.stands((kept := self.make(*told)).sha256):
                self.process_errors.append(gettext("ファイル「%(name)s」を、もう一度選んでください。", name=kept.name))
            else:
                self.data.append(kept)

    def signed(self) -> list[tuple[Any, str]]:
        """Give each file with its signed text."""
        return [(kept, _signer().dumps([g.actor.person_id, *kept])) for kept in self.data or []]

    def _value(self) -> str:
        return ""


def _signer() -> URLSafeTimedSerializer:
    """Sign for the form that is asked alone: another takes other kinds of files, or photographs made fit to be kept."""
    return URLSafeTimedSerializer(current_app.secret_key or b"", salt=f"files of {request.endpoint}")


def take_in(form: Any, keep: Callable[[str, Any], Any], most: int) -> None:
    """Keep the files that were just sent in `form.files`; they stand in `form.kept` then, at most so many.

    `keep` takes a name and a stream; what is wrong with one (Invalid) stands on the field.
    """
    wrong: list[Any] = []
    have = list(form.kept.data or [])
    for sent in form.files.data or []:
        if not getattr(sent, "filename", ""):
            continue
        try:
            one = keep(sent.filename, sent.stream)
        except Invalid as error:
            wrong.append(str(error))
            continue
        if one not in have:
            have.append(one)
    if len(have) > most:
        too_many = gettext("一度に添えられるファイルは %(most)s個までです。", most=most)
        form.kept.process_errors = [*form.kept.process_errors, too_many]
    form.kept.data, form.files.data = have, []
    form.files.process_errors = [*form.files.process_errors, *wrong]
