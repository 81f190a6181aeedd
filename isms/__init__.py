"""ISMS and business-continuity tracker: the assembly of its rooms."""

from pathlib import Path

from flask import Flask
from flask_babel import Babel

from config import ROOT, Config
from isms.audits import rules as audits
from isms.catalogue import rules as catalogue_rules
from isms.catalogue import standards
from isms.core import blobs, clock, schema, unchanged, web, words
from isms.core.database import db, open_database
from isms.mail import transport
from isms.people import cookies
from isms.trail import rules as trail_rules


def open_house(config: Config) -> None:
    """Read the standards and open the database of the installation; makes the data folder, mode 0700."""
    catalogue_rules.use(standards.load(config.controls))
    Path(config.data).mkdir(parents=True, exist_ok=True, mode=0o700)
    blobs.use(config.data)
    transport.use(config)
    clock.forget()
    open_database(config.database_url, config.data)
    db.connect(reuse_if_open=True)


def create_app(config: Config | None = None) -> Flask:
    """Assemble the app on a database whose schema is the one of this code; raises WrongSchema otherwise."""
    config = config or Config.from_environment()
    open_house(config)
    schema.check()
    trail_rules.seed_clock()
    app = Flask("isms", root_path=str(ROOT), static_folder="static", template_folder="templates")
    Babel(app, default_locale="ja", locale_selector=words.locale)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        words.gettext, words.ngettext, newstyle=True, pgettext=words.pgettext
    )
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    told = web.open_gate(app, config, web.read_secret(config.data))
    told.identify = lambda: audits.with_coverage(cookies.identify(), clock.now())
    told.sign_in_endpoint = "signin.sign_in"
    app.jinja_env.globals["trail_head"] = unchanged.mark
    for room in rooms():
        web.enter(app, room)
    web.close_gate(app)
    return app


def load_rooms() -> None:
    """Load every room, so that its verbs, kinds and settings are known outside the web too."""
    rooms()


def rooms() -> list[web.Room]:
    """Give the rooms that have pages, from the ground up."""
    from isms.audits import views as audit_pages
    from isms.calendar import feed_views, list_views, occurrence_views, panel_views, schedule_views
    from isms.catalogue import edition_views, statement_views
    from isms.catalogue import views as catalogue
    from isms.checklists import views as checklist_pages
    from isms.crosschecks import plan_views, visit_views
    from isms.dailychecks import map_views, setup_views
    from isms.evidence import file_views, import_views, review_views
    from isms.exports import views as exports
    from isms.findings import file_views as finding_files
    from isms.findings import measure_views, step_views
    from isms.mail import views as mail
    from isms.people import account_views, own_views, setting_views, sign_views, start_views
    from isms.people import views as people
    from isms.status import board_views, control_views, transition_views
    from isms.todo import views as todo
    from isms.trail import views as trail

    signing = [sign_views.room, own_views.room, account_views.room, setting_views.room]
    controls = [catalogue.room, edition_views.room, statement_views.room, transition_views.room]
    evidence = [*dict.fromkeys((import_views.room, review_views.room)), file_views.room]
    findings = [*dict.fromkeys((step_views.room, finding_files.room)), measure_views.room]
    state = [*findings, *dict.fromkeys((board_views.room, control_views.room)), audit_pages.room, exports.room]
    calendar = dict.fromkeys(
        one.room for one in (list_views, occurrence_views, panel_views, feed_views, schedule_views)
    )
    checks = [checklist_pages.room, plan_views.room, visit_views.room]
    checks += dict.fromkeys((map_views.room, setup_views.room))
    regular = [*calendar, *checks, mail.room, todo.room]
    return [web.room, trail.room, people.room, *signing, start_views.room, *controls, *evidence, *state, *regular]
