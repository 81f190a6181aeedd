"""Pages of engagements."""

import json
from typing import Any

from flask import flash, g, redirect, url_for

from isms.audits import rules
from isms.audits.forms import EngagementForm
from isms.audits.models import Engagement
from isms.catalogue import rules as catalogue
from isms.catalogue.numbers import read_all
from isms.core import clock, settings
from isms.core.permissions import Permission
from isms.core.tables import Column, Table
from isms.core.web import Answer, Room
from isms.core.words import gettext, lazy_gettext
from isms.people.models import Person

room = Room("audits", __name__)
room.in_nav(lazy_gettext("委嘱"), "index", Permission.ENGAGEMENTS_EDIT, 70, aside=True)


def _scope_words(engagement: Engagement) -> str:
    scope = [entry.split(" ", 1)[1] for entry in json.loads(engagement.scope)]
    return "、".join(scope) if scope else gettext("すべて")


def _state(engagement: Engagement) -> str:
    day = settings.today(clock.now())
    if engagement.revoked_at is not None:
        return gettext("取り消し")
    if day < engagement.from_day:
        return gettext("これから")
    return gettext("終わり") if day > engagement.to_day else gettext("閲覧できます")


ENGAGEMENTS = Table(
    "engagements",
    lazy_gettext("監査員の委嘱"),
    [
        Column("title", lazy_gettext("監査の名前"), expr=Engagement.title),
        Column("auditor", lazy_gettext("監査員"), lambda e: e.auditor.name, expr=Person.name),
        Column("state", lazy_gettext("状態"), _state),
        Column("from_day", lazy_gettext("閲覧の始まり"), expr=Engagement.from_day, nowrap=True),
        Column("to_day", lazy_gettext("閲覧の終わり"), expr=Engagement.to_day, nowrap=True),
        Column("scope", lazy_gettext("対象の番号"), _scope_words),
    ],
    default_sort="-from_day",
    row_href=lambda engagement: url_for("audits.edit_engagement", engagement_id=engagement.id),
    empty=(
        lazy_gettext("委嘱がまだありません"),
        lazy_gettext("監査員は、委嘱の期間だけ、対象の管理策と証跡を閲覧できます。"),
    ),
)


def _values(form: EngagementForm) -> dict[str, Any]:
    values = form.values()
    edition = catalogue.edition_on(values["from_day"])
    values["scope"] = [requirement.key for requirement in read_all(edition, values["scope"])] if values["scope"] else []
    return values


@room.route("/engagements", permission=Permission.ENGAGEMENTS_EDIT)
def index() -> Answer:
    """List the engagements."""
    return ENGAGEMENTS.answer(rules.engagements())


@room.route("/engagements/new", methods=["GET", "POST"], permission=Permission.ENGAGEMENTS_EDIT)
def new_engagement() -> Answer:
    """Engage an auditor."""
    now = clock.now()
    form = EngagementForm(from_day=settings.today(now))

    def engage() -> Engagement:
        values = _values(form)
        values.pop("version", None)
        return rules.engage(**values, by=g.actor, now=now)

    if form.run(engage):
        flash(gettext("委嘱を登録しました。"))
        return redirect(url_for("audits.index"), 303)
    return {"form": form}


@room.route("/engagements/<int:engagement_id>", methods=["GET", "POST"], permission=Permission.ENGAGEMENTS_EDIT)
def edit_engagement(engagement_id: int) -> Answer:
    """Change an engagement."""
    engagement = rules.get_engagement(engagement_id)
    scope = "、".join(entry.split(" ", 1)[1] for entry in json.loads(engagement.scope))
    form = EngagementForm(obj=engagement, data={"scope": scope, "auditor_id": engagement.auditor_id})

    def change() -> Engagement:
        values = _values(form)
        values.pop("auditor_id")
        return rules.change_engagement(engagement_id, **values, by=g.actor, now=clock.now())

    if form.run(change):
        flash(gettext("変更しました。"))
        return redirect(url_for("audits.index"), 303)
    return {"form": form, "engagement": engagement}


@room.route("/engagements/<int:engagement_id>/revoke", methods=["POST"], permission=Permission.ENGAGEMENTS_EDIT)
def revoke(engagement_id: int) -> Answer:
    """End an engagement at once."""
    rules.revoke(engagement_id, by=g.actor, now=clock.now())
    flash(gettext("委嘱を取り消しました。監査員はもう閲覧できません。"))
    return redirect(url_for("audits.index"), 303)
