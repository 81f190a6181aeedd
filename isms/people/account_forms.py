"""Forms of the administrator."""

from wtforms.fields import SelectChoice

from isms.core.fields import ChoiceField, Empty, Required, TextField, TicksField
from isms.core.forms import Form, VersionField
from isms.core.permissions import Role
from isms.core.words import lazy_gettext

# staff and department heads are what the registers make them
GIVEN = [role for role in Role if role not in (Role.STAFF, Role.HEAD)]


class RoleForm(Form):
    """A role to give."""

    role = ChoiceField(
        lazy_gettext("与える役割"),
        [Required()],
        choices=lambda: [SelectChoice(role.value, str(role.label)) for role in GIVEN],
        coerce=Role,
    )


class SettingForm(Form):
    """A setting, as the text that its reader reads."""

    value = TextField("", [Required()], longest=500)
    version = VersionField()

    def text(self) -> str:
        """Give what the setting's reader reads."""
        return str(self.value.data)


class SettingTicksForm(SettingForm):
    """A setting that is any number of a few."""

    value = TicksField("", [Empty()])

    def text(self) -> str:
        return " ".join(self.value.data)
