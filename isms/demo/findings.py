"""What was found: less every year, all of it closed but six."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple

from isms.catalogue.rules import edition_id_on
from isms.catalogue.shelf import standards
from isms.core import settings
from isms.core.days import fiscal_year
from isms.demo.mending import Mending
from isms.demo.reasons import REASONS
from isms.demo.story import BEGINS, NEW, OLD, Cast, Story, acting, workday, workday_before
from isms.findings import rules
from isms.people.models import Person

RECENT = 135  # days before today in which only what is open was found
# major, minor, and what is no nonconformity, by fiscal year; this year's are those that are open
# what cross-checks and daily checks find comes beside these: isms/demo/visits.py, isms/demo/daily.py
YEARS = {2021: (1, 7, 2), 2022: (0, 8, 1), 2023: (0, 5, 2), 2024: (0, 5, 2), 2025: (0, 3, 2)}
LATER = (0, 2, 2)


class Found(NamedTuple):
    """A finding that may come: the control of the 2022 edition, where it was found, and what."""

    key: str
    source: str
    title: str


FOUND = tuple(
    Found(f"A.{key.strip()}", source.strip(), title.strip())
    for key, source, title in (
        line.split("|")
        for line in """
5.18 | internal_audit | 異動した職員の権限が残っている
6.3 | internal_audit | 全体研修の欠席者への追試が済んでいない
8.13 | internal_audit | 復元試験の結果に確認者の記入がない
5.22 | external_audit | 委託先の点検票の回収が遅れている
5.9 | internal_audit | 情報資産台帳に新しい機器が載っていない
8.7 | own | 定義ファイルの更新が止まっていた端末
5.14 | incident | 保険者への帳票の封入誤り（外部への流出なし）
6.7 | own | 在宅勤務の事前申請の漏れ
5.24 | drill | 連絡網の電話番号が変わっている
8.5 | internal_audit | 共用の利用者番号が残っている
5.29 | drill | 応援体制の代行者が決まっていない業務
8.2 | internal_audit | 管理者権限の使用記録の確認が遅れている
5.20 | external_audit | 再委託の承諾書の写しがない
8.15 | external_audit | 記録の保存期間が規程と異なる
5.27 | own | 「ひやり」の事例の共有が部署で止まっている
8.32 | internal_audit | 軽微な変更の承認を後から得ている
5.5 | drill | 関係機関の連絡先の確認日が書かれていない
7.14 | internal_audit | 廃棄した記憶装置の消去証明の番号違い
""".strip().splitlines()
    )
)
# still open: days since it was found, grade, what
OPEN = (
    (84, "observation", "reply", Found("A.5.9", "internal_audit", "情報資産台帳と現物の突合が一部の階で済んでいない")),
    (71, "minor", "done", Found("A.8.8", "internal_audit", "緊急の脆弱性への対応が期限の14日を過ぎた")),
    (58, "improvement", "", Found("A.6.3", "external_audit", "研修の題材に委託先の事例を加えるとよい")),
    (23, "minor", "action", Found("A.7.2", "own", "来訪者の入退室記録と名簿が合わない日がある")),
)


def tell(story: Story, cast: Cast) -> None:
    """Find, mend and close; one is opened again."""
    for year in range(BEGINS.year, fiscal_year(story.today)):
        for number, grade in enumerate(_grades(YEARS.get(year, LATER))):
            day = workday(date(year, 5, 10) + timedelta(days=story.random.randint(0, 300)))
            if day < story.today - timedelta(days=RECENT):
                found = FOUND[(year * 11 + number * 5) % len(FOUND)]
                story.at(day, partial(_open, story, cast, grade, found, "closed"))
    for days, grade, stage, found in OPEN:
        day = workday_before(story.today - timedelta(days=days))
        story.at(day, partial(_open, story, cast, grade, found, stage))


def _grades(counts: tuple[int, int, int]) -> Iterator[str]:
    major, minor, other = counts
    yield from ["major"] * major + ["minor"] * minor
    yield from (("observation", "improvement")[number % 3 == 2] for number in range(other))


def _open(story: Story, cast: Cast, grade: str, found: Found, stage: str, now: datetime) -> None:
    day = settings.today(now)
    edition = edition_id_on(day)
    keys = [found.key] if edition == NEW else list(standards().mapping(OLD, NEW).backward[found.key][:2])
    made = rules.open_finding(
        grade=grade,
        title=found.title,
        description=f"{found.title}ことを確かめた。影響は限られるが、直す必要がある。"
        if grade != "improvement"
        else "",
        source=found.source,
        department_id=cast.departments[REASONS[found.key].department].id,
        controls=[(edition, key) for key in keys],
        opened_on=day,
        by=acting(cast.officers[2], now),
        now=now,
    )
    # mending became faster: 120 days at most, and always before what is recent
    slowest = 120 - 10 * min(fiscal_year(day) - BEGINS.year, 6)
    until = workday(day + timedelta(days=story.random.randint(25, slowest)))
    head = cast.heads[REASONS[found.key].department]
    if stage:
        Mending(story, cast, made, head, until).tell(stage)
    if made.ref == "F-2022-0003":
        story.at(workday(day + timedelta(days=150)), partial(_reopen, story, cast, made.id, head))


def _reopen(story: Story, cast: Cast, finding_id: int, head: Person, now: datetime) -> None:
    day, by = settings.today(now), acting(cast.officers[2], now)
    rules.reopen_finding(finding_id, day=day, text="翌月の日常点検で同じ漏れが見つかったため。", by=by, now=now)
    Mending(story, cast, rules.get_finding(finding_id), head, begin=day).tell()
