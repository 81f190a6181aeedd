"""Where days of an organisation's time zone begin and end in UTC."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo


def local_day(moment: datetime, zone: tzinfo) -> date:
    """Give the day on the zone's calendar at the moment (aware)."""
    if moment.tzinfo is None:
        raise ValueError("a moment must be aware")
    return moment.astimezone(zone).date()


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """Give the first moment of the zone's day, in UTC."""
    # Where a clock change leaves out midnight, fold=0 gives just the moment of the change.
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def end_of_day(day: date, zone: tzinfo) -> datetime:
    """Give the last microsecond of the zone's day, in UTC."""
    return start_of_day(day + timedelta(days=1), zone) - timedelta(microseconds=1)
