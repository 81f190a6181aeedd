"""The files of a month that closes: the table per department as PDF and xlsx, and every record as xlsx."""

from datetime import date, datetime
from io import BytesIO
from typing import Any

from isms import trail
from isms.core import pdf, settings
from isms.core.days import fiscal_label, fiscal_year, local_day
from isms.core.look import moment, short_day
from isms.core.sheets import write_xlsx
from isms.core.words import gettext, locale
from isms.dailychecks.days import controls_of, marks
from isms.dailychecks.months import Month, Row
from isms.evidence.files import Upload


def papers(seen: Month, now: datetime) -> list[Upload]:
    """Make the files of a month."""
    name = f"{seen.span.first:%Y-%m}"
    heads, rows = table(seen)
    made = {
        gettext("日常点検_%(month)s.pdf", month=name): _paper(seen, heads, rows, now),
        gettext("日常点検_%(month)s.xlsx", month=name): _sheet(heads, rows, seen.title, gettext("部署ごと")),
        gettext("日常点検_%(month)s_記録.xlsx", month=name): _sheet(*records_table(seen), seen.title, gettext("記録")),
    }
    return [Upload(title, BytesIO(content)) for title, content in made.items()]


def _sheet(heads: list[str], rows: list[list[Any]], title: str, sheet_name: str) -> bytes:
    return write_xlsx(heads, rows, title=title, sheet_name=sheet_name, locale=locale())


def table(seen: Month) -> tuple[list[str], list[list[Any]]]:
    """Give the headings and a row per department."""
    heads = [
        gettext("部署"),
        gettext("点検の日"),
        gettext("記録した日"),
        gettext("実施率"),
        gettext("うち時刻に遅れ"),
        gettext("うち後日入力"),
        gettext("うち代理"),
        gettext("異常あり"),
        gettext("記録のない日"),
    ]
    return heads, [_row(row) for row in seen.rows]


def _row(row: Row) -> list[Any]:
    rate = row.rate
    marks = [row.count(name) for name in ("late", "backfilled", "deputy")]
    missing = gettext("、").join(f"{day.month}/{day.day}" for day in row.missing)
    return [row.department.name, rate.expected, rate.done, rate.words, *marks, row.wrong, missing]


def records_table(seen: Month) -> tuple[list[str], list[list[Any]]]:
    """Give the headings and a row for every day of every department."""
    heads = [
        gettext("日付"),
        gettext("部署"),
        gettext("結果"),
        gettext("記録した人"),
        gettext("記録した日時"),
        gettext("しるし"),
        gettext("備考"),
    ]
    return heads, [_day_row(row, day) for row in seen.rows for day in row.due]


def _day_row(row: Row, day: date) -> list[Any]:
    if day not in row.records:
        return [day, row.department.name, gettext("記録なし"), "", "", "", ""]
    first, newest = row.records[day]
    result = gettext("異常なし") if newest.normal else gettext("異常あり")
    return [
        day, row.department.name, result, first.person.name, moment(first.recorded_at), marks(first, newest),
        newest.note,
    ]  # fmt: skip


def _paper(seen: Month, heads: list[str], rows: list[list[Any]], now: datetime) -> bytes:
    newest, rate = trail.head(), seen.rate
    start = settings.get("fiscal_year_start_month")
    year = fiscal_label(fiscal_year(seen.span.first, start), locale(), start)
    data = {
        "title": seen.title,
        "organisation": settings.get("organisation_name"),
        "head": f"{newest.no} {newest.hash}" if newest else "",
        "lead": gettext("%(day)s に締め切り", day=short_day(local_day(now, settings.zone()))),
        "wide": True,
        "facts": [
            [gettext("期間"), f"{short_day(seen.span.first)} – {short_day(seen.span.last)}"],
            [gettext("年度"), year],
            [gettext("管理策"), gettext("、").join(key for _, key in controls_of(seen.daily))],
        ],
        "tally": [
            [gettext("実施率"), rate.words],
            [gettext("点検の日（のべ）"), str(rate.expected)],
            [gettext("記録した日（のべ）"), str(rate.done)],
            [gettext("記録のない日（のべ）"), str(rate.missing)],
        ],
        "columns": heads,
        "widths": [3, "auto", "auto", "auto", "auto", "auto", "auto", "auto", 4],
        "rows": [[str(cell) if cell != "" else "–" for cell in row] for row in rows],
    }
    return pdf.render("table", data, made_at=now)
