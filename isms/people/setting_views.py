"""What the organisation decides: the list of settings, and a page to change each."""

from flask import flash, g, redirect, url_for
from wtforms.fields import SelectChoice

from isms.core import clock, settings
from isms.core.errors import NotFound
from isms.core.permissions import Permission
from isms.core.web import Answer, Room
from isms.core.words import gettext, lazy_gettext
from isms.people import rules
from isms.people.account_forms import SettingForm, SettingTicksForm

room = Room("settings", __name__)
room.in_nav(
    lazy_gettext("設定"),
    "index",
    Permission.SETTINGS_EDIT,
    820,
    aside=lambda: g.actor.has(Permission.CONTROLS_READ),  # the daily work of whoever only administers
)


@room.route("/settings", permission=Permission.SETTINGS_EDIT)
def index() -> Answer:
    """List the settings and what is in force."""
    return {"settings": settings.SETTINGS.values()}


@room.route("/settings/<name>", methods=["GET", "POST"], permission=Permission.SETTINGS_EDIT)
def edit(name: str) -> Answer:
    """Change a setting."""
    if name not in settings.SETTINGS:
        raise NotFound()
    setting = settings.SETTINGS[name]
    form = _form(setting)
    if form.run(
        lambda: rules.change_setting(name, form.text(), version=form.version.data, by=g.actor, now=clock.now())
    ):
        flash(gettext("変更しました。"))
        return redirect(url_for("settings.index"), 303)
    return {"form": form, "setting": setting}


def _form(setting: settings.Setting) -> SettingForm:
    value, version = settings.get(setting.name), settings.version(setting.name)
    if setting.choices:
        form: SettingForm = SettingTicksForm(value=value, version=version)
        form.value.choices = [SelectChoice(one, str(label)) for one, label in setting.choices]
    else:
        form = SettingForm(value=setting.write(value), version=version)
    form.value.label.text, form.value.description = str(setting.label), str(setting.help)
    return form
