"""What the federation decides: on every control of both editions, with the transition between, and a statement each year."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import partial

from isms.catalogue import rules, statements
from isms.catalogue.editions import Kind
from isms.catalogue.rules import Said
from isms.catalogue.shelf import standards
from isms.catalogue.transition import plan
from isms.demo.reasons import NOT_APPLICABLE, NOT_YET, OLD_REASONS, REASONS
from isms.demo.story import BEGINS, NEW, OLD, TRANSITION, Cast, Story, acting, workday
from isms.people.models import Person
from isms.status import transition

FIRST_MONDAYS = [date(2021, 4, 5), date(2021, 4, 12), date(2021, 4, 19)]
# what was begun and finished later: old control, how far at first, the day on which it was done
GROWN = (
    ("A.6.2.2", "planned", date(2021, 10, 1)),  # remote work
    ("A.8.3.3", "partial", date(2021, 12, 1)),
    ("A.9.2.5", "partial", date(2022, 4, 1)),
    ("A.12.6.1", "partial", date(2022, 10, 3)),
    ("A.15.2.1", "planned", date(2022, 6, 1)),
    ("A.16.1.6", "partial", date(2023, 2, 1)),
    ("A.17.1.3", "partial", date(2023, 4, 3)),
)
# new in 2022 and not whole on the day of the transition: the day on which it was
GROWN_SINCE = (("A.5.7", date(2024, 10, 1)), ("A.7.4", date(2025, 2, 3)), ("A.8.16", date(2025, 6, 2)))
LAST_CHANGE = 20  # days ago


def tell(story: Story, cast: Cast) -> None:
    """Decide on the old edition, grow, go over to the new one, and issue a statement every June."""
    story.at(date(2021, 4, 1), partial(_begin, cast), hour=9)
    old = [row.key for row in standards().edition(OLD).of_kind(Kind.CONTROL)]
    chapters = [old[:42], old[42:88], old[88:]]
    for day, keys in zip(FIRST_MONDAYS, chapters, strict=True):
        story.at(day, partial(_decide, cast, OLD, [_old(key, cast) for key in keys], date(2021, 4, 1)))
    for key, _, day in GROWN:
        story.at(day, partial(_decide, cast, OLD, [_old(key, cast, grown=True)], day))
    for week in range(6):
        story.at(date(2024, 2, 5) + timedelta(days=7 * week), partial(_prepare, cast, week))
    story.at(TRANSITION, partial(_go_over, cast), hour=9)
    for key, day in GROWN_SINCE:
        story.at(day, partial(_decide, cast, NEW, [_new(key, cast)], day))
    last = workday(story.today - timedelta(days=LAST_CHANGE))
    story.at(last, partial(_decide, cast, NEW, [_new("A.8.12", cast, "partial", "監視の範囲を見直し中")], last))
    _statements(story, cast)


def _begin(cast: Cast, now: datetime) -> None:
    rules.put_in_force(OLD, from_day=date(2021, 4, 1), by=acting(cast.officers[0], now), now=now)


def _decide(cast: Cast, edition: str, said: Iterable[Said], day: date, now: datetime) -> None:
    rules.decide_many(edition, said, from_day=day, by=acting(cast.officers[0], now), now=now)


def _old(key: str, cast: Cast, *, grown: bool = False) -> Said:
    """Say of an old control what its successor says."""
    heirs = standards().mapping(OLD, NEW).forward[key]
    reason = REASONS[heirs[0]]
    excluded = heirs[0] in NOT_APPLICABLE
    text = OLD_REASONS.get(key, reason.text)
    begun = {} if grown else {one: how for one, how, _ in GROWN}
    how = "not_started" if excluded or heirs[0] in NOT_YET else begun.get(key, "implemented")
    return Said(key, not excluded, text, how, cast.heads[reason.department].id)


def _new(key: str, cast: Cast, how: str = "implemented", note: str = "") -> Said:
    reason = REASONS[key]
    excluded = key in NOT_APPLICABLE
    how = "not_started" if excluded else NOT_YET.get(key, how)
    return Said(key, not excluded, reason.text, how, cast.heads[reason.department].id, note)


def _prepare(cast: Cast, week: int, now: datetime) -> None:
    """Decide ahead on some of what the transition asks."""
    unfinished = {key for key, _ in GROWN_SINCE}
    asked = [one.requirement.key for one in plan(OLD, NEW, TRANSITION).open]
    share = asked if week == 5 else asked[: -(-len(asked) // (6 - week))]
    said = [_new(key, cast, "partial" if key in unfinished else "implemented") for key in share]
    rules.decide_many(NEW, said, from_day=TRANSITION, by=acting(cast.officers[1], now), now=now)


def _go_over(cast: Cast, now: datetime) -> None:
    transition.confirm(OLD, NEW, day=TRANSITION, by=acting(cast.officers[0], now), now=now)


def _statements(story: Story, cast: Cast) -> None:
    """Issue a version every June and one after the transition; the approver returned one of them."""
    days = [date(year, 6, 10) for year in range(BEGINS.year, story.today.year + 1)] + [date(2024, 4, 8)]
    for day in sorted(workday(day) for day in days):
        until = story.later(day, 5, 7)
        if until > story.today:
            continue
        if day.year == 2022:
            story.at(day, partial(_issue, cast.officers[0]), hour=9)
            story.at(day + timedelta(days=1), partial(_return, cast))
            day = workday(day + timedelta(days=3))
        story.at(day, partial(_issue, cast.officers[1]), hour=10)
        story.at(until, partial(_approve, cast))


def _issue(officer: Person, now: datetime) -> None:
    statements.issue(by=acting(officer, now), now=now)


def _return(cast: Cast, now: datetime) -> None:
    waiting = statements.waiting()
    if waiting is not None:
        text = "A.9.2.5 の実施状況が4月の決定と合っていません。確かめてください。"
        statements.return_to_issuer(waiting.number, note=text, by=acting(cast.approver, now), now=now)


def _approve(cast: Cast, now: datetime) -> None:
    waiting = statements.waiting()
    if waiting is not None:
        statements.approve(waiting.number, note="幹部会議で確認", by=acting(cast.approver, now), now=now)
