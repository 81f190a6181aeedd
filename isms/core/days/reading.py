"""Reading a day as offices write it. What is ambiguous or impossible is refused with the reason, never guessed."""

import re
from calendar import monthrange
from datetime import date, datetime, time, timedelta
from typing import Any

from isms.core.days.eras import BY_NAME, Era, era_day, numbered
from isms.core.days.plain import plain
from isms.core.days.writing import ENGLISH_WEEKDAYS, WEEKDAYS
from isms.core.words import gettext, lazy_gettext

FIRST_YEAR, LAST_YEAR = 1868, 2199
LONGEST = 60  # characters; a date has fewer, and nobody waits for a page of text to be normalised

ERA = "|".join(sorted(BY_NAME, key=len, reverse=True))
YEAR = rf"(?:(?:西暦)?(?P<west>[0-9]{{4}})|(?P<era>{ERA})\.?(?P<year>[0-9]{{1,3}}|元))"
# The mark after the year decides the mark after the month, so `2026/4-1` is no date.
DAY = re.compile(
    rf"{YEAR}(?:(?P<mark>[-/.])|年)(?P<month>[0-9]{{1,2}})(?(mark)(?P=mark)|月)(?P<day>[0-9]{{1,2}})(?(mark)|日)"
)
COMPACT = re.compile(r"(?:(?P<west>[0-9]{4})|(?P<era>[RHSTM])(?P<year>[0-9]{2}))(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
WEEKDAY = re.compile(
    rf"(?:\((?P<paren>[{WEEKDAYS}])(?:曜日?)?(?:[./,]?(?:祝日?|休日?))?\)|(?P<bare>[{WEEKDAYS}])曜日?"
    rf"|\((?P<english>{'|'.join(ENGLISH_WEEKDAYS).upper()})[A-Z]*\))$"
)
MIDNIGHT = re.compile(r"[T ]0?0:00(?::00(?:\.0+)?)?$")
CLOCK = re.compile(r"[T ]?[0-9]{1,2}:[0-9]{2}")

UNKNOWN = lazy_gettext("日付として読めません。2026-04-01、R8.4.1、令和8年4月1日 のように入れてください。")
NO_YEAR = lazy_gettext("年がありません。2026-04-01、令和8年4月1日 のように、年から入れてください。")
WHICH_YEAR = lazy_gettext("どの年か決められません。西暦を4桁で入れるか（2026/4/1）、元号を付けてください（R8.4.1）。")
WITH_TIME = lazy_gettext("時刻は付けずに、日付だけを入れてください。")
AMBIGUOUS = (
    (re.compile(r"[0-9]{1,2}(?:[-/.][0-9]{1,2}|月[0-9]{1,2}日?)"), NO_YEAR),
    (re.compile(r"[0-9]{1,4}(?:([-/.])[0-9]{1,2}\1[0-9]{1,4}|年[0-9]{1,2}月[0-9]{1,2}日?)|[0-9]{6,7}"), WHICH_YEAR),
    (re.compile(rf"{YEAR}(?:年|[-/.])[0-9]{{1,2}}月?"), lazy_gettext("日がありません。月の何日かまで入れてください。")),
)


class UnreadableDay(ValueError):
    """The text is no date, or not surely one; the message says why. Not `known`: it does not even look like a date."""

    def __init__(self, message: Any, *, known: bool = True) -> None:
        super().__init__(message)
        self.message = message
        self.known = known

    def __str__(self) -> str:
        return str(self.message)


def read_day(value: object) -> date:
    """Read a day from a text, a date, a midnight datetime, or a number out of a sheet (Excel's 1900 system)."""
    if isinstance(value, datetime):
        if value.time() != time.min or value.tzinfo is not None:
            raise UnreadableDay(WITH_TIME)
        value = value.date()
    if isinstance(value, date):
        return in_range(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return read_number(value)
    if isinstance(value, str):
        return read_text(value)
    raise UnreadableDay(UNKNOWN, known=False)


def read_text(text: str) -> date:
    """Read a day from a text."""
    if not text.strip():
        raise UnreadableDay(gettext("日付を入れてください。"), known=False)
    if len(text) > LONGEST:
        raise UnreadableDay(UNKNOWN, known=False)
    rest = MIDNIGHT.sub("", plain(text))
    weekday = WEEKDAY.search(rest)
    rest = rest[: weekday.start()] if weekday else rest
    match = DAY.fullmatch(rest) or COMPACT.fullmatch(rest)
    if not match:
        raise why_not(rest)
    day = build(match)
    if weekday:
        check_weekday(day, weekday)
    return day


def read_number(number: float) -> date:
    """Read a number out of a sheet: a serial day of Excel's 1900 system, or 20260401 typed without marks."""
    if number != number or number in (float("inf"), float("-inf")):
        raise UnreadableDay(UNKNOWN, known=False)
    if number != int(number):
        # 46113.5 is noon; 4.1 is the first of April that Excel took for a number.
        raise UnreadableDay(WITH_TIME if number > LAST_YEAR else UNKNOWN)
    serial = int(number)
    if FIRST_YEAR * 10_000 <= serial < (LAST_YEAR + 1) * 10_000:
        return read_text(str(serial))
    if FIRST_YEAR <= serial <= LAST_YEAR:
        # As a serial day this would be in 1905: far more likely somebody entered only the year.
        raise UnreadableDay(gettext("%(year)s は年だけのようです。月と日も入れてください。", year=serial))
    if serial == 60:
        # Excel counts a 29 February 1900 that never was.
        raise UnreadableDay(gettext("%(year)s年%(month)s月は%(days)s日までです。", year=1900, month=2, days=28))
    if not 0 < serial <= (date(LAST_YEAR, 12, 31) - date(1899, 12, 30)).days:
        raise UnreadableDay(UNKNOWN, known=False)
    return date(1899, 12, 31 if serial < 60 else 30) + timedelta(days=serial)


def why_not(text: str) -> UnreadableDay:
    """Say why the plain text is not surely a date."""
    clock = CLOCK.search(text)
    if clock and DAY.fullmatch(text[: clock.start()]):
        return UnreadableDay(WITH_TIME)
    for pattern, reason in AMBIGUOUS:
        if pattern.fullmatch(text):
            return UnreadableDay(reason)
    return UnreadableDay(UNKNOWN, known=False)


def build(match: re.Match[str]) -> date:
    """Make the date of a match with the groups west | era, year and month, day."""
    year, era, label = read_year(match)
    month, day_number = int(match["month"]), int(match["day"])
    check_month(month)
    days = monthrange(year, month)[1]
    if day_number > days:
        reason = gettext("%(year)s年%(month)s月は%(days)s日までです。", year=label, month=month, days=days)
        raise UnreadableDay(reason)
    if not day_number:
        raise UnreadableDay(gettext("日は1からです。"))
    day = date(year, month, day_number)
    if era:
        check_era(day, era)
    return day


def read_year(match: re.Match[str]) -> tuple[int, Era | None, str]:
    """Read the year of a match: the calendar year, its era if one is written, and the year as written."""
    if match["west"]:
        return year_in_range(int(match["west"])), None, match["west"]
    era = BY_NAME[match["era"]]
    number = 1 if match["year"] == "元" else int(match["year"])
    if not number:
        raise UnreadableDay(gettext("%(era)sに0年はありません。", era=era.name))
    return year_in_range(era.first.year + number - 1), era, numbered(era, number)


def year_in_range(year: int) -> int:
    """Give back the year, which must be one that an office can mean."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        reason = gettext("%(first)s年から%(last)s年までの日付を入れてください。", first=FIRST_YEAR, last=LAST_YEAR)
        raise UnreadableDay(reason)
    return year


def in_range(day: date) -> date:
    """Give back the day, whose year must be one that an office can mean."""
    year_in_range(day.year)
    return day


def check_month(month: int) -> None:
    """Refuse a month that is none."""
    if not 1 <= month <= 12:
        raise UnreadableDay(gettext("月は1から12までです。"))


def check_era(day: date, era: Era) -> None:
    """Refuse a day outside the era that it is written in, and name the era it lies in."""
    if era.holds(day):
        return
    known = {"era": era.name, "meant": era_day(day), "meant_iso": day.isoformat()}
    if era.last and day > era.last:
        last = era_day(era.last).removeprefix(era.name)
        text = gettext("%(era)sは%(last)sまでです。%(meant)sではありませんか。", last=last, last_iso=era.last, **known)
    else:
        first = era_day(era.first).removeprefix(era.name)
        text = gettext(
            "%(era)sは%(first)sからです。%(meant)sではありませんか。", first=first, first_iso=era.first, **known
        )
    raise UnreadableDay(text)


def check_weekday(day: date, written: re.Match[str]) -> None:
    """Refuse a weekday that is not the day's."""
    kanji = written["paren"] or written["bare"]
    if kanji:
        given = WEEKDAYS.index(kanji)
    else:
        given = ENGLISH_WEEKDAYS.index(written["english"].capitalize())
    if given != day.weekday():
        raise UnreadableDay(
            gettext(
                "%(year)s年%(month)s月%(day)s日は%(actual)s曜日です（%(given)s曜日と書いてあります）。",
                year=day.year,
                month=day.month,
                day=day.day,
                actual=WEEKDAYS[day.weekday()],
                given=WEEKDAYS[given],
                iso=day.isoformat(),
                actual_en=ENGLISH_WEEKDAYS[day.weekday()],
                given_en=ENGLISH_WEEKDAYS[given],
            )
        )
