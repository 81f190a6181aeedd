"""Forms of what becomes of an occurrence."""

from datetime import date
from typing import Any

from wtforms.validators import StopValidation

from isms.core.fields import DayField, Empty, FilesField, LinesField, Required, TextField
from isms.core.forms import Form
from isms.core.kept_fields import KeptField, take_in
from isms.core.words import gettext, lazy_gettext
from isms.evidence import files as file_rules
from isms.evidence.files import MOST_FILES, Kept, Upload

DAY_HELP = lazy_gettext("2026-04-01、R8.4.1、令和8年4月1日 のどの書き方でもかまいません。")
EVIDENCE_HELP = lazy_gettext("すでに登録した証跡があれば、その番号（EV-2026-0001）。")


class FinishForm(Form):
    """That it was done, on a day."""

    day = DayField(lazy_gettext("行った日"), [Required()], description=DAY_HELP)
    text = LinesField(
        lazy_gettext("記録"), [Empty()], description=lazy_gettext("結果や気付いたこと。なければ空けておきます。")
    )
    evidence_ref = TextField(lazy_gettext("証跡"), [Empty()], description=EVIDENCE_HELP)


class ReviewedForm(Form):
    """That a register was looked through, with what came of it."""

    day = DayField(lazy_gettext("見直した日"), [Required()], description=DAY_HELP)
    text = LinesField(
        lazy_gettext("見直しの結果"),
        [Required()],
        description=lazy_gettext("何を確かめ、何を直したか。直すところがなければ、そう書きます。"),
    )


class PostponeForm(Form):
    """To which day, and why."""

    to_day = DayField(lazy_gettext("新しい予定日"), [Required()], description=DAY_HELP)
    text = LinesField(lazy_gettext("延期の理由"), [Required()])


class SkipForm(Form):
    """Why it does not take place this time."""

    text = LinesField(lazy_gettext("見送りの理由"), [Required()])


class SubstituteForm(Form):
    """What was done in its place, and why."""

    day = DayField(lazy_gettext("行った日"), [Required()], description=DAY_HELP)
    text = LinesField(lazy_gettext("代わりに行ったことと、その理由"), [Required()])
    evidence_ref = TextField(lazy_gettext("証跡"), [Empty()], description=EVIDENCE_HELP)


class ReopenForm(Form):
    """Why it is open again."""

    text = LinesField(lazy_gettext("戻す理由"), [Required()])


class CollectForm(Form):
    """The evidence that was to be collected, on one screen."""

    collected_on = DayField(lazy_gettext("収集日"), [Required()], description=lazy_gettext("証跡を手に入れた日。"))
    valid_until = DayField(
        lazy_gettext("有効期限"),
        [Required()],
        description=lazy_gettext("次の回の期限まで間が空かないように入れてあります。"),
    )
    note = LinesField(lazy_gettext("備考"), [Empty()])
    url = TextField(
        lazy_gettext("リンク"),
        [Empty()],
        longest=2000,
        description=lazy_gettext("庁内の文書管理などの場所（https://…）。開いて確かめることはしません。"),
    )
    files = FilesField(lazy_gettext("ファイルを選ぶ"), [Empty()])
    kept = KeptField(lazy_gettext("受け取ったファイル"), Kept)

    def validate_valid_until(self, field: Any) -> None:
        """Say at once what the rule would refuse."""
        collected: date | None = self.collected_on.data
        if field.data and collected and field.data < collected:
            raise StopValidation(gettext("有効期限が収集日より前です。"))

    def take_in(self) -> None:
        """Keep the files that were just sent; what is wrong with one stands on the field."""
        take_in(self, lambda name, stream: file_rules.keep([Upload(name, stream)])[0], MOST_FILES)

    def arguments(self) -> dict[str, Any]:
        """Give the values as the rule wants them."""
        values = self.values()
        values["files"] = values.pop("kept")
        return values
