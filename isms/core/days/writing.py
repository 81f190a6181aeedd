"""Days as people read them; eras are written in `eras.py`."""

from datetime import date

WEEKDAYS = "月火水木金土日"
# Not strftime: the words must not follow the locale of the operating system.
ENGLISH_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def short_day(day: date, locale: str) -> str:
    """Write the day without its weekday: `2026年11月21日` in ja, `2026-11-21` otherwise."""
    return f"{day.year}年{day.month}月{day.day}日" if locale == "ja" else day.isoformat()


def long_day(day: date, locale: str) -> str:
    """Write the day with its weekday: `2026年11月21日（土）` in ja, `2026-11-21 (Sat)` otherwise."""
    if locale == "ja":
        return f"{day.year}年{day.month}月{day.day}日（{WEEKDAYS[day.weekday()]}）"
    return f"{day.isoformat()} ({ENGLISH_WEEKDAYS[day.weekday()]})"
