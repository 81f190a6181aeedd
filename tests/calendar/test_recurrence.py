"""Recurrences said in words: what they become, what they give, and what cannot be."""

from datetime import date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from isms.calendar.reading import read_words
from isms.calendar.recurrence import Recurrence, nominals
from isms.core.errors import Invalid
from isms.core.words import speaking

SAID = [
    ("毎年11月", "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=-1", "毎年11月（その月のうち）"),
    ("毎年４月１０日", "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=10", "毎年4月の10日"),
    ("毎年三月末営業日", "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=-1", "毎年3月の末日（休みの日なら前の営業日）"),
    ("毎年4月・10月", "FREQ=YEARLY;BYMONTH=4,10;BYMONTHDAY=-1", "毎年4月、10月（その月のうち）"),
    ("毎年1・4・7・10月", "FREQ=YEARLY;BYMONTH=1,4,7,10;BYMONTHDAY=-1", "毎年1月、4月、7月、10月（その月のうち）"),
    ("毎年5、11月20日", "FREQ=YEARLY;BYMONTH=5,11;BYMONTHDAY=20", "毎年5月、11月の20日"),
    ("毎月5・20日", "FREQ=MONTHLY;BYMONTHDAY=5,20", "毎月の5日、20日"),
    ("毎月末営業日", "FREQ=MONTHLY;BYMONTHDAY=-1", "毎月の末日（休みの日なら前の営業日）"),
    ("毎月第1営業日", "FREQ=MONTHLY;BYMONTHDAY=1", "毎月の1日（休みの日なら次の営業日）"),
    ("毎月31日", "FREQ=MONTHLY;BYMONTHDAY=-1", "毎月の末日"),
    ("毎月30日", "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", "毎月の30日（ない月は末日）"),
    ("毎月10日と25日", "FREQ=MONTHLY;BYMONTHDAY=10,25", "毎月の10日、25日"),
    ("毎月第2火曜日", "FREQ=MONTHLY;BYDAY=2TU", "毎月の第2火曜日"),
    ("毎月第二・第四火曜日", "FREQ=MONTHLY;BYDAY=2TU,4TU", "毎月の第2火曜日、第4火曜日"),
    ("毎月最終金曜日", "FREQ=MONTHLY;BYDAY=-1FR", "毎月の最終金曜日"),
    ("毎週月曜日", "FREQ=WEEKLY;BYDAY=MO", "毎週月曜日"),
    ("毎週月・水・金", "FREQ=WEEKLY;BYDAY=MO,WE,FR", "毎週月曜日、水曜日、金曜日"),
    ("隔週日曜", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", "2週間ごとの日曜日"),
    ("毎日", "FREQ=DAILY", "毎日"),
    ("平日", "FREQ=DAILY", "毎営業日"),
    ("３年ごと", "FREQ=MONTHLY;INTERVAL=36;BYMONTHDAY=-1", "3年ごと（その月のうち）"),
    ("3年に1回11月", "FREQ=YEARLY;INTERVAL=3;BYMONTH=11;BYMONTHDAY=-1", "3年ごとの11月（その月のうち）"),
    ("半年ごと", "FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=-1", "6か月ごと（その月のうち）"),
    ("四半期ごと4月10日", "FREQ=YEARLY;BYMONTH=1,4,7,10;BYMONTHDAY=10", "毎年1月、4月、7月、10月の10日"),
    ("every November", "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=-1", "毎年11月（その月のうち）"),
    ("every 10 April", "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=10", "毎年4月の10日"),
    ("Last working day of every month", "FREQ=MONTHLY;BYMONTHDAY=-1", "毎月の末日（休みの日なら前の営業日）"),
    ("every month on the 31st", "FREQ=MONTHLY;BYMONTHDAY=-1", "毎月の末日"),
    ("second Tuesday of every month", "FREQ=MONTHLY;BYDAY=2TU", "毎月の第2火曜日"),
    ("every Monday and Wednesday", "FREQ=WEEKLY;BYDAY=MO,WE", "毎週月曜日、水曜日"),
    ("every two weeks on Friday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "2週間ごとの金曜日"),
    ("every working day", "FREQ=DAILY", "毎営業日"),
    ("every 3 years", "FREQ=MONTHLY;INTERVAL=36;BYMONTHDAY=-1", "3年ごと（その月のうち）"),
    ("quarterly", "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=-1", "3か月ごと（その月のうち）"),
]


@pytest.mark.parametrize(("words", "rrule", "understood"), SAID)
def test_what_words_become(words: str, rrule: str, understood: str) -> None:
    read = read_words(words)
    assert (read.rrule, read.in_words()) == (rrule, understood)


@pytest.mark.parametrize("words", [words for words, _, _ in SAID])
def test_what_is_said_back_is_read_the_same(words: str) -> None:
    """The rule in words, in either language, is itself such words: but for where a part of them only explains."""
    read = read_words(words)
    for language in ("ja", "en"):
        with speaking(language):
            said = read.in_words()
        for explained in (
            "（その月のうち）",
            ", on any day of the month",
            "（ない月は末日）",
            " (the last day of shorter months)",
        ):
            said = said.replace(explained, "")
        said = said.replace("の末日（休みの日なら前の営業日）", "末営業日").replace(
            "の1日（休みの日なら次の営業日）", "第1営業日"
        )
        said = said.replace("last day of", "last working day of") if "working day before" in said else said
        said = said.replace("day 1 of", "first working day of") if "next working day" in said else said
        again = read_words(said.partition(" (")[0])
        assert again == read, said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("2月30日", "2月30日という日はない"),
        ("毎年11月31日", "11月31日という日はない"),
        ("every February 30", "2月30日という日はない"),
        ("毎月32日", "32日という日はありません"),
        ("13月", "13月という月はありません"),
        ("毎年1・13月", "13月という月はありません"),
        ("毎年2月29日", "毎年2月末"),
        ("毎月第5月曜日", "毎月最終金曜日"),
        ("1日2回", "1日に2回以上"),
        ("毎時", "1日に2回以上"),
        ("30分ごと", "1日に2回以上"),
        ("every 30 minutes", "1日に2回以上"),
        ("twice a day", "1日に2回以上"),
        ("毎週", "毎週月曜日"),
        ("毎年10日", "毎年4月10日"),
        ("1月15日、7月20日", "日ごとに分けて"),
        ("100年ごと", "12年まで"),
        ("0日ごと", "1日から"),
        ("", "読み取れません"),
        ("そのうち", "読み取れません"),
        ("毎年毎月", "読み取れません"),
        ("毎月10日第2火曜日", "読み取れません"),
        ("FREQ=HOURLY", "読み取れません"),
        ("年2回", "読み取れません"),
    ],
)
def test_what_cannot_be_says_what_to_do(words: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_words(words)
    assert said in refused.value.fields["words"]


def test_the_31st_skips_no_month() -> None:
    found = nominals(read_words("毎月31日").rrule, date(2027, 1, 1), None, date(2027, 12, 31))
    assert [day.month for day in found] == list(range(1, 13))
    assert [(day + timedelta(days=1)).day for day in found] == [1] * 12


def test_an_interval_counts_from_the_first_time() -> None:
    november = read_words("3年ごと11月").rrule
    assert nominals(november, date(2026, 12, 1), None, date(2034, 1, 1)) == [
        date(2027, 11, 30),
        date(2030, 11, 30),
        date(2033, 11, 30),
    ]
    assert nominals(november, date(2026, 12, 1), date(2027, 11, 30), date(2031, 1, 1)) == [date(2030, 11, 30)]


RULES = st.sampled_from([rrule for _, rrule, _ in SAID])
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@given(rrule=RULES, from_day=DAYS, skipped=st.integers(-40, 900), length=st.integers(0, 900))
@settings(max_examples=150, deadline=None)
def test_what_a_rule_gives(rrule: str, from_day: date, skipped: int, length: int) -> None:
    after = from_day + timedelta(days=skipped)
    until = after + timedelta(days=length)
    found = nominals(rrule, from_day, after, until)
    assert found == sorted(set(found))
    assert all(day >= from_day and after < day <= until for day in found)
    assert found == by_dateutil(rrule, from_day, after, until)


def by_dateutil(rrule: str, from_day: date, after: date, until: date) -> list[date]:
    """Ask dateutil itself, from the first day that the rule without its interval gives."""
    begin = datetime(from_day.year, from_day.month, from_day.day)
    if "INTERVAL" in rrule:
        plain = ";".join(part for part in rrule.split(";") if not part.startswith("INTERVAL"))
        first = rrulestr(plain, dtstart=begin).after(begin, inc=True)
        assert first is not None
        begin = first
    rule = rrulestr(rrule, dtstart=begin)
    low, high = (datetime(day.year, day.month, day.day) for day in (after, until))
    return [
        moment.date() for moment in rule.between(low, high + timedelta(days=1)) if low.date() < moment.date() <= until
    ]


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read = read_words(text)
    except Invalid as error:
        assert error.fields["words"]
    else:
        assert nominals(read.rrule, date(2026, 4, 1), None, date(2039, 4, 1)), text
        assert isinstance(read, Recurrence) and read.in_words()


PIECES = st.sampled_from(
    [
        *"毎年月週日末第金・と2",
        "毎月",
        "毎年",
        "毎週",
        "営業日",
        "10日",
        "31日",
        "2月",
        "11月",
        "3年ごと",
        "半年ごと",
        "火曜日",
        "最終",
    ]
)


@given(st.lists(PIECES, min_size=1, max_size=5).map("".join))
@settings(max_examples=300, deadline=None)
def test_any_pieces_are_read_or_refused(text: str) -> None:
    test_any_text_is_read_or_refused.hypothesis.inner_test(text)  # type: ignore[attr-defined]
