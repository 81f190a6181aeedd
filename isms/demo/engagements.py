"""The auditors from outside: every year a surveillance audit or a recertification, and one that goes on today."""

from datetime import date, datetime, timedelta
from functools import partial

from isms.audits import rules
from isms.core.days import fiscal_label, fiscal_year
from isms.demo.story import BEGINS, Cast, Story, acting, workday
from isms.people.models import Person

BODY = "架空認証機構"
RECERTIFIED = 2022  # and every third year


def title_of(year: int) -> str:
    """Name the audit of a fiscal year."""
    kind = "再認証審査" if (year - RECERTIFIED) % 3 == 0 else "サーベイランス審査"
    return f"{kind} {fiscal_label(year, 'ja')} {BODY}"


def tell(story: Story, cast: Cast) -> None:
    """Engage an auditor each December; this year's began three days ago and lasts thirty more."""
    this = fiscal_year(story.today)
    for year in range(BEGINS.year, this):
        first = date(year, 12, 1)
        auditor = cast.auditors[year % 2]
        span = (first, first + timedelta(days=20))
        story.at(workday(first - timedelta(days=14)), partial(_engage, cast, auditor, title_of(year), span))
    begin = story.today - timedelta(days=3)
    span = (begin, story.today + timedelta(days=30))
    story.at(begin, partial(_engage, cast, cast.auditors[0], title_of(this), span), hour=9)


def _engage(cast: Cast, auditor: Person, title: str, span: tuple[date, date], now: datetime) -> None:
    officer = acting(cast.officers[0], now)
    rules.engage(auditor_id=auditor.id, title=title, scope=[], from_day=span[0], to_day=span[1], by=officer, now=now)
