"""Pages of checklists: the list, a version with its items, and how it is written."""

from typing import Any

from flask import flash, g, redirect, request, url_for

from isms import trail
from isms.catalogue import rules as catalogue
from isms.catalogue.numbers import read_all
from isms.catalogue.wording import adapted
from isms.checklists import beside, rules
from isms.checklists.forms import ChecklistEditForm, ChecklistForm, ItemForm, VersionForm
from isms.checklists.models import Checklist, ChecklistItem, ChecklistVersion
from isms.checklists.words import ANSWER_KINDS, PURPOSES, version_name
from isms.core import clock, settings
from isms.core.errors import Invalid, NotFound
from isms.core.permissions import Permission as P
from isms.core.tables import Column, Filter, Table
from isms.core.web import Answer, Room
from isms.core.words import gettext, lazy_gettext
from isms.findings.words import GRADES

room = Room("checklists", __name__)
room.in_nav(lazy_gettext("点検表"), "index", P.CHECKLISTS_READ, 66, aside=True)


def _page_of(checklist_id: int, number: int | None = None) -> str | None:
    if not g.actor.has(P.CHECKLISTS_READ):
        return None
    return url_for("checklists.checklist", checklist_id=checklist_id, number=number)


def _version_href(version_id: int) -> str | None:
    version = rules.get_version(version_id)
    return _page_of(version.checklist_id, version.number)


trail.show("checklist", _page_of)
trail.show("checklist_version", _version_href)


def _load(rows: list[Checklist]) -> None:
    """Write into the checklists their newest version and the number of its items; two queries."""
    ids = [row.id for row in rows]
    query = ChecklistVersion.select().where(ChecklistVersion.checklist.in_(ids)).order_by(ChecklistVersion.number)
    newest = {version.checklist_id: version for version in query}
    numbers = [version.id for version in newest.values()]
    counted: dict[int, int] = {}
    items = ChecklistItem.select(ChecklistItem.list_version).where(ChecklistItem.list_version.in_(numbers))
    for (version_id,) in items.where(ChecklistItem.in_use).tuples():
        counted[version_id] = counted.get(version_id, 0) + 1
    for row in rows:
        row.newest = newest[row.id]
        row.items = counted.get(row.newest.id, 0)


def _state(row: Checklist) -> str:
    if row.to_day is not None and row.to_day < settings.today(clock.now()):
        return gettext("使わない")
    return gettext("使用中") if row.newest.frozen_at else gettext("作成中")


CHECKLISTS = Table(
    "checklists",
    lazy_gettext("点検表"),
    [
        Column("title", lazy_gettext("名前"), expr=Checklist.title),
        Column("purpose", lazy_gettext("使い道"), lambda row: str(PURPOSES[row.purpose]), expr=Checklist.purpose),
        Column("number", lazy_gettext("版"), lambda row: row.newest.number, numeric=True),
        Column("items", lazy_gettext("項目"), numeric=True),
        Column("state", lazy_gettext("状態"), _state),
        Column("to_day", lazy_gettext("最後の日"), expr=Checklist.to_day, nowrap=True),
    ],
    default_sort="title",
    filters=[
        Filter(
            "purpose",
            lazy_gettext("使い道"),
            lambda query, value: query.where(Checklist.purpose == value),
            kind="select",
            choices=list(PURPOSES.items()),
        )
    ],
    row_href=lambda row: url_for("checklists.checklist", checklist_id=row.id),
    prefetch=_load,
    empty=(
        lazy_gettext("点検表がまだありません"),
        lazy_gettext("クロスチェックと日常点検で使う問いを、ここで作ります。"),
    ),
)


@room.get("/checklists", permission=P.CHECKLISTS_READ)
def index() -> Answer:
    """List the checklists."""
    return CHECKLISTS.answer(Checklist.select(), may_edit=g.actor.has(P.CHECKLISTS_EDIT))


@room.route("/checklists/new", methods=["GET", "POST"], permission=P.CHECKLISTS_EDIT)
def new_checklist() -> Answer:
    """Make a checklist."""
    form = ChecklistForm(purpose=request.args.get("purpose") or "crosscheck")
    made = form.run(lambda: rules.add_checklist(**form.values(), by=g.actor, now=clock.now()))
    if isinstance(made, Checklist):
        flash(gettext("点検表を作りました。項目を加えてください。"))
        return redirect(url_for("checklists.checklist", checklist_id=made.id), 303)
    return {"form": form}


@room.get("/checklists/<int:checklist_id>", defaults={"number": None}, permission=P.CHECKLISTS_READ)
@room.get("/checklists/<int:checklist_id>/versions/<int:number>", permission=P.CHECKLISTS_READ)
def checklist(checklist_id: int, number: int | None) -> Answer:
    """Show a version of a checklist with its items: the newest, or the one of a number."""
    found = rules.get_checklist(checklist_id)
    versions = rules.versions_of(checklist_id)
    shown = next((one for one in versions if number in (None, one.number)), None)
    if shown is None:
        raise NotFound()
    items = rules.items_of(shown.id)
    return {
        "checklist": found,
        "versions": versions,
        "shown": shown,
        "asked": items,
        "titled": {item.id: _titled(item) for item in items},
        "purposes": PURPOSES,
        "kinds": ANSWER_KINDS,
        "grades": GRADES,
        "beside": beside.label,
        "writing": g.actor.has(P.CHECKLISTS_EDIT) and shown.frozen_at is None,
        "may_edit": g.actor.has(P.CHECKLISTS_EDIT),
        "is_newest": shown.id == versions[0].id,
    }


def _titled(item: ChecklistItem) -> list[Any]:
    """Give the requirements that an item is about."""
    found = [adapted(edition).find(key) for edition, key in rules.controls_of(item)]
    return [one for one in found if one is not None]


@room.route("/checklists/<int:checklist_id>/edit", methods=["GET", "POST"], permission=P.CHECKLISTS_EDIT)
def edit_checklist(checklist_id: int) -> Answer:
    """Rename a checklist, or let it end."""
    found = rules.get_checklist(checklist_id)
    form = ChecklistEditForm(obj=found)
    if form.run(lambda: rules.change_checklist(checklist_id, **form.values(), by=g.actor, now=clock.now())):
        flash(gettext("変更しました。"))
        return redirect(url_for("checklists.checklist", checklist_id=checklist_id), 303)
    return {"form": form, "checklist": found}


@room.route("/checklists/<int:checklist_id>/versions/new", methods=["GET", "POST"], permission=P.CHECKLISTS_EDIT)
def new_version(checklist_id: int) -> Answer:
    """Make the next version, a copy of the newest."""
    found = rules.get_checklist(checklist_id)
    form = VersionForm()
    made = form.run(lambda: rules.add_version(checklist_id, form.note.data, g.actor, clock.now()))
    if isinstance(made, ChecklistVersion):
        flash(gettext("第%(number)s版を作りました。使い始めるまでは直せます。", number=made.number))
        return redirect(url_for("checklists.checklist", checklist_id=checklist_id), 303)
    return {"form": form, "checklist": found, "newest": rules.newest_version(checklist_id)}


@room.route(
    "/checklists/versions/<int:list_version_id>/items/new", methods=["GET", "POST"], permission=P.CHECKLISTS_EDIT
)
def new_item(list_version_id: int) -> Answer:
    """Add an item to a version that was not used yet."""
    version = rules.get_version(list_version_id)
    form = ItemForm(answer_kind="verdict", required=True, grade="minor")

    def add() -> ChecklistItem:
        return rules.add_item(list_version_id, **_values(form), by=g.actor, now=clock.now())

    if form.run(add):
        flash(gettext("項目を加えました。"))
        if request.form.get("then") == "next":
            return redirect(url_for("checklists.new_item", list_version_id=list_version_id), 303)
        return redirect(url_for("checklists.checklist", checklist_id=version.checklist_id), 303)
    return {"form": form, "list_version": version, "name": version_name(version.checklist.title, version.number)}


@room.route("/checklists/items/<int:list_item_id>/edit", methods=["GET", "POST"], permission=P.CHECKLISTS_EDIT)
def edit_item(list_item_id: int) -> Answer:
    """Change an item of a version that was not used yet."""
    item, version = _item(list_item_id)
    spelled = gettext("、").join(one.spelled for one in _titled(item))
    form = ItemForm(obj=item, data={"controls": spelled})

    def change() -> ChecklistItem:
        return rules.change_item(
            list_item_id, version=form.version.data, **_values(form, item), by=g.actor, now=clock.now()
        )

    if form.run(change):
        flash(gettext("変更しました。"))
        return redirect(url_for("checklists.checklist", checklist_id=version.checklist_id), 303)
    return {"form": form, "item": item, "list_version": version}


def _values(form: ItemForm, item: ChecklistItem | None = None) -> dict[str, Any]:
    """Give the values with the numbers read in the edition in force; what an item had in another edition stays so."""
    values = form.values()
    values.pop("version")
    had = {one.spelled: (one.edition, one.key) for one in _titled(item)} if item else {}
    if values["controls"] == gettext("、").join(had):
        return values | {"controls": list(had.values())}
    edition = catalogue.edition_on(settings.today(clock.now()))
    try:
        wanted = read_all(edition, values["controls"])
    except Invalid as error:
        raise Invalid({"controls": error.fields[""]}) from error
    return values | {"controls": [(edition.id, requirement.key) for requirement in wanted]}


def _item(item_id: int) -> tuple[ChecklistItem, ChecklistVersion]:
    item = rules.get_item(item_id)
    return item, rules.get_version(item.list_version_id)


@room.route("/checklists/items/<int:list_item_id>/up", methods=["POST"], permission=P.CHECKLISTS_EDIT)
def raise_item(list_item_id: int) -> Answer:
    """Let an item stand one place earlier."""
    return _moved(list_item_id, up=True)


@room.route("/checklists/items/<int:list_item_id>/down", methods=["POST"], permission=P.CHECKLISTS_EDIT)
def lower_item(list_item_id: int) -> Answer:
    """Let an item stand one place later."""
    return _moved(list_item_id, up=False)


def _moved(item_id: int, *, up: bool) -> Answer:
    item, version = _item(item_id)
    rules.move_item(item_id, up=up, by=g.actor, now=clock.now())
    return redirect(url_for("checklists.checklist", checklist_id=version.checklist_id) + f"#item-{item.id}", 303)


@room.route("/checklists/items/<int:list_item_id>/drop", methods=["POST"], permission=P.CHECKLISTS_EDIT)
def drop_item(list_item_id: int) -> Answer:
    """Take an item out of a version that was not used yet."""
    item, version = _item(list_item_id)
    rules.drop_item(list_item_id, by=g.actor, now=clock.now())
    flash(gettext("項目「%(title)s」を外しました。", title=item.title))
    return redirect(url_for("checklists.checklist", checklist_id=version.checklist_id), 303)
