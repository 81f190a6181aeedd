"""Months, fiscal years and periods as offices write them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isms.core.days import (
    Span,
    UnreadableDay,
    era_day,
    era_of,
    fiscal_label,
    fiscal_span,
    fiscal_year,
    month_span,
    read_fiscal_year,
    read_month,
    read_period,
)

DAYS = st.dates(date(1868, 10, 23), date(2198, 12, 31))
APRIL = Span(date(2026, 4, 1), date(2026, 4, 30))
FISCAL = Span(date(2026, 4, 1), date(2027, 3, 31))


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-01〜2026-04-30",
        "2026-04-01～2026-04-30",
        "2026-04-01-2026-04-30",
        "2026-04-01 - 2026-04-30",
        "2026-04-01–2026-04-30",
        "2026-04-01 — 2026-04-30",
        "20260401-20260430",
        "２０２６／４／１〜２０２６／４／３０",
        "R8.4.1-R8.4.30",
        "R8.4.1〜4.30",
        "R8.4.1-4.30",
        "R8.4.1〜30",
        "令和8年4月1日から令和8年4月30日まで",
        "令和8年4月1日より4月30日まで",
        "令和八年四月一日から三十日まで",
        "自　令和8年4月1日　至　令和8年4月30日",
        "令和8年4月1日（水）〜4月30日（木）",
        "令和8年4月",
        "2026-04",
        "2026/4",
        "R8.4",
        "R8年4月",
        "2026年４月",
        "令和8年4月〜4月",
    ],
)
def test_april(text: str) -> None:
    assert read_period(text) == APRIL


@pytest.mark.parametrize(
    "text",
    [
        "令和8年度",
        "R8年度",
        "2026年度",
        "令和八年度",
        "FY2026",
        "令和8年4月〜令和9年3月",
        "R8.4.1〜R9.3.31",
        "令和8年度〜令和8年度",
    ],
)
def test_a_fiscal_year(text: str) -> None:
    assert read_period(text) == FISCAL


@given(DAYS, st.integers(0, 800))
def test_two_days_in_every_style(first: date, length: int) -> None:
    last = min(first + timedelta(days=length), date(2199, 12, 31))
    era, end_era = era_of(first), era_of(last)
    assert era
    assert end_era
    styles = (
        date.isoformat,
        lambda day: f"{day:%Y%m%d}",
        lambda day: f"{day.year}/{day.month}/{day.day}",
        era_day,
        lambda day: (
            f"{(era if day == first else end_era).letter}{(era if day == first else end_era).year_of(day)}.{day:%m.%d}"
        ),
    )
    for style in styles:
        for form in ("{}〜{}", "{}～{}", "{}-{}", "{} – {}", "{}—{}", "{}から{}まで", "自{}至{}"):
            assert read_period(form.format(style(first), style(last))) == Span(first, last)
    assert read_period(first.isoformat()) == Span(first, first)


@given(DAYS, st.integers(1, 800))
def test_a_reversed_period_is_refused(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    with pytest.raises(UnreadableDay, match="より前です"):
        read_period(f"{last.isoformat()}〜{first.isoformat()}" if last.year <= 2199 else "2026-04-02〜2026-04-01")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("R7.12.1〜1.31", "終わりの年も確かめてください。"),
        ("2026-04-01〜2026-04-31", "2026年4月は30日までです。"),
        ("2026-04-01-2026-04-31", "2026年4月は30日までです。"),
        ("R8.4.31-R8.5.1", "令和8年4月は30日までです。"),
        ("2026-02-30", "2026年2月は28日までです。"),
        ("4月1日〜4月30日", "年がありません。"),
        ("8.4.1〜8.4.30", "どの年か決められません。"),
        ("2026-04-01〜2026-05", "どちらも日か、どちらも月で"),
        ("令和8年4月〜令和8年度", "どちらも日か、どちらも月で"),
        ("令和8年4月1日（木）〜4月30日", "水曜日です"),
        ("平成31年5月1日〜令和元年5月31日", "平成は31年4月30日までです。"),
        ("平成31年5月", "令和元年5月1日ではありませんか。"),
        ("平成32年度", "令和2年度ではありませんか。"),
        ("昭和64年度", "平成元年度ではありませんか。"),
        ("2026-2027", "期間として読めません。"),
        ("2026-04-01〜", "期間として読めません。"),
        ("〜2026-04-01", "期間として読めません。"),
        ("", "期間として読めません。"),
        ("2026-04-01〜" * 100, "期間として読めません。"),
    ],
)
def test_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(UnreadableDay) as refusal:
        read_period(text)
    assert reason in str(refusal.value)


@pytest.mark.parametrize("text", ["4月", "2026", "2026-13", "2026-04-01", "令和8年度", "平成31年5月", ""])
def test_no_month(text: str) -> None:
    with pytest.raises(UnreadableDay):
        read_month(text)


@pytest.mark.parametrize("text", ["8年度", "令和8年", "2026", "R0年度", "3000年度", ""])
def test_no_fiscal_year(text: str) -> None:
    with pytest.raises(UnreadableDay):
        read_fiscal_year(text)


def test_the_year_in_which_the_era_changed() -> None:
    changed = fiscal_span(2019)
    assert read_fiscal_year("平成31年度") == read_fiscal_year("令和元年度") == read_fiscal_year("2019年度") == changed
    assert read_month("平成31年4月") == month_span(2019, 4)
    assert read_month("令和元年5月") == month_span(2019, 5)
    assert read_month("昭和64年1月") == read_month("平成元年1月") == month_span(1989, 1)


@pytest.mark.parametrize(
    ("year", "start_month", "label"),
    [
        (2026, 4, "令和8年度"),
        (2019, 4, "令和元年度"),
        (2019, 1, "令和元年度"),
        (2018, 10, "平成30年度"),
        (1989, 4, "平成元年度"),
        (1988, 4, "昭和63年度"),
        (1988, 10, "昭和63年度"),
        (1926, 4, "大正15年度"),
        (1867, 4, "1867年度"),
    ],
)
def test_labels_of_fiscal_years(year: int, start_month: int, label: str) -> None:
    assert fiscal_label(year, "ja", start_month) == label
    assert fiscal_label(year, "en", start_month) == f"FY{year}"


@given(st.integers(1869, 2198), st.integers(1, 12))
def test_a_label_reads_back(year: int, start_month: int) -> None:
    for locale in ("ja", "en"):
        assert read_fiscal_year(fiscal_label(year, locale, start_month), start_month) == fiscal_span(year, start_month)


@given(DAYS, st.integers(1, 12))
def test_each_day_lies_in_one_fiscal_year(day: date, start_month: int) -> None:
    year = fiscal_year(day, start_month)
    assert day in fiscal_span(year, start_month)
    assert day not in fiscal_span(year - 1, start_month)
    assert fiscal_span(year, start_month).last + timedelta(days=1) == fiscal_span(year + 1, start_month).first


def test_a_span_has_an_order() -> None:
    with pytest.raises(ValueError, match="ends"):
        Span(date(2026, 4, 2), date(2026, 4, 1))
