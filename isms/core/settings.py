"""What an organisation decides: declared with a default by the room that needs it, kept in one table.

`get` reads, `people.rules.change_setting` writes (with a trail row). `docs/settings.md` explains each.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from peewee import TextField

from isms.core.database import Register
from isms.core.days import local_day
from isms.core.errors import Invalid
from isms.core.permissions import Role
from isms.core.unchanged import Kept
from isms.core.words import gettext, lazy_gettext


@dataclass(frozen=True)
class Setting:
    """One decision: its name, default, label, and how a typed text becomes its value."""

    name: str
    default: Any
    label: Any
    help: Any
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str
    choices: tuple[tuple[str, Any], ...] = ()  # (value, label) when the value is a list of some of these

    def shown(self) -> str:
        """Say in words what is in force."""
        value = get(self.name)
        if not self.choices:
            return self.write(value)
        return gettext("、").join(str(label) for one, label in self.choices if one in value)


class SettingRow(Register):
    """A decision that differs from its default; the value is JSON."""

    name = TextField(unique=True)
    value = TextField()

    class Meta:
        table_name = "setting"


SETTINGS: dict[str, Setting] = {}


def declare(name: str, default: Any, label: Any, help: Any, read: Callable[[str], Any], **more: Any) -> None:
    """Declare a setting; the name is unique."""
    if name in SETTINGS:
        raise ValueError(f"setting {name} is declared twice")
    SETTINGS[name] = Setting(name, default, label, help, read, **more)


def get(name: str) -> Any:
    """Give the value in force."""
    return _rows.get().get(name, SETTINGS[name].default)


def _read() -> dict[str, Any]:
    return {row.name: json.loads(row.value) for row in SettingRow.select()}


_rows = Kept(_read)


def version(name: str) -> int:
    """Give the version of the setting's row; 0 as long as the default is in force."""
    row = SettingRow.get_or_none(SettingRow.name == name)
    return 0 if row is None else row.version


def write(name: str, value: Any, version: int | None = None) -> tuple[SettingRow, dict[str, Any] | None]:
    """Write the value in the rule's transaction; gives the row and what it was before (None: the default)."""
    text = json.dumps(value, ensure_ascii=False)
    row = SettingRow.get_or_none(SettingRow.name == name)
    if row is None:
        SettingRow(version=0).must_be_version(version)
        return SettingRow.create(name=name, value=text), None
    row.must_be_version(version)
    before = row.plain()
    return row.change(value=text), before


def names_of(ids: list[int]) -> dict[int, str]:
    """Give the labels of settings by the id of their row."""
    rows = SettingRow.select(SettingRow.id, SettingRow.name).where(SettingRow.id.in_(ids)).tuples()
    return {i: str(SETTINGS[name].label) if name in SETTINGS else name for i, name in rows}


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """Make a reader of whole numbers within limits; it raises Invalid."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise Invalid(gettext("%(low)s から %(high)s までの整数を入力してください。", low=low, high=high))
        return number

    return read


def words(longest: int) -> Callable[[str], str]:
    """Make a reader of a text that is not empty; it raises Invalid."""

    def read(text: str) -> str:
        text = text.strip()
        if not text or len(text) > longest:
            raise Invalid(gettext("1文字から%(longest)s文字で入力してください。", longest=longest))
        return text

    return read


def role_list(text: str) -> list[str]:
    """Read role names parted by blanks or commas; raises Invalid for one that does not exist."""
    names = text.replace(",", " ").replace("、", " ").split()
    unknown = [name for name in names if name not in set(Role)]
    if unknown:
        raise Invalid(gettext("役割 %(name)s はありません。", name=unknown[0]))
    return sorted(set(names))


def timezone_name(text: str) -> str:
    """Read the name of a time zone; raises Invalid."""
    if text not in available_timezones():
        raise Invalid(gettext("Asia/Tokyo のような時間帯の名前を入力してください。"))
    return text


def zone() -> ZoneInfo:
    """Give the organisation's time zone, in which its days begin and end."""
    return ZoneInfo(get("timezone"))


def today(now: datetime) -> date:
    """Give the organisation's day at the moment."""
    return local_day(now, zone())


declare(
    "organisation_name",
    "",
    lazy_gettext("組織の名前"),
    lazy_gettext("画面の上と書類に出ます。"),
    words(100),
)
declare(
    "fiscal_year_start_month",
    4,
    lazy_gettext("年度の始まりの月"),
    lazy_gettext("4 なら4月から翌年3月までが1年度です。"),
    whole_number(1, 12),
)
declare(
    "timezone",
    "Asia/Tokyo",
    lazy_gettext("時間帯"),
    lazy_gettext("日付の区切りを決めます。"),
    timezone_name,
)
