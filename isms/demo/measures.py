"""Accident-prevention measures: what could go wrong, what is done against it, looked at again each year; one is overdue."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple

from isms.core import settings
from isms.demo.story import BEGINS, Cast, Event, Story, acting, workday
from isms.findings import measures


class Set(NamedTuple):
    """A measure: its department, what could go wrong, what is done, the month in which it was set."""

    department: str
    hazard: str
    measure: str
    since: date


SET = (
    Set(
        "040",
        "帳票を別の保険者の封筒に入れる。",
        "封入の後、宛名と帳票の番号を二人で読み合わせ、発送簿に印を押す。",
        date(2022, 2, 1),
    ),
    Set(
        "050",
        "離席中の画面から、来訪者に個人情報が見える。",
        "5分で画面に鍵がかかる設定にし、窓口側の端末にのぞき見防止の板を付ける。",
        date(2021, 12, 1),
    ),
    Set(
        "030",
        "異動した職員の権限が残る。",
        "人事異動の内示の日に、権限の変更票を情報システム課へ送る。",
        date(2023, 3, 1),
    ),
    Set(
        "090",
        "特定健診のデータを入れた媒体をなくす。",
        "媒体は暗号化したものだけを使い、持ち出しのたびに課長が本数を数える。",
        date(2024, 1, 10),
    ),
)
LATE = 20  # days since the last of them should have been looked at again


def tell(story: Story, cast: Cast) -> None:
    """Set each, and look at it again every year; at the last one since a year and some days."""
    *looked_at, forgotten = SET
    for one in looked_at:
        story.at(workday(one.since), partial(_set, story, cast, one, True))
    late = forgotten._replace(since=story.today - timedelta(days=365 + LATE))
    story.at(workday(max(late.since, BEGINS.date())), partial(_set, story, cast, late, False))


def _set(story: Story, cast: Cast, one: Set, looked_at: bool, now: datetime) -> None:
    head, day = cast.heads[one.department], settings.today(now)
    made = measures.add_measure(
        hazard=one.hazard, measure=one.measure, from_day=day, department_id=cast.departments[one.department].id,
        owner_id=head.id, by=acting(cast.officers[0], now), now=now,
    )  # fmt: skip
    while looked_at and (day := workday(day + timedelta(days=350))) < story.today:
        story.at(day, _look(made.id, cast, one))


def _look(measure_id: int, cast: Cast, one: Set) -> Event:
    def look(now: datetime) -> None:
        text = "この一年、同じ事故は起きていない。続ける。"
        by = acting(cast.heads[one.department], now)
        measures.review_measure(measure_id, outcome="keep", text=text, by=by, now=now)

    return look
