"""How the organisation words the standards: corrected titles and controls of its own. Both are facts; the newest counts."""

import re
import unicodedata
from datetime import datetime
from typing import Any

from isms import trail
from isms.catalogue.editions import Edition, Kind, Label, Requirement
from isms.catalogue.models import OwnControl, TitleCorrection
from isms.catalogue.shelf import standards
from isms.core.database import atomic
from isms.core.errors import Invalid, NotFound
from isms.core.permissions import Actor
from isms.core.text import clean_text
from isms.core.unchanged import Kept
from isms.core.words import gettext

_SAID: dict[Any, Kept[list[Any]]] = {
    TitleCorrection: Kept(lambda: list(TitleCorrection.select().order_by(TitleCorrection.id))),
    OwnControl: Kept(lambda: list(OwnControl.select().order_by(OwnControl.id))),
}
OWN_KEY = re.compile(r"[A-Z]{1,10}[.-][0-9]{1,4}(\.[0-9]{1,4}){0,2}")


def adapted(edition_id: str, known_at: datetime | None = None) -> Edition:
    """Give the edition as the organisation words it, by what was known at the moment (None: by all).

    Both tables are small: they are read whole, and again only when something was recorded.
    """
    edition = standards().edition(edition_id)
    titles = _newest(TitleCorrection, edition_id, known_at)
    own = _newest(OwnControl, edition_id, known_at)
    if not titles and not own:
        return edition
    labels = {row.key: Label(row.title_ja, row.title_en) for row in titles if edition.find(row.key)}
    return edition.adapted(labels, (_requirement(row) for row in own if row.in_use))


def _newest(model: Any, edition_id: str, known_at: datetime | None) -> list[Any]:
    """Give the newest row of each key, as of what was known."""
    rows = (row for row in _SAID[model].get() if row.edition == edition_id)
    return list({row.key: row for row in rows if known_at is None or row.recorded_at <= known_at}.values())


def _requirement(row: OwnControl) -> Requirement:
    title = Label(row.title_ja, row.title_en)
    return Requirement(row.edition, row.key, row.key, Kind.CONTROL, title, theme=row.theme)


def correct_title(
    edition_id: str, key: str, *, title_ja: str, title_en: str = "", by: Actor, now: datetime
) -> TitleCorrection:
    """Word a title of the standard differently from now on; without English the standard's own stays."""
    with atomic():
        requirement = standards().edition(edition_id).get(key)
        title_en = clean_text(title_en, 300) or requirement.title_en
        row = TitleCorrection.create(
            edition=edition_id,
            key=key,
            title_ja=_title(title_ja),
            title_en=title_en,
            recorded_at=now,
            recorded_by=by.id,
        )
        trail.record(by, "title.corrected", row, now, after=row.plain())
        return row


def own_controls(edition_id: str) -> dict[str, OwnControl]:
    """Give the organisation's own controls that are in use, by key."""
    return {row.key: row for row in _newest(OwnControl, edition_id, None) if row.in_use}


def add_own_control(
    edition_id: str, key: str, *, title_ja: str, title_en: str = "", theme: str = "", by: Actor, now: datetime
) -> OwnControl:
    """Add a control of the organisation's own; the same number again words it anew."""
    with atomic():
        edition = standards().edition(edition_id)
        known = key in own_controls(edition_id)
        values = {"key": own_key(edition, key), "title_ja": _title(title_ja), "title_en": clean_text(title_en, 300)}
        if theme and theme not in edition.themes:
            raise Invalid({"theme": gettext("選択肢から選んでください。")})
        row = OwnControl.create(edition=edition_id, theme=theme, recorded_at=now, recorded_by=by.id, **values)
        trail.record(by, "own_control.changed" if known else "own_control.added", row, now, after=row.plain())
        return row


def end_own_control(edition_id: str, key: str, *, by: Actor, now: datetime) -> OwnControl:
    """End a control of the organisation's own; its decisions and evidence stay on record."""
    with atomic():
        old = own_controls(edition_id).get(key)
        if old is None:
            raise NotFound()
        values = {"edition": old.edition, "key": key, "title_ja": old.title_ja, "title_en": old.title_en}
        row = OwnControl.create(theme=old.theme, in_use=False, recorded_at=now, recorded_by=by.id, **values)
        trail.record(by, "own_control.ended", row, now, after=row.plain())
        return row


def own_key(edition: Edition, text: str) -> str:
    """Read the number of an own control; Invalid for one that looks like, or is, one of the standard."""
    key = unicodedata.normalize("NFKC", text).strip().upper()
    if not OWN_KEY.fullmatch(key) or edition.find(key) or key.startswith("A."):
        raise Invalid({"key": gettext("X.1 のように、規格にない英字で始まる番号を入力してください。")})
    return key


def _title(text: str) -> str:
    title = clean_text(text, 300)
    if not title:
        raise Invalid({"title_ja": gettext("表題を入力してください。")})
    return title
