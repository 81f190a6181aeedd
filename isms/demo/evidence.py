"""What is laid down as proof: again every year, reviewed by another, now and then returned; some of it ends near today."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from io import BytesIO
from typing import NamedTuple

from isms.catalogue.rules import edition_id_on
from isms.catalogue.shelf import standards
from isms.core import settings
from isms.core.days import Span, fiscal_label, fiscal_span, fiscal_year, month_span
from isms.demo import files
from isms.demo.people import DOMAIN
from isms.demo.reasons import NOT_APPLICABLE
from isms.demo.series import ENDING, FIRST, REGULAR, WRONG, Ending, Series
from isms.demo.story import BEGINS, NEW, OLD, TRANSITION, Cast, Story, acting, workday, workday_before
from isms.evidence import redactions, reviews, rules
from isms.evidence.files import Upload
from isms.evidence.models import Evidence
from isms.people.models import Person

GRACE = 2  # months for which evidence proves beyond the next one
RETURNED = 23  # every so many evidences one is returned, and corrected
RETURNS = (
    "対象期間と表の日付が合っていません。確かめて登録し直してください。",
    "確認者の欄が空いています。記入した版に差し替えてください。",
    "一部の課の結果が抜けています。そろえて登録し直してください。",
)
WITHDRAWN = "別の年度のファイルを登録したため。"


class Time(NamedTuple):
    """One of a series: when it was collected and until when it proves."""

    collected: date
    valid_until: date
    period: Span


def tell(story: Story, cast: Cast) -> None:
    """Record what comes regularly, what ends near today, and what went wrong."""
    number = 0
    for series in REGULAR:
        for when in _regular(story, series):
            number += 1
            story.at(story.later(when.collected, 0, 4), Telling(story, cast, series, when, number).record)
    for ending in ENDING:
        _tell_ending(story, cast, ending)
    _tell_first(story, cast)
    _tell_wrong(story, cast)


def _regular(story: Story, series: Series) -> Iterator[Time]:
    """Give the times of a series up to today; each proves until the next one is well there."""
    every = 12 // len(series.months)
    for year in range(BEGINS.year, story.today.year + 1):
        for month in series.months:
            day = workday(date(year, month, story.random.randint(3, 17)))
            if date(2021, 4, 5) <= day <= story.today:
                yield Time(day, _month_end(day, every + GRACE), _period(series, day))


def _month_end(day: date, months: int) -> date:
    """Give the last day of the month so many months later."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, monthrange(year, month + 1)[1])


def _period(series: Series, day: date) -> Span:
    """Give what an evidence covers: the month before, the half year, or the fiscal year."""
    if "{month}" in series.title:
        before = day.replace(day=1) - timedelta(days=1)
        return month_span(before.year, before.month)
    return fiscal_span(fiscal_year(day))


class Telling:
    """One evidence from its recording to its acceptance."""

    def __init__(self, story: Story, cast: Cast, series: Series, when: Time, number: int) -> None:
        self.story, self.cast, self.series, self.when, self.number = story, cast, series, when, number
        officers = cast.officers
        self.author = cast.heads[series.department] if number % 2 else officers[number // 2 % 3]
        self.reviewer = next(one for one in (officers[(number // 2 + 1) % 3], *officers) if one != self.author)
        self.next = "accept"  # accept, return, nothing
        self.made: Evidence | None = None

    @property
    def title(self) -> str:
        """Give the title with the year, the month or the version."""
        day = self.when.collected
        return self.series.title.format(
            year=fiscal_label(fiscal_year(day), "ja"),
            half="上期" if 4 <= day.month < 10 else "下期",
            month=f"{fiscal_label(fiscal_year(self.when.period.first), 'ja')} {self.when.period.first.month}月分",
            edition=f"第{fiscal_year(day) - BEGINS.year + 3}版",
        )

    def record(self, now: datetime) -> None:
        """Record it, and let the review follow."""
        self.made = self._record(now, None)
        if self.made is None:
            return
        if self.next == "accept" and self.number % RETURNED == 7:
            self.next = "return"
        if self.next != "nothing":
            do = self.accept if self.next == "accept" else self.turn_back
            self.story.at(self.story.later(settings.today(now), 1, 4), do)

    def _record(self, now: datetime, before: Evidence | None) -> Evidence | None:
        controls = self._controls(settings.today(now))
        if not controls:
            return None  # the edition of that day knows nothing of it yet
        by = acting(self.author, now)
        department = self.cast.departments[self.series.department]
        about = files.About(self.title, department.name, self.when.collected, self.series.content, now)
        made = files.make(self.series.form, about, self.story.random)
        name = f"https://portal.{DOMAIN}/isms/{fiscal_year(self.when.collected)}"
        return rules.record_evidence(
            title=self.title,
            kind=self.series.kind,
            files=[Upload(one.name, BytesIO(one.content)) for one in made],
            url=name if self.series.form == "link" else "",
            controls=controls,
            collected_on=self.when.collected,
            period=self.when.period,
            valid_until=self.when.valid_until,
            department_id=department.id,
            owner_id=self.cast.heads[self.series.department].id,
            note="指摘を受けて改めた版" if before else "",
            predecessor_id=before.id if before else None,
            by=by,
            now=now,
        )

    def _controls(self, day: date) -> list[tuple[str, str]]:
        """Give what it stands for in the edition of the day."""
        edition = edition_id_on(day)
        keys = [key for key in self.series.keys if key not in NOT_APPLICABLE]
        if edition == NEW:
            return [(NEW, key) for key in keys]
        backward = standards().mapping(OLD, NEW).backward
        return list(dict.fromkeys((OLD, old) for key in keys for old in backward.get(key, ())))

    def accept(self, now: datetime) -> None:
        """Let another officer accept it."""
        if self.made is not None:
            reviews.review(self.made.id, accepted=True, by=acting(self.reviewer, now), now=now)

    def turn_back(self, now: datetime) -> None:
        """Let another officer return it; a corrected one follows."""
        if self.made is None:
            return
        reason = RETURNS[self.number % len(RETURNS)]
        reviews.review(self.made.id, accepted=False, reason=reason, by=acting(self.reviewer, now), now=now)
        if self.next == "return":
            self.story.at(self.story.later(settings.today(now), 1, 3), self.correct)

    def correct(self, now: datetime) -> None:
        """Record it again as it should have been."""
        self.made = self._record(now, self.made)
        self.story.at(self.story.later(settings.today(now), 1, 2), self.accept)


def _tell_ending(story: Story, cast: Cast, ending: Ending) -> None:
    """Tell of a series whose last one ends so many days from today; a next one may wait or was returned."""
    last = story.today + timedelta(days=ending.left)
    first = workday(_months_before(last, 12) + timedelta(days=1))
    number = 1000 + ending.left  # a number of its own, so that officers take turns
    while first > date(2021, 4, 5):
        when = Time(first, last, fiscal_span(fiscal_year(first)))
        story.at(story.later(first, 1, 3), Telling(story, cast, ending.series, when, number).record)
        first = workday(_months_before(first, 12))
        last, number = first + timedelta(days=364 + 30), number + 2
    if ending.waiting:
        day = workday_before(story.today - timedelta(days=ending.waiting))
        when = Time(day, _month_end(day, 12), fiscal_span(fiscal_year(day)))
        one = Telling(story, cast, ending.series, when, number)
        one.next = "nothing"
        story.at(day, one.record)
        if ending.returned:
            story.at(min(workday(day + timedelta(days=1)), story.today), one.turn_back)


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _tell_first(story: Story, cast: Cast) -> None:
    """Record for the first time, yesterday, what a new control asks."""
    day = workday_before(story.today - timedelta(days=1))
    one = Telling(story, cast, FIRST, Time(day, _month_end(day, 12), fiscal_span(fiscal_year(day))), 3)
    one.next = "nothing"
    story.at(day, one.record)


def _tell_wrong(story: Story, cast: Cast) -> None:
    """Destroy a picture with names in it, withdraw a wrong file, end links that others do better."""
    day = workday(story.today - timedelta(days=70))
    wrong = Telling(story, cast, WRONG, Time(day, _month_end(day, 12), fiscal_span(fiscal_year(day))), 2)
    story.at(day, wrong.record)
    story.at(workday(day + timedelta(days=12)), partial(_propose, cast.officers[0], wrong))
    story.at(workday(day + timedelta(days=15)), partial(_confirm, cast))
    mistaken = Time(date(2023, 5, 12), date(2024, 7, 31), fiscal_span(2022))
    one = Telling(story, cast, REGULAR[4], mistaken, 6)
    one.next = "nothing"
    story.at(date(2023, 5, 15), one.record)
    story.at(date(2023, 5, 17), partial(_withdraw, one))
    story.at(date(2025, 5, 20), partial(_end_links, cast.officers[1]))


def _propose(officer: Person, one: Telling, now: datetime) -> None:
    if one.made is not None:
        file = rules.files_of(one.made.id)[0]
        reason = "画面に被保険者の氏名（架空）が写り込んでいたため。"
        redactions.propose_redaction(one.made.id, file.id, reason=reason, by=acting(officer, now), now=now)


def _confirm(cast: Cast, now: datetime) -> None:
    for proposal in redactions.open_proposals():
        redactions.confirm_redaction(proposal.id, by=acting(cast.approver, now), now=now)


def _withdraw(one: Telling, now: datetime) -> None:
    if one.made is not None:
        rules.withdraw(one.made.id, reason=WITHDRAWN, by=acting(one.author, now), now=now)


def _end_links(officer: Person, now: datetime) -> None:
    """End what two papers of the year before stood for beside their own controls."""
    day = settings.today(now)
    papers = Evidence.select().where(
        Evidence.title.startswith("クロスチェック 結果"), Evidence.collected_on > TRANSITION
    )
    for paper in papers.where(Evidence.collected_on < day):
        for link in rules.links_of(paper.id):
            if link.key == "A.7.6":
                reason = "入室の点検表で示すことにしたため。"
                rules.end_link(link.id, to_day=day, reason=reason, by=acting(officer, now), now=now)
