"""What the runner does for the room: close the months whose closing day has come."""

from datetime import datetime

from isms.core.errors import Conflict
from isms.core.permissions import SYSTEM
from isms.dailychecks.closing import close_month, months_to_close


def close_due(now: datetime) -> None:
    """Close every month that is due, the oldest first; one that another runner just closed is done."""
    for daily, month in months_to_close(now):
        try:
            close_month(daily.id, month, by=SYSTEM, now=now)
        except Conflict:
            continue
