"""Forms of signing in and of one's own account.

Those that sign in carry no form key: a second press signs in again, which is harmless, and must not lose the first.
"""

from typing import Any

from wtforms.fields import SelectChoice
from wtforms.validators import ValidationError

from isms.core.fields import RadioField, Required, SecretField, TextField
from isms.core.forms import Form
from isms.core.words import gettext, lazy_gettext

NAME = lazy_gettext("職員番号かメールアドレス")
PASSWORD = lazy_gettext("パスワード")
NEW_PASSWORD = lazy_gettext("新しいパスワード")
CURRENT_PASSWORD = lazy_gettext("いまのパスワード")


class SignInForm(Form):
    """Who, and the password."""

    form_key = None
    name = TextField(NAME, [Required()], longest=254)
    password = SecretField(PASSWORD, [Required()])


class CodeForm(Form):
    """A code of the authenticator app."""

    form_key = None
    code = TextField(lazy_gettext("6桁の番号"), [Required()], longest=40)


class RecoveryForm(Form):
    """A recovery code."""

    form_key = None
    code = TextField(lazy_gettext("回復コード"), [Required()], longest=40)


class LinkForm(Form):
    """The button that uses a sign-in link up."""

    form_key = None


class NewPasswordForm(Form):
    """A new password, twice."""

    form_key = None
    password = SecretField(NEW_PASSWORD, [Required()])
    again = SecretField(lazy_gettext("新しいパスワード（確認）"), [Required()])

    def validate_again(self, field: Any) -> None:
        if field.data != self.password.data:
            raise ValidationError(gettext("二つのパスワードが違います。同じものを入力してください。"))


class ChangePasswordForm(NewPasswordForm):
    """The current password and a new one."""

    current = SecretField(CURRENT_PASSWORD, [Required()])


class CurrentPasswordForm(Form):
    """The current password, asked again before something that a borrowed browser must not do."""

    current = SecretField(CURRENT_PASSWORD, [Required()])


class EnrolForm(Form):
    """A first code, which shows that the app was set up."""

    code = TextField(lazy_gettext("6桁の番号"), [Required()], longest=40)


class OwnEnrolForm(EnrolForm):
    """A first code, and the password again."""

    current = SecretField(CURRENT_PASSWORD, [Required()])


class LanguageForm(Form):
    """The language of the pages."""

    locale = RadioField(
        lazy_gettext("画面の言語"),
        [Required()],
        choices=[SelectChoice("ja", "日本語"), SelectChoice("en", "English")],  # each in its own words
    )
