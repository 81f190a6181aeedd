"""Reference numbers that people read out: `EV-2026-0042`, counted without gap in each fiscal year."""

from datetime import datetime
from typing import Any

from peewee import fn

from isms.core import settings
from isms.core.days import fiscal_year


def next_ref(model: Any, prefix: str, now: datetime) -> str:
    """Give the next reference of the moment's fiscal year; call it inside atomic()."""
    year = fiscal_year(settings.today(now), settings.get("fiscal_year_start_month"))
    begin = f"{prefix}-{year}-"
    # Not LIKE: the newest row is nearly always of this year, so walking back by id finds it at once.
    of_year = fn.SUBSTR(model.ref, 1, len(begin)) == begin
    last = model.select(model.ref).where(of_year).order_by(model.id.desc()).limit(1).tuples().first()
    return f"{begin}{int(last[0].removeprefix(begin)) + 1 if last else 1:04d}"
