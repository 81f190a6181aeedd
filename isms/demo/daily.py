"""The daily checks of the last twelve months: some days left out, some made up for, some done by a deputy; now and then something is found."""

from datetime import date, datetime, timedelta
from functools import partial
from random import Random

from isms.checklists import rules as checklists
from isms.core import settings
from isms.core.days import fiscal_year
from isms.dailychecks import checks, rules
from isms.dailychecks.expected import due_days, get_daily
from isms.dailychecks.models import DailyCheck
from isms.dailychecks.rules import Answer
from isms.demo.mending import Mending
from isms.demo.story import NEW, Cast, Story, acting, workday
from isms.demo.visits import members_of
from isms.evidence import reviews
from isms.evidence.models import Evidence, Review
from isms.findings.models import Finding
from isms.people.models import Person

ITEMS = (
    ("7.7", "机の上に書類が残っていない", "帰る前の机と、複合機のトレーを見ます。"),
    ("7.7", "画面を閉じ、端末に鍵をかけている", "離席中と退庁時の端末を見ます。"),
    ("7.2", "出入口と書庫に鍵がかかっている", "最後に出る人が確かめます。"),
    ("7.10", "電子媒体の数が合っている", "保管箱の数を数えます。"),
    ("5.14", "送った帳票の数と宛先を二人で確かめた", "発送簿の印を見ます。"),
)
# of 1,000 working days, how many each department leaves out
LEFT_OUT = {"060": 90, "070": 55, "100": 35, "040": 30, "080": 20, "010": 12, "020": 15, "090": 18, "110": 8, "050": 25}
# days before today, department, item, what was seen
FOUND = (
    (201, "060", 3, "媒体が1本、保管箱に戻っていなかった。当日中に見つかった。"),
    (96, "040", 4, "発送簿の確認印が1件なかった。"),
)
TODAY_OPEN = ("010", "060", "100")  # these have not done it yet today


def tell(story: Story, cast: Cast) -> None:
    """Begin a year ago; every department has its own manner."""
    first = workday(story.today - timedelta(days=365)).replace(day=1)
    told = Telling(story, cast)
    story.at(first, told.begin, hour=7)


class Telling:
    """The daily check and its days."""

    def __init__(self, story: Story, cast: Cast) -> None:
        self.story, self.cast = story, cast
        self.random = Random(20251101)  # noqa: S311  a story, no secret
        self.daily: DailyCheck | None = None
        self.there: dict[tuple[int, int], list[Person]] = {}

    def begin(self, now: datetime) -> None:
        """Set it up, and lay down what comes."""
        by, day = acting(self.cast.officers[0], now), settings.today(now)
        made = checklists.add_checklist(title="日常点検表", purpose="daily", by=by, now=now)
        version = checklists.newest_version(made.id)
        for number, title, look_at in ITEMS:
            checklists.add_item(
                version.id, title=title, look_at=look_at, controls=[(NEW, f"A.{number}")], grade="observation",
                by=by, now=now,
            )  # fmt: skip
        places = [one.id for one in self.cast.departments.values()]
        controls = [(NEW, "A.7.7"), (NEW, "A.5.10")]
        daily = checks.add_check(
            title="日常点検",
            checklist_id=made.id,
            controls=controls,
            department_ids=places,
            from_day=day,
            by=by,
            now=now,
        )
        self.daily = get_daily(daily.id)
        for one in self.cast.departments.values():
            people = members_of(one.id, day)
            checks.set_duty(daily.id, one.id, person_id=people[2].id, deputy_id=people[3].id, by=by, now=now)
        for due in due_days(self.daily, day, self.story.today):
            for code in self.cast.departments:
                self._lay_down(code, due)
        self._accept_later()

    def _lay_down(self, code: str, due: date) -> None:
        chance, place = self.random.randint(0, 999), self.random.randint(0, 19)
        who = 3 if place < 3 else 4 if place == 3 else 2
        if due == self.story.today and code in TODAY_OPEN:
            return
        if chance >= LEFT_OUT.get(code, 6):
            self.story.at(due, partial(self._record, code, due, who), hour=10 if place == 7 else 8)
        elif chance % 3 == 0:
            self.story.at(workday(due + timedelta(days=1 + chance % 2)), partial(self._record, code, due, 2), hour=11)

    def _record(self, code: str, due: date, who: int, now: datetime) -> None:
        assert self.daily is not None
        department = self.cast.departments[code]
        people = self._people(department.id, settings.today(now))
        by = acting(people[min(who, len(people) - 1)], now)
        seen = next(
            (one for one in FOUND if workday(self.story.today - timedelta(days=one[0])) == due and one[1] == code), None
        )
        given = [] if seen is None else [Answer(checklists.items_of(self.daily.list_version_id)[seen[2]].id, seen[3])]
        rules.record(self.daily.id, department.id, due, normal=not given, answers=given, by=by, now=now)
        if given:
            found = Finding.select().order_by(Finding.id.desc()).first()
            Mending(self.story, self.cast, found, self.cast.heads[code], due + timedelta(days=24)).tell()

    def _people(self, department_id: int, day: date) -> list[Person]:
        """Give who is of the department; places change on the first of April only."""
        if (day.month, day.day) == (4, 1):
            return members_of(department_id, day)
        key = department_id, fiscal_year(day)
        if key not in self.there:
            self.there[key] = members_of(department_id, day)
        return self.there[key]

    def _accept_later(self) -> None:
        """Once a month an officer looks at the months that were closed."""
        day = settings.today(self.story.now())
        while day < self.story.today:
            day = workday(day + timedelta(days=7))
            self.story.at(day, self._accept, hour=16)

    def _accept(self, now: datetime) -> None:
        reviewed = Review.select(Review.evidence)
        for one in Evidence.select().where(Evidence.origin == "daily_check", Evidence.id.not_in(reviewed)):
            reviews.review(one.id, accepted=True, by=acting(self.cast.officers[1], now), now=now)
