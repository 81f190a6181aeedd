"""The review that a row of a ledger tells of: refused where nobody could have made it."""

from typing import Any

from isms.core.errors import Invalid
from isms.core.imports import Row
from isms.core.words import gettext
from isms.evidence.import_controls import folded
from isms.evidence.import_known import Known


def read_review(row: Row, known: Known) -> dict[str, Any] | None:
    """Give the review that the row tells of, or None; refuse one that nobody could have made."""
    values = row.values
    name, day = values.get("reviewer") or "", values.get("reviewed_on")
    if not name and day is None:
        return None
    try:
        if not name or day is None:
            raise Invalid(gettext("確認者と確認日は、両方書くか、両方空けてください。"))
        if not known.may_review:
            raise Invalid(gettext("確認を取り込めるのは事務局だけです。"))
        reviewer = known.owner(name)
        _guard_reviewer(row, reviewer, known)
        if not values["collected_on"] <= day <= known.today:
            raise Invalid(gettext("確認日は、収集日から今日までの日付です。"))
        accepted = values.get("result") is not False
        if not accepted and not values.get("reason"):
            raise Invalid(gettext("差し戻しの理由が空です。"))
        return {
            "accepted": accepted,
            "reason": values.get("reason") or "",
            "reviewed_on": day,
            "reviewer": reviewer,
            "imported": True,
        }
    except Invalid as error:
        row.refuse(str(error))
        return None


def _guard_reviewer(row: Row, reviewer: int, known: Known) -> None:
    """Refuse a review of one's own: by the importer, by who recorded the row, by an author of what it corrects."""
    values = row.values
    if reviewer == known.by.person_id:
        raise Invalid(gettext("確認者が、取り込む人自身です。別の人が取り込んでください。"))
    if reviewer in recorders(values, known):
        raise Invalid(gettext("確認者が登録した本人です。証跡は別の人が確認します。"))
    before = known.by_ref.get((values.get("predecessor") or "").upper())
    if f"person:{reviewer}" in known.authors(before):
        raise Invalid(gettext("確認者が登録した本人です。証跡は別の人が確認します。"))


def recorders(values: dict[str, Any], known: Known) -> set[int]:
    """Give the people whom the row names as the one who recorded it: 登録者, without one 担当."""
    author = values.get("author") or values.get("owner") or ""
    return known.owners.get(folded(author), set()) if author else set()
