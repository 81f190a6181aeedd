"""What the runner does for the room: open what is due to be opened."""

from datetime import datetime

from isms.calendar.opening import open_occurrence, waiting
from isms.core import settings
from isms.core.database import STORAGE_ERRORS
from isms.core.logs import log
from isms.core.permissions import SYSTEM


def open_due(now: datetime) -> None:
    """Open every time whose day of opening has come, the oldest first, each in a transaction of its own.

    What a kind cannot open is logged and waits for the next tick, and so do the later times of its schedule: order holds.
    """
    stuck: set[int] = set()
    for time in waiting(settings.today(now)):
        if time.schedule_id in stuck:
            continue
        try:
            open_occurrence(time.schedule_id, time.nominal, by=SYSTEM, now=now)
        except STORAGE_ERRORS:
            raise
        except Exception as error:
            stuck.add(time.schedule_id)
            what = {"schedule": time.schedule_id, "nominal": time.nominal.isoformat()}
            log.error("occurrence not opened", **what, error=type(error).__name__, exc_info=error)
