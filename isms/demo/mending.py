"""How a finding is mended: the department answers, says why it came about and what it does; another person looks at the effect."""

from datetime import date, datetime, timedelta

from isms.core import settings
from isms.demo.story import Cast, Event, Story, acting, workday
from isms.findings import steps
from isms.findings.models import Finding
from isms.findings.words import NONCONFORMITIES
from isms.people.models import Person

EFFECT = 31  # days after which the effect is looked at
REPLIES = (
    "指摘のとおりです。課内で共有し、すぐに改めます。",
    "確かめたところ、指摘のとおりでした。手順を見直します。",
    "同じことがほかにないか、課の全員で確かめました。",
)
CORRECTIONS = ("対象をすべて直し、課長が確かめた。", "漏れていた記入を補い、写しを事務局に出した。")
CAUSES = (
    "なぜ漏れたか：担当者が不在の日があった。\nなぜ不在の日に漏れたか：代わりの人を決めていなかった。",
    "なぜ起きたか：改めた手順を知らない職員がいた。\nなぜ知らなかったか：回覧だけで、読んだことを確かめていなかった。",
    "なぜ遅れたか：作業の日が月末に重なった。\nなぜ重なったか：期限が月末で、前倒しの日程を立てていなかった。",
)
ACTIONS = (
    "手順書に代わりの人の決まりを加え、点検表に欄を設ける。",
    "手順を改めたときは、読んだことを一人ずつ確かめる。",
    "作業の日を毎月20日に移し、予定に入れる。",
)
EFFECTS = ("その後3回の点検で、同じことは見つからなかった。", "翌月と翌々月の記録に漏れがないことを確かめた。")
CLOSINGS = (
    "手順を改め、全職員に周知した。翌月の日常点検で守られていることを確かめた。",
    "対象をすべて点検し、漏れを直した。四半期ごとの点検に項目を加えた。",
    "該当する権限・記録を是正し、事務局が現物で確かめた。",
    "委託先に是正を求め、回答と写しを受け取った。次の点検で効果を確かめる。",
    "課内の打合せで原因を話し合い、点検表を見直した。三か月再発がない。",
)

ROUND = ("_reply", "_correct", "_say_cause", "_plan", "_finish", "_check", "_close")


class Mending:
    """One finding from its answer to its end; `until` is the day on which it is closed, if it is."""

    def __init__(
        self,
        story: Story,
        cast: Cast,
        finding: Finding,
        head: Person,
        until: date | None = None,
        begin: date | None = None,
    ) -> None:
        self.story, self.cast, self.finding, self.head, self.until = story, cast, finding, head, until
        self.begin = begin or finding.opened_on
        self.action_id = 0

    def tell(self, stage: str = "closed") -> None:
        """Let everything up to a stage happen: reply, action, done, closed."""
        later = self.story.later
        day = later(self.begin, 3, 5)
        self._at(day, self._reply)
        if self.finding.grade in NONCONFORMITIES and stage != "reply":
            self._at(later(day, 1, 2), self._correct)
            day = later(day, 3, 5)
            self._at(day, self._say_cause)
            self._at(day, self._plan)
            if stage in ("done", "closed"):
                day = later(day, 4, 8)
                self._at(day, self._finish)
                day = workday(day + timedelta(days=EFFECT))
        if stage == "closed":
            end = max(day, self.until or day)
            if self.finding.grade in NONCONFORMITIES:
                self._at(end, self._check)
            self._at(end, self._close)

    def _at(self, day: date, do: Event) -> None:
        """Let it happen on the day, what comes later in the round later in the day."""
        self.story.at(day, do, hour=10 + ROUND.index(do.__name__))

    def _pick(self, words: tuple[str, ...]) -> str:
        return words[self.finding.id % len(words)]

    def _reply(self, now: datetime) -> None:
        steps.reply(self.finding.id, text=self._pick(REPLIES), by=acting(self.head, now), now=now)

    def _correct(self, now: datetime) -> None:
        steps.correct(self.finding.id, text=self._pick(CORRECTIONS), by=acting(self.head, now), now=now)

    def _say_cause(self, now: datetime) -> None:
        steps.say_cause(self.finding.id, text=self._pick(CAUSES), by=acting(self.head, now), now=now)

    def _plan(self, now: datetime) -> None:
        due = self.story.later(settings.today(now), 9, 14)
        by = acting(self.head, now)
        made = steps.plan_action(
            self.finding.id, text=self._pick(ACTIONS), owner_id=self.head.id, due=due, by=by, now=now
        )
        self.action_id = made.id

    def _finish(self, now: datetime) -> None:
        steps.finish_action(self.action_id, text="予定どおり改めた。", by=acting(self.head, now), now=now)

    def _check(self, now: datetime) -> None:
        by = acting(next(one for one in self.cast.officers if one != self.head), now)
        steps.check_effect(self.action_id, good=True, text=self._pick(EFFECTS), by=by, now=now)

    def _close(self, now: datetime) -> None:
        by = acting(self.cast.officers[0], now)
        steps.conclude(self.finding.id, day=settings.today(now), text=self._pick(CLOSINGS), by=by, now=now)
