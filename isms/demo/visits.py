"""The cross-checks: five campaigns that are closed, fewer 否 every year, and this year's under way."""

from datetime import date, datetime, timedelta
from functools import partial
from io import BytesIO
from typing import NamedTuple

from isms.calendar import rules as calendar
from isms.catalogue.rules import edition_id_on
from isms.catalogue.shelf import standards
from isms.checklists import rules as checklists
from isms.core import settings
from isms.core.days import fiscal_label, fiscal_year
from isms.crosschecks import answers, campaigns, closing, members, photos, plans, visits, yearly
from isms.crosschecks import rules as pair_rules
from isms.crosschecks.models import Visit
from isms.demo import files
from isms.demo.mending import Mending
from isms.demo.rounds import begins
from isms.demo.story import BEGINS, NEW, OLD, TRANSITION, Cast, Story, acting, workday, workday_before
from isms.evidence import reviews
from isms.people.departments import departments
from isms.people.models import Membership, Person
from isms.people.roster import on_day


class Asked(NamedTuple):
    """An item: the control of the 2022 edition, what is asked, what to look at, how to judge, what was seen."""

    number: str
    title: str
    look_at: str
    judge: str
    seen: str


ITEMS = (
    Asked(
        "7.7",
        "離席時に画面を閉じているか",
        "離席中の席を3か所見て、画面が消えている、または鍵がかかっていることを確かめます。",
        "1か所でも開いていれば「できていない」",
        "窓口側の1台が、5分たっても画面が消えなかった。",
    ),
    Asked(
        "7.7",
        "机の上に書類を置いたままにしていないか",
        "昼休みの席を5か所見ます。",
        "個人情報のある書類が1枚でもあれば「できていない」",
        "1か所に、氏名のある帳票（架空）が出ていた。",
    ),
    Asked(
        "7.6",
        "書庫の鍵を決めた場所に戻しているか",
        "鍵の保管箱と貸出簿を見ます。",
        "貸出簿と本数が合えば「できている」",
        "鍵が1本、貸出簿に記入なく持ち出されていた。",
    ),
    Asked(
        "7.2",
        "来訪者の名簿に退室の時刻があるか",
        "先月の名簿を1枚選んで見ます。",
        "空欄があれば「できていない」",
        "2件、退室の時刻が空欄だった。",
    ),
    Asked(
        "7.10",
        "電子媒体の数は台帳と合うか",
        "台帳から3点を選び、現物を見ます。",
        "すべて合えば「できている」",
        "USBメモリー1本の置き場所が台帳と違っていた。",
    ),
    Asked(
        "5.13",
        "帳票の箱に区分の表示があるか",
        "棚の箱を5つ見ます。",
        "表示のない箱があれば「できていない」",
        "「取扱注意」の表示のない箱が1つあった。",
    ),
    Asked(
        "5.33",
        "保存期限を過ぎた帳票が残っていないか",
        "書庫の一番古い年度の棚を見ます。",
        "期限を過ぎていれば「できていない」",
        "期限を1年過ぎた箱が2つ残っていた。",
    ),
    Asked(
        "5.10",
        "共用の端末に付せんなどでパスワードを貼っていないか",
        "共用の端末をすべて見ます。",
        "貼ってあれば「できていない」",
        "共用端末の裏に付せんがあった。",
    ),
    Asked(
        "5.37",
        "手順書は最新の版か",
        "課の手順書の版数と日付を見ます。",
        "旧い版があれば「できていない」",
        "書棚の手順書が1つ前の版だった。",
    ),
    Asked(
        "8.1",
        "業務端末に持ち主の札が付いているか",
        "端末を5台見ます。",
        "札がなければ「できていない」",
        "1台に札がなかった。",
    ),
    Asked(
        "6.8",
        "全体研修の内容を覚えているか",
        "職員2人に、標的型メールを開いたときの連絡先を聞きます。",
        "2人とも答えられれば「できている」",
        "1人が連絡先を答えられなかった。",
    ),
    Asked(
        "5.36",
        "日常点検を続けているか",
        "先月の点検の記録を見ます。",
        "実施率が90%に満たなければ「できていない」",
        "先月の実施率が90%に満たなかった。",
    ),
)
NG = {2021: 8, 2022: 7, 2023: 6, 2024: 5, 2025: 4}  # 否 by fiscal year
THIS_YEAR = 2
PROVES = ("A.5.36", "A.7.7")  # from this year on the report also stands for the independent review 5.35
REMARK = "大きな支障はないが、置き場所を決めておくとよい。"
FINISHED, STARTED = 5, 3  # this year's visits so far


def tell(story: Story, cast: Cast) -> None:
    """Write the checklist, go round every November, and be under way today."""
    story.at(date(2021, 10, 1), partial(_write, cast))
    story.at(date(2021, 10, 4), partial(_exclude, cast))
    story.at(date(2024, 10, 1), partial(_renew, cast))
    story.at(begins(story), partial(_schedule, cast), hour=9)
    this = fiscal_year(story.today)
    for year in range(BEGINS.year, this):
        story.at(workday(date(year, 11, 2)), partial(_campaign, story, cast, year))
    first = max(workday_before(story.today - timedelta(days=12)), date(this, 4, 1))
    story.at(first, partial(_under_way, story, cast, this))


def _write(cast: Cast, now: datetime) -> None:
    by = acting(cast.officers[0], now)
    made = checklists.add_checklist(title="クロスチェック 点検表", purpose="crosscheck", by=by, now=now)
    version = checklists.newest_version(made.id)
    for one in ITEMS:
        beside = "daily_rate" if one.number == "5.36" else ""
        controls = _controls(f"A.{one.number}", settings.today(now))
        checklists.add_item(
            version.id, title=one.title, look_at=one.look_at, judge=one.judge, controls=controls, grade="observation",
            beside=beside, by=by, now=now,
        )  # fmt: skip


def _controls(key: str, day: date) -> list[tuple[str, str]]:
    if edition_id_on(day) == NEW:
        return [(NEW, key)]
    return [(OLD, old) for old in standards().mapping(OLD, NEW).backward[key][:1]]


def _exclude(cast: Cast, now: datetime) -> None:
    """The audit office audits the systems department anyway."""
    of = cast.departments
    pair_rules.add_pair_rule(
        kind="exclude", checker_id=of["120"].id, checked_id=of["030"].id, reason="内部監査で確かめているため。",
        from_day=settings.today(now), by=acting(cast.officers[0], now), now=now,
    )  # fmt: skip


def _renew(cast: Cast, now: datetime) -> None:
    """Write the next version, for the controls of the new edition."""
    by = acting(cast.officers[0], now)
    made = checklists.add_version(_checklist_id(), "新しい規格の管理策に合わせた。", by, now)
    for item, one in zip(checklists.items_of(made.id), ITEMS, strict=True):
        checklists.change_item(item.id, controls=_controls(f"A.{one.number}", TRANSITION), by=by, now=now)


def _checklist_id() -> int:
    return int(checklists.checklists("crosscheck").first().id)


def _schedule(cast: Cast, now: datetime) -> None:
    calendar.add_schedule(
        kind="crosscheck", title="クロスチェック", words="毎年11月", from_day=settings.today(now), lead_days=20, pdca="C",
        owner_kind="role", role="officer", controls=[(NEW, key) for key in ("A.5.35", "A.5.36", "A.7.7")],
        by=acting(cast.officers[0], now), now=now,
    )  # fmt: skip


def _plan(cast: Cast, year: int, first: date, last: date, keys: tuple[str, ...], now: datetime) -> int:
    """Plan and begin it; what the calendar has planned already gets its days."""
    by, title = acting(cast.officers[0], now), f"{fiscal_label(year, 'ja')} クロスチェック"
    there = yearly.campaign_of_year(year)
    controls = [pair for key in keys for pair in _controls(key, first)]
    if there is None:
        there = campaigns.add_campaign(
            title=title, from_day=first, to_day=last, checklist_id=_checklist_id(), controls=controls, seed=year,
            by=by, now=now,
        )  # fmt: skip
    else:
        places = [row.department_id for row in campaigns.departments_of(there.id)]
        campaigns.change_campaign(
            there.id, title=title, from_day=first, to_day=last, checklist_id=_checklist_id(), department_ids=places,
            controls=controls, memory_years=3, reply_days=14, by=by, now=now,
        )  # fmt: skip
    plans.draw(there.id, by=by, now=now)
    campaigns.begin(there.id, by=by, now=now)
    return int(there.id)


def _campaign(story: Story, cast: Cast, year: int, now: datetime) -> None:
    """Visit within the month, close in December; another officer accepts the report."""
    first = settings.today(now)
    last = workday_before(date(year, 11, 28))
    campaign_id = _plan(cast, year, first, last, PROVES, now)
    rows = list(campaigns.visits_of(campaign_id))
    for place, visit in enumerate(rows):
        wrong = [number for number in range(NG.get(year, 2)) if number % len(rows) == place]
        day = workday_before(first + timedelta(days=7 + place % 18))
        story.at(day, partial(_visit, story, cast, visit, wrong, len(ITEMS), True))
    story.at(workday(date(year, 12, 8)), partial(_close, story, cast, campaign_id))


def _under_way(story: Story, cast: Cast, year: int, now: datetime) -> None:
    """Some visits are over, some begun, some to come; whoever looks as a member of staff has one to go on with."""
    first = settings.today(now)
    campaign_id = _plan(cast, year, first, workday(story.today + timedelta(days=12)), (*PROVES, "A.5.35"), now)
    rows = sorted(campaigns.visits_of(campaign_id), key=lambda row: row.checker_id == cast.departments["010"].id)
    for place, visit in enumerate(rows):
        _name(cast, visit, workday(first + timedelta(days=3 + place)), now)
        began = workday_before(story.today - timedelta(days=max(1, 8 - place)))
        wrong = [place] if place < THIS_YEAR else []
        if place < FINISHED:
            story.at(began, partial(_visit, story, cast, visit, wrong, len(ITEMS), False))
        elif place >= len(rows) - STARTED:
            story.at(began, partial(_visit, story, cast, visit, [], 3 + place % 4, False))


def _name(cast: Cast, visit: Visit, day: date, now: datetime) -> None:
    by = acting(_head(cast, visit.checker_id), now)
    who = [person.id for person in members_of(visit.checker_id, settings.today(now))[2:4]]
    members.name_visitors(visit.id, person_ids=who, planned_on=min(day, visit.campaign.to_day), by=by, now=now)


def _head(cast: Cast, department_id: int) -> Person:
    codes = {row.id: row.code for row in departments()}
    return cast.heads[str(codes[department_id])]


def members_of(department_id: int, day: date) -> list[Person]:
    """Give who is of the department on the day, by number."""
    query = Person.select().join(Membership, on=(Membership.person == Person.id))
    return list(query.where(Membership.department == department_id, on_day(Membership, day)).order_by(Person.id))


def _visit(story: Story, cast: Cast, visit: Visit, wrong: list[int], number: int, mended: bool, now: datetime) -> None:
    """Answer so many items; of a whole visit each 否 becomes a finding, which is mended."""
    day = settings.today(now)
    by = acting(members_of(visit.checker_id, day)[2], now)
    items = visits.items(visit)
    bad = {(item * 5 + visit.campaign_id) % len(items) for item in wrong}
    for place, item in enumerate(items[:number]):
        value = "ng" if place in bad else "remark" if (visit.id + place) % 17 == 0 else "ok"
        value = "na" if (visit.id * 3 + place) % 23 == 0 and value == "ok" else value
        comment = {"ng": ITEMS[place].seen, "remark": REMARK}.get(value, "")
        taken = [photos.take("現場.jpg", BytesIO(files.photo(item.title)))] if value == "ng" and not mended else []
        answers.answer(visit.id, item.id, value=value, comment=comment, files=taken, by=by, now=now)
    if number < len(items):
        return
    head = _head(cast, visit.checked_id)
    for place, found in enumerate(visits.finish(visit.id, by=by, now=now)):
        mending = Mending(story, cast, found, head, day + timedelta(days=30 + 3 * place))
        if mended or visit.id % 2:
            mending.tell("closed" if mended else "reply")


def _close(story: Story, cast: Cast, campaign_id: int, now: datetime) -> None:
    made = closing.close(campaign_id, by=acting(cast.officers[0], now), now=now)
    story.at(story.later(settings.today(now), 1, 3), partial(_accept, cast, made.id))


def _accept(cast: Cast, evidence_id: int, now: datetime) -> None:
    reviews.review(evidence_id, accepted=True, by=acting(cast.officers[1], now), now=now)
