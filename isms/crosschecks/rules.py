"""Rules of pairing: pairs that must not be, and pairs that have to be, from a day to a day."""

from datetime import date, datetime, timedelta

from peewee import ModelSelect

from isms import trail
from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import Actor
from isms.core.text import UnusableText, clean_text
from isms.core.words import gettext
from isms.crosschecks.models import PairRule
from isms.crosschecks.words import RULES, Checked, Checker
from isms.people.models import Department
from isms.people.roster import on_day

REASON = 500  # characters at most


def pair_rules() -> ModelSelect:
    """Give all rules of pairing with their departments."""
    query = PairRule.select(PairRule, Checker, Checked).join(Checker, on=PairRule.checker == Checker.id, attr="checker")
    return query.switch(PairRule).join(Checked, on=PairRule.checked == Checked.id, attr="checked")


def get_pair_rule(rule_id: int) -> PairRule:
    """Give the rule of pairing; raises NotFound."""
    found = pair_rules().where(PairRule.id == rule_id).first()
    if found is None:
        raise NotFound()
    return found


def arcs_on(day: date) -> dict[str, frozenset[tuple[int, int]]]:
    """Give the pairs (checker, checked) that the rules of the day exclude and fix."""
    rows = list(
        PairRule.select(PairRule.kind, PairRule.checker, PairRule.checked).where(on_day(PairRule, day)).tuples()
    )
    return {kind: frozenset((a, b) for k, a, b in rows if k == kind) for kind in RULES}


def add_pair_rule(
    *,
    kind: str,
    checker_id: int,
    checked_id: int,
    reason: str,
    both: bool = False,
    from_day: date | None = None,
    to_day: date | None = None,
    by: Actor,
    now: datetime,
) -> list[PairRule]:
    """Exclude or fix a pair from a day on; with `both` also the other way round."""
    begin = from_day or settings.today(now)
    values = {"reason": _checked(kind, checker_id, checked_id, reason, begin, to_day), "kind": kind}
    arcs = [(checker_id, checked_id), *([(checked_id, checker_id)] if both else [])]
    with atomic():
        if Department.select().where(Department.id.in_([checker_id, checked_id])).count() < 2:
            raise Invalid({"checker_id": gettext("部署を選んでください。")})
        made = [
            PairRule.create(checker=one, checked=other, from_day=begin, to_day=to_day, **values) for one, other in arcs
        ]
        for row in made:
            trail.record(by, "pair_rule.added", row, now, before=None, after=row.plain())
        return made


def end_pair_rule(rule_id: int, *, by: Actor, now: datetime) -> PairRule:
    """Let a rule of pairing hold no longer: from today on."""
    with atomic():
        row = get_pair_rule(rule_id)
        yesterday = settings.today(now) - timedelta(days=1)
        if row.to_day is not None and row.to_day <= yesterday:
            raise Conflict(gettext("この決まりはすでに終わっています。"))
        before = row.plain()
        row.change(to_day=yesterday)
        trail.record(by, "pair_rule.changed", row, now, before=before, after=row.plain())
        return row


def _checked(kind: str, checker_id: int, checked_id: int, reason: str, begin: date, to_day: date | None) -> str:
    wrong = {}
    if kind not in RULES:
        wrong["kind"] = gettext("選択肢から選んでください。")
    if checker_id == checked_id:
        wrong["checked_id"] = gettext("別の部署を選んでください。")
    if to_day is not None and to_day < begin:
        wrong["to_day"] = gettext("終わりの日が始まりの日より前です。")
    said = ""
    try:
        said = clean_text(reason, REASON)
    except UnusableText as error:
        wrong["reason"] = str(error)
    if not said:
        wrong.setdefault("reason", gettext("理由を入力してください。"))
    if wrong:
        raise Invalid(wrong)
    return said
