"""Recurrences as people say them, in Japanese and English: 毎年11月, 毎月末営業日, every second Tuesday of the month.

The text is taken to pieces whatever their order; a piece that means nothing makes the whole unreadable.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from isms.calendar.recurrence import CODES, LONGEST_STEP, Recurrence
from isms.core.days.plain import NUMBER, counted
from isms.core.errors import Invalid
from isms.core.words import gettext

KANJI = "月火水木金土日"
DAY_WORD = "曜日?"
LONGEST = 200  # characters
QUARTER = "四半期"  # its 四 is no number
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NUMBERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "two": 2, "three": 3, "four": 4, "six": 6}
COUNT = r"(\d{1,4}|two|three|four|six)"
NTHS = r"(first|second|third|fourth|fifth|\d(?:st|nd|rd|th)|last)"
DAYNAME = r"(mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?s?"
MONTHNAME = (
    r"(january|february|march|april|may|june|july|august|september|october|november|december"
    r"|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?)(?![a-z])"
)
FILLERS = "on|the|of|in|and|every|each|a|day|by"


@dataclass
class Said:
    """What the pieces of a text said."""

    unit: str = ""  # day, week, month, year
    every: int = 1
    months: list[int] = field(default_factory=list)
    weekdays: list[int] = field(default_factory=list)
    nths: list[int] = field(default_factory=list)
    days: list[int] = field(default_factory=list)  # -1: the last one
    day_rule: str = ""
    often: bool = False

    def each(self, unit: str, every: int) -> None:
        if self.unit:
            raise ValueError("two periods")
        self.unit, self.every = unit, every

    def working(self, day: int, rule: str) -> None:
        self.days.append(day)
        self.day_rule = rule

    def each_working_day(self, match: re.Match[str]) -> None:
        self.each("day", 1)
        self.day_rule = "skip"

    def too_often(self, match: re.Match[str]) -> None:
        self.often = True


Reader = Callable[[Said, re.Match[str]], object]


def number(text: str) -> int:
    """Read a number in digits or in an English word, an ordinal too; `last` is -1."""
    if text == "last":
        return -1
    return NUMBERS.get(text) or int(re.sub(r"\D", "", text))


def _weekdays(said: Said, match: re.Match[str]) -> None:
    said.each("week", 1)
    said.weekdays += [KANJI.index(sign) for sign in re.sub(DAY_WORD, "", match[1]) if sign in KANJI]


def _months(said: Said, match: re.Match[str]) -> None:
    said.months += [int(month) for month in re.findall(r"\d+", match[1])]


def _nth(said: Said, nths: list[str], weekday: int) -> None:
    said.nths += [number(nth) for nth in nths]
    said.weekdays += [weekday] * len(nths)


def _english_day(name: str) -> int:
    return next(place for place, code in enumerate(CODES) if name.upper().startswith(code))


def _english_month(name: str) -> int:
    return MONTHS.index(name[:3]) + 1


def period(unit: str, every: int = 1) -> Reader:
    """Make the reader of a word that says how often."""
    return lambda said, match: said.each(unit, every)


def counted_period(unit: str) -> Reader:
    """Make the reader of a number of units."""
    return lambda said, match: said.each(unit, int(match[1]))


def last_or(day: int, rule: str) -> Reader:
    """Make the reader of a day of the month that minds closed days."""
    return lambda said, match: said.working(day, rule)


ONCE = r"(?:ごと|毎|に1[回度])"
PIECES: list[tuple[str, Reader]] = [
    (r"毎時|毎分|毎秒|時間ごと|分ごと|1?日に?\d+回|hourly", Said.too_often),
    (r"every (?:\w+ )?(?:hours?|minutes?)|(?:twice|\d+ times|several times) (?:a|per|every) day", Said.too_often),
    (r"毎営業日|毎?平日(?:毎日)?|(?:every|each) (?:working|business|week) ?day|on working days", Said.each_working_day),
    (r"毎日|daily|(?:every|each) day", period("day")),
    (r"隔週|(?:every )?(?:other|second) week|fortnightly|every fortnight", period("week", 2)),
    (r"隔月|every (?:other|second) month", period("month", 2)),
    (r"隔年|every (?:other|second) year", period("year", 2)),
    (rf"半年{ONCE}|half-yearly|twice a year|every half(?: a)? year", period("month", 6)),
    (rf"四半期{ONCE}|毎四半期|quarterly|every quarter", period("month", 3)),
    (rf"毎週の?([{KANJI}](?:曜日|曜)?(?:[・、,と&]?[{KANJI}](?:曜日|曜)?)*)", _weekdays),
    (rf"(\d+)[ヶケかカヵ個箇]月{ONCE}", counted_period("month")),
    (rf"(\d+)週間?{ONCE}", counted_period("week")),
    (rf"(\d+)年度?{ONCE}", counted_period("year")),
    (rf"(\d+)日{ONCE}", counted_period("day")),
    (rf"every {COUNT} (day|week|month|year)s?", lambda said, match: said.each(match[2], number(match[1]))),
    (
        r"once (?:a|every|per) (day|week|month|year)|(?:every|each) (week|month|year)",
        lambda said, match: said.each(match[1] or match[2], 1),
    ),
    (r"毎年度?|年に?1[回度]|yearly|annually", period("year")),
    (r"毎月|月に?1[回度]|monthly", period("month")),
    (r"毎週|週に?1[回度]|weekly", period("week")),
    (r"月?末の?営業日|(?:最終|最後の)営業日|last (?:working|business) day", last_or(-1, "before")),
    (r"第1営業日|(?:最初の|月?初の?|初)営業日|first (?:working|business) day", last_or(1, "after")),
    (
        rf"((?:第\d[・、,と]?)+)([{KANJI}])曜日?",
        lambda said, match: _nth(said, re.findall(r"\d", match[1]), KANJI.index(match[2])),
    ),
    (rf"(?:最終|最後の)([{KANJI}])曜日?", lambda said, match: _nth(said, ["last"], KANJI.index(match[1]))),
    (
        rf"{NTHS}(?:(?:,? and|,) {NTHS})? {DAYNAME}",
        lambda said, match: _nth(said, [nth for nth in match.groups()[:2] if nth], _english_day(match[3])),
    ),
    (rf"([{KANJI}])曜日?", lambda said, match: said.weekdays.append(KANJI.index(match[1]))),
    (DAYNAME + r"(?![a-z])", lambda said, match: said.weekdays.append(_english_day(match[1]))),
    (r"(\d{1,2}(?: ?[・、,と] ?\d{1,2})*)月", _months),  # 1・4・7・10月: all of them are months
    (r"月?末日?|last day", last_or(-1, "")),
    (r"月初|first day", last_or(1, "")),
    (r"(\d{1,2})日", lambda said, match: said.days.append(int(match[1]))),
    (MONTHNAME, lambda said, match: said.months.append(_english_month(match[1]))),
    (r"(\d{1,2})(?:st|nd|rd|th)?(?![\da-z])", lambda said, match: said.days.append(int(match[1]))),
    (rf"のうちに?|まで(?:に)?|[のにはと・、,&()/ ]|(?:{FILLERS})(?![a-z])", lambda said, match: None),
]
SCANNER = [(re.compile(pattern), reader) for pattern, reader in PIECES]


def examples() -> str:
    """Give some recurrences that can be read."""
    return gettext("毎年11月、毎年4月10日、毎月末営業日、毎月第2火曜日、毎週月曜日、毎営業日、3年ごと、半年ごと")


def read_words(text: str) -> Recurrence:
    """Read a recurrence; raises Invalid {"words": what to do}."""
    said = _taken(text)
    if said.often:
        raise _wrong(gettext("1日に2回以上の予定は作れません。毎日 か 毎営業日 にしてください。"))
    if not 1 <= said.every <= _most(said.unit):
        raise _wrong(gettext("間隔は1日から%(years)s年までにしてください。", years=LONGEST_STEP))
    _check_days(said)
    made = {"day": _daily, "week": _weekly, "month": _monthly, "year": _yearly}[_unit(said)](said)
    if made is None:
        raise _unreadable()
    return made


def _wrong(message: str) -> Invalid:
    return Invalid({"words": message})


def _unreadable() -> Invalid:
    return _wrong(gettext("読み取れません。次のように入力してください：%(examples)s", examples=examples()))


def _taken(text: str) -> Said:
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = NUMBER.sub(lambda match: counted(match.group()), plain.replace(QUARTER, "\0")).replace("\0", QUARTER)
    plain = re.sub(r"\s+", " ", plain).strip(" .。")
    said = Said()
    try:
        for reader, match in _pieces(plain):
            reader(said, match)
    except ValueError:
        raise _unreadable() from None
    return said


def _pieces(text: str) -> Iterator[tuple[Reader, re.Match[str]]]:
    place = 0
    if not 0 < len(text) <= LONGEST:
        raise ValueError("nothing was said, or far too much")
    while place < len(text):
        found = next(((reader, m) for pattern, reader in SCANNER if (m := pattern.match(text, place))), None)
        if found is None:
            raise ValueError("a piece that means nothing")
        place = found[1].end()
        yield found


def _unit(said: Said) -> str:
    """Give the unit; where no word said it, the one that the pieces speak of."""
    if said.unit:
        return said.unit
    if said.months:
        return "year"
    if said.nths or said.days:
        return "month"
    if said.weekdays:
        return "week"
    raise _unreadable()


def _most(unit: str) -> int:
    return {"day": 366, "week": 52, "month": 12}.get(unit, 1) * (LONGEST_STEP if unit in ("month", "year", "") else 1)


def _check_days(said: Said) -> None:
    """Refuse days that never come, and those that do not come in each of the months that are named."""
    wrong_month = next((month for month in said.months if not 1 <= month <= 12), None)
    if wrong_month is not None:
        raise _wrong(gettext("%(month)s月という月はありません。", month=wrong_month))
    wrong_day = next((day for day in said.days if day != -1 and not 1 <= day <= 31), None)
    if wrong_day is not None:
        raise _wrong(gettext("%(day)s日という日はありません。", day=wrong_day))
    if len(set(said.months)) > 1 and len(set(said.days)) > 1:  # 15 January and 20 July are two rules
        raise _wrong(gettext("月ごとに日が違う予定は、日ごとに分けて作ってください。"))
    for month in said.months:
        longest = monthrange(2028, month)[1]  # a leap year
        for day in said.days:
            if day > longest:
                raise _wrong(
                    gettext("%(month)s月%(day)s日という日はないので、一度も行われません。", month=month, day=day)
                )
            if (month, day) == (2, 29):
                raise _wrong(gettext("2月29日は4年に1度しかありません。毎年2月末 と入力してください。"))
    if any(nth not in (1, 2, 3, 4, -1) for nth in said.nths):
        raise _wrong(gettext("第5の曜日がない月があります。毎月最終金曜日 のように入力してください。"))


def _daily(said: Said) -> Recurrence | None:
    if said.months or said.weekdays or said.nths or said.days:
        return None
    return Recurrence("FREQ=DAILY" + _interval(said.every), day_rule=said.day_rule)


def _weekly(said: Said) -> Recurrence | None:
    if said.months or said.nths or said.days:
        return None
    if not said.weekdays:
        raise _wrong(gettext("曜日も入力してください。毎週月曜日 のように書きます。"))
    days = ",".join(CODES[day] for day in sorted(set(said.weekdays)))
    return Recurrence(f"FREQ=WEEKLY{_interval(said.every)};BYDAY={days}")


def _monthly(said: Said) -> Recurrence | None:
    if said.months and 12 % said.every:
        return None
    if said.months and said.every > 1:  # every half year from April: April and October
        if len(said.months) > 1 and sorted(said.months) != _spread(said.months[0], said.every):
            return None
        return _in_months(_spread(said.months[0], said.every), 1, said)
    if said.months:
        return None
    return _of_period(f"FREQ=MONTHLY{_interval(said.every)}", said)


def _spread(month: int, every: int) -> list[int]:
    return sorted((month - 1 + step) % 12 + 1 for step in range(0, 12, every))


def _yearly(said: Said) -> Recurrence | None:
    if said.months:
        return _in_months(sorted(set(said.months)), said.every, said)
    if said.days or said.weekdays or said.nths:
        raise _wrong(gettext("何月かも入力してください。毎年4月10日 のように書きます。"))
    return _of_period(f"FREQ=MONTHLY{_interval(12 * said.every)}", said)


def _in_months(months: list[int], every: int, said: Said) -> Recurrence | None:
    listed = ",".join(str(month) for month in months)
    return _of_period(f"FREQ=YEARLY{_interval(every)};BYMONTH={listed}", said)


def _of_period(begun: str, said: Said) -> Recurrence | None:
    """Say on which day of the month; without one the whole month."""
    if said.weekdays and said.days:
        return None
    if said.weekdays:
        if len(said.weekdays) != len(said.nths):
            return None
        pairs = sorted(set(zip(said.nths, said.weekdays, strict=True)))
        return Recurrence(f"{begun};BYDAY=" + ",".join(f"{nth}{CODES[day]}" for nth, day in pairs))
    if not said.days:
        return Recurrence(f"{begun};BYMONTHDAY=-1", whole_month=True)
    return _on_days(begun, said)


def _on_days(begun: str, said: Said) -> Recurrence | None:
    named = "BYMONTH" in begun
    days = sorted({-1 if day == 31 and not named else day for day in said.days}, key=lambda day: day % 32)
    if len(days) > 1 and (said.day_rule or (not named and {29, 30} & set(days))):
        return None
    if not named and days[0] in (29, 30):  # where the month is shorter, its last day
        among = ",".join(str(day) for day in range(28, days[0] + 1))
        return Recurrence(f"{begun};BYMONTHDAY={among};BYSETPOS=-1")
    return Recurrence(f"{begun};BYMONTHDAY=" + ",".join(str(day) for day in days), day_rule=said.day_rule)


def _interval(every: int) -> str:
    return f";INTERVAL={every}" if every > 1 else ""
