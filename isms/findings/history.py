"""The steps of a finding as lines of a cell, for the ledger: written by `write`, understood by `read`.

    2026-10-17 原因：なぜ漏れたか
    担当を決めていない
    2026-10-18 是正処置の計画（担当 00012、期限 2026-10-30）：担当を決める
    2026-10-29 是正処置の実施（1）：決めた
    2026-12-01 有効性の確認（1、効果あり）：漏れがない

An action is named by its place among the plans; one that takes another's place says 差し替え 1.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from isms.core.days import UnreadableDay, read_day
from isms.core.errors import Invalid
from isms.core.words import gettext, locale
from isms.findings.import_rows import DETAILS_READ, GOOD_READ, STEPS_READ
from isms.findings.models import FindingStep
from isms.findings.words import ENDS, STEPS

LINE = re.compile(r"(\d{4}-\d\d-\d\d) ([^（(：:]+?) ?(?:[（(]([^）)]*)[）)])?[：:](.*)")


@dataclass
class Told:
    """A step as a ledger tells it; `about` counts the plans from 1."""

    kind: str
    day: date
    text: str
    owner: str = ""
    due: date | None = None
    about: int | None = None
    good: bool | None = None


def write(steps: Iterable[FindingStep], numbers: Mapping[int, str]) -> str:
    """Give the steps as lines; `numbers` are the employee numbers of people by id."""
    plans: dict[int, int] = {}
    lines = []
    for step in sorted(steps, key=lambda step: step.id):
        word = str(STEPS[step.kind]) if locale() == "ja" else step.kind
        details = gettext("、").join(_details(step, plans, numbers))
        if step.kind == "action":
            plans[step.id] = len(plans) + 1
        within = gettext("（%(words)s）", words=details) if details else ""
        text = step.text.replace("\n", "\n　")
        lines.append(f"{step.day.isoformat()} {word}{within}：{text}")
    return "\n".join(lines)


def _details(step: FindingStep, plans: Mapping[int, int], numbers: Mapping[int, str]) -> list[str]:
    japanese = locale() == "ja"
    about = plans.get(step.about_id)
    if step.kind != "action":
        good = {word for word, value in GOOD_READ.items() if value is step.good and word.isascii() != japanese}
        return [str(one) for one in (about, *good) if one is not None]
    words = {name: (ja if japanese else name) for ja, name in DETAILS_READ.items()}
    told = {"owner": numbers.get(step.owner_id), "due": step.due.isoformat() if step.due else None, "replaces": about}
    return [f"{words[name]} {value}" for name, value in told.items() if value is not None]


def read(text: str) -> list[Told]:
    """Understand the lines; raises Invalid, naming the line that cannot be."""
    given: list[Told] = []
    for line in filter(None, text.splitlines()):
        match = LINE.fullmatch(line)
        if match is None and given and line.startswith("　"):
            given[-1].text += "\n" + line.removeprefix("　")
        elif match is None or match[2] not in STEPS_READ:
            raise Invalid(gettext("経過の「%(line)s」が分かりません。", line=line[:40]))
        else:
            given.append(_told(line, *match.groups()))
    return given


def _told(line: str, day: str, kind: str, details: str | None, text: str) -> Told:
    try:
        told = Told(STEPS_READ[kind], read_day(day), text)
        for detail in filter(None, re.split("[、,] ?", details or "")):
            _detail(told, detail)
    except (UnreadableDay, ValueError) as error:
        raise Invalid(gettext("経過の「%(line)s」が分かりません。", line=line[:40])) from error
    return told


def _detail(told: Told, detail: str) -> None:
    name, _, value = detail.partition(" ")
    name = DETAILS_READ.get(name, name)
    if detail in GOOD_READ:
        told.good = GOOD_READ[detail]
    elif name == "owner":
        told.owner = value
    elif name == "due":
        told.due = read_day(value)
    else:
        told.about = int(value if name == "replaces" else detail)


def check(told: Sequence[Told], opened_on: date, today: date, people: Mapping[str, int]) -> None:
    """Refuse what cannot have been: days before it was open, people nobody knows, actions that were not planned."""
    first, plans, is_open = opened_on, 0, True
    for one in told:
        wrong = ""
        if not first <= one.day <= today or (one.kind == "reopened") == is_open:
            wrong = gettext("経過の %(day)s の行が、前の行と合いません。", day=one.day.isoformat())
        elif one.owner and one.owner not in people:
            wrong = gettext("経過にある職員番号 %(number)s の人はいません。", number=one.owner)
        elif one.about is not None and not 1 <= one.about <= plans:
            wrong = gettext("経過の %(day)s の行が、前の行と合いません。", day=one.day.isoformat())
        if wrong:
            raise Invalid(wrong)
        plans += one.kind == "action"
        if one.kind in ENDS:
            first, is_open = one.day, ENDS[one.kind]


def values_of(told: Told, plans: Sequence[FindingStep], people: Mapping[str, int]) -> dict[str, Any]:
    """Give the columns of the step that a ledger tells."""
    return {
        "owner": people.get(told.owner),
        "due": told.due,
        "about": plans[told.about - 1] if told.about else None,
        "good": told.good,
    }
