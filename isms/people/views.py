"""Pages of the registers: people, departments, and the import of a list."""

from typing import Any

from flask import flash, g, redirect, request, url_for

from isms import trail
from isms.core import clock, settings
from isms.core.days import read_day
from isms.core.imports import Verdict
from isms.core.permissions import Permission as P
from isms.core.permissions import Scope, scopes_of
from isms.core.tables import Column, Filter, Table
from isms.core.text import contains
from isms.core.web import Answer, Room
from isms.core.words import gettext, lazy_gettext
from isms.people import departments as department_rules
from isms.people import import_rows, imports, previews, roster, rules
from isms.people.forms import DepartmentForm, HeadsForm, ImportForm, NewPersonForm, PersonForm, PlaceForm, people_values
from isms.people.models import Department, ImportPreview, Membership, Person
from isms.people.words import EMPLOYMENT

room = Room("people", __name__)
room.in_nav(lazy_gettext("職員名簿"), "index", P.PEOPLE_READ, 800, aside=True)

trail.show("person", lambda i: url_for("people.person", person_id=i) if g.actor.has(P.PEOPLE_READ) else None)
trail.show(
    "department",
    lambda i: url_for("people.edit_department", department_id=i) if g.actor.has(P.PEOPLE_EDIT) else None,
)

LARGEST_SHEET = 20_000_000


def _department(person: Person) -> str:
    return person.place.department.name if person.has_place else ""


PEOPLE = Table(
    "people",
    lazy_gettext("職員名簿"),
    [
        Column("number", lazy_gettext("職員番号"), expr=Person.number, nowrap=True),
        Column("name", lazy_gettext("氏名"), expr=Person.name, nowrap=True),
        Column("kana", lazy_gettext("カナ"), expr=Person.kana, nowrap=True),
        Column("department", lazy_gettext("部署"), _department, expr=Department.name),
        Column("position", lazy_gettext("役職"), lambda p: p.place.position if p.has_place else ""),
        Column("employment", lazy_gettext("雇用の区分"), lambda p: EMPLOYMENT[p.employment], expr=Person.employment),
        Column("roles", lazy_gettext("役割"), lambda p: p.role_words),
        Column("mail", lazy_gettext("メールアドレス"), expr=Person.mail),
    ],
    default_sort="number",
    filters=[
        Filter(
            "q",
            lazy_gettext("番号・氏名"),
            lambda q, text: q.where(
                contains(Person.number, text) | contains(Person.name, text) | contains(Person.kana, text)
            ),
        ),
        Filter(
            "department",
            lazy_gettext("部署"),
            lambda q, value: q.where(Membership.department == int(value)),
            kind="select",
            choices=lambda: [(str(d.id), d.name) for d in department_rules.departments()],
        ),
        Filter(
            "employment",
            lazy_gettext("雇用の区分"),
            lambda q, value: q.where(Person.employment == value),
            kind="select",
            choices=lambda: list(EMPLOYMENT.items()),
        ),
    ],
    row_href=lambda person: url_for("people.person", person_id=person.id),
    prefetch=lambda rows: roster.add_role_words(rows, clock.now()),
    empty=(
        lazy_gettext("まだ職員がいません"),
        lazy_gettext("名簿（xlsx か CSV）を取り込むと、全員をまとめて登録できます。"),
    ),
    keep=("day",),
)

DEPARTMENTS = Table(
    "departments",
    lazy_gettext("部署の一覧"),
    [
        Column("code", lazy_gettext("部署番号"), expr=Department.code),
        Column("name", lazy_gettext("部署名"), expr=Department.name),
        Column("name_en", lazy_gettext("英語の名前"), expr=Department.name_en),
        Column("members", lazy_gettext("人数"), numeric=True),
        Column("from_day", lazy_gettext("始まりの日"), expr=Department.from_day, nowrap=True),
        Column("to_day", lazy_gettext("終わりの日"), expr=Department.to_day, nowrap=True),
    ],
    default_sort="code",
    row_href=lambda department: url_for("people.edit_department", department_id=department.id),
    prefetch=lambda rows: roster.add_members(rows, settings.today(clock.now())),
)


def _asked_day() -> Any:
    """Read the day whose roster is asked for; today when none or no day was given."""
    today = settings.today(clock.now())
    try:
        return read_day(request.args["day"]) if request.args.get("day") else today
    except ValueError as error:
        flash(str(error), "error")
        return today


@room.route("/people", permission=P.PEOPLE_READ)
def index() -> Answer:
    """List the people of a day."""
    day = _asked_day()
    query = roster.roster(day)
    if Scope.ALL not in scopes_of(g.actor, P.PEOPLE_READ):
        query = query.where(Membership.department.in_(sorted(g.actor.heads)))
    return PEOPLE.answer(query, day=day, today=settings.today(clock.now()), may_edit=g.actor.has(P.PEOPLE_EDIT))


@room.route("/people/<int:person_id>", permission=P.PEOPLE_READ)
def person(person_id: int) -> Answer:
    """Show a person, their places, what they head and their roles."""
    seen = roster.seen_person(person_id, by=g.actor, now=clock.now())
    return {
        "person": seen,
        "places": roster.places_of(person_id),
        "headships": roster.headships_of(person_id),
        "may_edit": g.actor.has(P.PEOPLE_EDIT),
        "may_account": g.actor.has(P.ACCOUNTS_EDIT),
        "employment": EMPLOYMENT,
    }


@room.route("/people/new", methods=["GET", "POST"], permission=P.PEOPLE_EDIT)
def new_person() -> Answer:
    """Add a person."""
    now = clock.now()
    form = NewPersonForm(from_day=settings.today(now))
    made = form.run(lambda: rules.add_person(**people_values(form), by=g.actor, now=now))
    if isinstance(made, Person):
        flash(gettext("%(name)sさんを登録しました。", name=made.name))
        return redirect(url_for("people.person", person_id=made.id), 303)
    return {"form": form}


@room.route("/people/<int:person_id>/edit", methods=["GET", "POST"], permission=P.PEOPLE_EDIT)
def edit_person(person_id: int) -> Answer:
    """Change a person."""
    seen = rules.get_person(person_id)
    form = PersonForm(obj=seen)
    if form.run(
        lambda: rules.change_person(
            person_id, **people_values(form), version=form.version.data, by=g.actor, now=clock.now()
        )
    ):
        flash(gettext("変更しました。"))
        return redirect(url_for("people.person", person_id=person_id), 303)
    return {"form": form, "person": seen}


@room.route("/people/<int:person_id>/place", methods=["GET", "POST"], permission=P.PEOPLE_EDIT)
def move_person(person_id: int) -> Answer:
    """Move a person to a department."""
    seen = rules.get_person(person_id)
    form = PlaceForm(from_day=settings.today(clock.now()))
    if form.run(lambda: rules.place(person_id, **form.values(), by=g.actor, now=clock.now())):
        flash(gettext("異動を登録しました。"))
        return redirect(url_for("people.person", person_id=person_id), 303)
    return {"form": form, "person": seen}


@room.route("/people/<int:person_id>/heads", methods=["GET", "POST"], permission=P.PEOPLE_EDIT)
def edit_heads(person_id: int) -> Answer:
    """Say which departments a person heads."""
    seen = rules.get_person(person_id)
    day = settings.today(clock.now())
    heading = [h.department_id for h in roster.headships_of(person_id) if h.to_day is None or h.to_day >= day]
    form = HeadsForm(department_ids=heading, from_day=day)
    if form.run(lambda: rules.set_heads(person_id, **form.values(), by=g.actor, now=clock.now())):
        flash(gettext("部門責任者を変更しました。"))
        return redirect(url_for("people.person", person_id=person_id), 303)
    return {"form": form, "person": seen}


@room.route("/departments", permission=P.PEOPLE_EDIT)
def departments() -> Answer:
    """List the departments."""
    return DEPARTMENTS.answer(Department.select())


@room.route("/departments/new", methods=["GET", "POST"], permission=P.PEOPLE_EDIT)
def new_department() -> Answer:
    """Add a department."""
    form = DepartmentForm(from_day=settings.today(clock.now()))
    if form.run(lambda: department_rules.add_department(**people_values(form), by=g.actor, now=clock.now())):
        flash(gettext("部署を登録しました。"))
        return redirect(url_for("people.departments"), 303)
    return {"form": form}


@room.route("/departments/<int:department_id>/edit", methods=["GET", "POST"], permission=P.PEOPLE_EDIT)
def edit_department(department_id: int) -> Answer:
    """Change a department."""
    department = department_rules.get_department(department_id)
    form = DepartmentForm(obj=department)
    if form.run(
        lambda: department_rules.change_department(
            department_id, **people_values(form), version=form.version.data, by=g.actor, now=clock.now()
        )
    ):
        flash(gettext("変更しました。"))
        return redirect(url_for("people.departments"), 303)
    return {"form": form, "department": department}


@room.route("/people/import", methods=["GET", "POST"], permission=P.PEOPLE_EDIT, upload=lambda: LARGEST_SHEET)
def import_people() -> Answer:
    """Take a sheet in for its preview; nothing is written to the register."""
    form = ImportForm()
    kept = form.run(
        lambda: previews.keep(
            "people-all" if form.leavers.data else "people",
            form.file.data.filename or "",
            form.file.data.read(),
            by=g.actor,
            now=clock.now(),
        )
    )
    if isinstance(kept, ImportPreview):
        return redirect(url_for("people.preview_import", preview_id=kept.id), 303)
    return {"form": form, "headers": import_rows.HEADERS, "required": import_rows.REQUIRED}


@room.route("/people/import/<int:preview_id>", permission=P.PEOPLE_EDIT)
def preview_import(preview_id: int) -> Answer:
    """Show what the import would do, row by row."""
    kept = previews.get(preview_id, "people", by=g.actor)
    plan = imports.plan(kept.content, kept.filename, by=g.actor, now=clock.now(), leavers=kept.kind == "people-all")
    return previews.answer(plan, kept=kept, labels={field: names[0] for field, names in import_rows.HEADERS.items()})


@room.route("/people/import/<int:preview_id>", methods=["POST"], endpoint="take_import", permission=P.PEOPLE_EDIT)
def take_import(preview_id: int) -> Answer:
    """Import the sheet that was previewed: all of it or nothing."""
    kept = previews.get(preview_id, "people", by=g.actor)
    done = imports.take(kept.content, kept.filename, by=g.actor, now=clock.now(), leavers=kept.kind == "people-all")
    counts = done.counts()
    flash(
        gettext(
            "名簿を取り込みました（新規%(new)s人、変更%(changed)s人、退職%(left)s人）。",
            new=counts[Verdict.NEW],
            changed=counts[Verdict.CHANGED],
            left=counts[Verdict.LEFT],
        )
    )
    return redirect(url_for("people.index"), 303)
