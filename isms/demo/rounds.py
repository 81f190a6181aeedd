"""What comes round every year, since the April before last: planned, opened by the runner, done, put off, left out, late."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple

from isms.calendar import jobs, rules
from isms.calendar.days import Time, times_of
from isms.calendar.models import Schedule
from isms.core import settings
from isms.core.days import fiscal_year
from isms.dailychecks import jobs as daily_jobs
from isms.demo.story import NEW, Cast, Story, acting, workday_before
from isms.evidence.models import Evidence

CLOSED = ((date(2021, 12, 29), date(2022, 1, 3), "年末年始の休み"),)


class Round(NamedTuple):
    """A schedule: department 000 is the officers; of what is collected, `series` begins the title of its evidence."""

    pdca: str
    kind: str
    department: str
    words: str
    title: str
    keys: tuple[str, ...] = ()
    series: str = ""


def _round(text: str) -> Round:
    pdca, kind, department, words, title, keys, series = (part.strip() for part in text.split("|"))
    return Round(pdca, kind, department, words, title, tuple(keys.split()), series)


# P/D/C/A | kind | department | when | title | controls and clauses | beginning of the evidence's title
ROUNDS = tuple(
    map(
        _round,
        """
P | collect | 010 | 毎年4月 | 課題と目標 | 6.2 4.1 4.2 | 課題と目標
P | collect | 030 | 毎年5月 | リスクアセスメントの結果 | 6.1.2 8.2 | リスクアセスメント結果
P | task | 000 | 毎年6月 | 適用宣言書の見直し | 6.1.3 |
P | task | 020 | 毎年2月15日 | 推進会議 | 9.3.1 |
P | task | 000 | 毎年3月 | 次年度の計画 | 6.1.1 |
D | collect | 030 | 毎年4月、10月 | アクセス権の棚卸し | A.5.15 A.5.18 A.8.3 | アクセス権 棚卸し
D | collect | 010 | 毎年1月、4月、7月、10月 | 入退室の記録 | A.7.1 A.7.3 | 入退室記録
D | collect | 030 | 毎年1月、4月、7月、10月 | 脆弱性への対応の記録 | A.8.19 8.1 | 脆弱性対応記録
D | collect | 030 | 毎年2月、5月、8月、11月 | ウイルス対策の適用状況 | A.8.7 A.8.1 | ウイルス対策ソフト
D | collect | 010 | 毎年7月 | 全体研修 | 7.2 7.3 | 全体研修 資料
D | task | 010 | 毎月末営業日 | 幹部会議への報告 | A.5.4 |
C | register_review | 000 | 毎年4月20日 | 職員名簿の見直し | A.5.16 |
C | register_review | 000 | 半年ごと5月 | 事故防止策の見直し | A.5.27 |
C | collect | 120 | 毎年9月 | 内部監査 | 9.2.1 9.2.2 | 内部監査 報告書
C | task | 000 | 毎年12月 | 外部審査 | 9.2.1 |
A | collect | 120 | 毎年6月 | 是正処置の一覧 | 10.2 A.5.27 | 是正処置 一覧
A | task | 010 | 毎年1月 | 規程の改訂 | A.5.1 |
A | collect | 020 | 毎年3月 | 目標の達成状況 | 9.1 10.1 | 目標の達成状況
A | task | 030 | 3年ごと8月 | 機器更改の計画 | A.8.9 |
""".strip().splitlines(),
    )
)
REGISTERS = {"職員名簿の見直し": "people", "事故防止策の見直し": "measures"}
POSTPONED, SKIPPED, SUBSTITUTED = "外部審査", "推進会議", "幹部会議への報告"


def begins(story: Story) -> date:
    """Give the first day of the calendar: April of the fiscal year before this one."""
    return date(fiscal_year(story.today) - 1, 4, 1)


def tell(story: Story, cast: Cast) -> None:
    """Enter the schedules on the first day, let the runner look every morning, and let people do what opened."""
    first = begins(story)
    story.at(first, partial(_enter, story, cast), hour=6)  # before anybody works by it
    for days in range(1, (story.today - first).days + 1):
        story.at(first + timedelta(days=days), tick, hour=7)


def tick(now: datetime) -> None:
    """Do what the runner does every morning: open what is due, close the month of the daily checks."""
    jobs.open_due(now)
    daily_jobs.close_due(now)


def _enter(story: Story, cast: Cast, now: datetime) -> None:
    by = acting(cast.officers[0], now)
    for first, last, name in CLOSED:
        rules.add_closed_days(name=name, from_day=first, to_day=last, yearly=True, by=by, now=now)
    for one in ROUNDS:
        _plan(story, cast, one, _add(cast, one, settings.today(now), now))
    late = workday_before(story.today - timedelta(days=9))
    left = Round("D", "task", "040", _yearly(late), "保険者への注意喚起の送付", ("A.5.14",))
    _add(cast, left, late - timedelta(days=40), now)
    soon = story.today + timedelta(days=6)
    near = Round("D", "collect", "100", _yearly(soon), "書庫の施錠の点検表", ("A.7.3",))
    _add(cast, near, story.today - timedelta(days=30), now)
    jobs.open_due(now)


def _yearly(day: date) -> str:
    """Say that it comes on the day of every year, which the 29th of February does not."""
    return f"毎年{day.month}月{28 if (day.month, day.day) == (2, 29) else day.day}日"


def _add(cast: Cast, one: Round, from_day: date, now: datetime) -> Schedule:
    """Add the schedule, of a department's head or of the officers."""
    officers = one.department == "000"
    return rules.add_schedule(
        kind=one.kind,
        title=one.title,
        words=one.words,
        from_day=from_day,
        day_rule="before" if "日" in one.words and "営業日" not in one.words else None,
        lead_days=30 if "年" in one.words else 7,
        pdca=one.pdca,
        owner_kind="role" if officers else "head",
        role="officer" if officers else "",
        department_id=None if officers else cast.departments[one.department].id,
        controls=[(NEW, key) for key in one.keys],
        about=REGISTERS.get(one.title, ""),
        by=acting(cast.officers[0], now),
        now=now,
    )


def _plan(story: Story, cast: Cast, one: Round, schedule: Schedule) -> None:
    """Say what becomes of every time of a schedule that is due by now, or nearly."""
    for number, time in enumerate(times_of(schedule, schedule.from_day, story.today + timedelta(days=10))):
        if one.title == SKIPPED and number == 0:
            story.at(workday_before(time.due - timedelta(days=9)), partial(_skip, cast, schedule, time))
        elif one.title == POSTPONED and number == 0:
            story.at(workday_before(time.due - timedelta(days=20)), partial(_postpone, cast, schedule, time))
            story.at(workday_before(time.due + timedelta(days=20)), partial(_finish, cast, one, schedule, time))
        elif one.title == SUBSTITUTED and number == 10:
            story.at(time.due, partial(_substitute, cast, schedule, time), hour=15)
        else:
            early = 0 if one.kind == "task" and one.department == "010" else story.random.randint(1, 5)
            day = workday_before(time.due - timedelta(days=early))
            if number % 11 == 9:  # now and then somebody is late
                day = time.due + timedelta(days=6)
            story.at(day, partial(_finish, cast, one, schedule, time), hour=16)


def _finish(cast: Cast, one: Round, schedule: Schedule, time: Time, now: datetime) -> None:
    """Finish it, with the evidence that was laid down for it if something is to be collected."""
    by = acting(cast.officers[1] if one.department == "000" else cast.heads[one.department], now)
    row, day = rules.occurrence_at(schedule.id, time.nominal, by=by, now=now), settings.today(now)
    laid = _laid_down(one, time, day)
    if one.kind != "collect" or laid is not None:
        text = "変わりはない。" if one.kind == "register_review" else ""
        rules.finish(row.id, day=day, text=text, evidence_id=laid.id if laid else None, by=by, now=now)


def _laid_down(one: Round, time: Time, day: date) -> Evidence | None:
    if not one.series:
        return None
    found = Evidence.select().where(
        Evidence.title.startswith(one.series),
        Evidence.collected_on.between(time.due - timedelta(days=40), day),
    )
    return found.order_by(Evidence.id.desc()).first()


def _skip(cast: Cast, schedule: Schedule, time: Time, now: datetime) -> None:
    by = acting(cast.officers[0], now)
    row = rules.occurrence_at(schedule.id, time.nominal, by=by, now=now)
    rules.skip(row.id, text="感染症のまん延により開催を見送り、書面で意見を求めた。", by=by, now=now)


def _postpone(cast: Cast, schedule: Schedule, time: Time, now: datetime) -> None:
    by, later = acting(cast.officers[0], now), time.due + timedelta(days=31)
    row = rules.occurrence_at(schedule.id, time.nominal, by=by, now=now)
    rules.postpone(row.id, to_day=later, text="架空認証機構の都合により、翌月に実施する。", by=by, now=now)


def _substitute(cast: Cast, schedule: Schedule, time: Time, now: datetime) -> None:
    by = acting(cast.heads["010"], now)
    row = rules.occurrence_at(schedule.id, time.nominal, by=by, now=now)
    rules.substitute(row.id, text="会議に代えて、書面で報告した。", by=by, now=now)
