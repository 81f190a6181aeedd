"""The command `isms`. Exit status 0, or 1 with one clear line on standard error."""

import argparse
import dataclasses
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NoReturn, TextIO

from config import BadSetting, Config
from isms import open_house
from isms.core import clock, logs, schema, words
from isms.core.database import STORAGE_ERRORS, db, storage_reason
from isms.core.errors import DomainError, Invalid
from isms.core.permissions import CONSOLE, Actor, Role
from isms.core.words import gettext


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one line and exit status 1."""

    def error(self, message: str) -> NoReturn:
        self.exit(1, f"{self.prog}: {message}\n")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; gives the exit status."""
    parser = make_parser()
    given = parser.parse_args(arguments)
    try:
        config = Config.from_environment()
        if getattr(given, "port", None):
            config = dataclasses.replace(config, port=given.port, base_url=_base_url(config, given.port))
        words.speak(config.locale)
        logs.configure(config.log_level)
        return given.run(config, given) or 0
    except KeyboardInterrupt:
        return 1
    except (BadSetting, DomainError) as error:
        return _complain(str(error) or type(error).__name__)
    except STORAGE_ERRORS as error:
        return _complain(f"{storage_reason(error)} ({error})")
    except OSError as error:
        return _complain(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "))
    finally:
        if db.obj is not None and not db.is_closed():
            db.close()


def _base_url(config: Config, port: int) -> str:
    return config.base_url if "base_url" in config.given else f"http://127.0.0.1:{port}"


def _complain(line: str) -> int:
    print("isms: " + " ".join(line.split()), file=sys.stderr)
    return 1


def make_parser() -> Parser:
    """Describe the commands."""
    parser = Parser(prog="isms", description="ISMS and business-continuity tracker")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)

    def command(name: str, run: Callable[[Config, argparse.Namespace], int | None], help: str) -> Parser:
        made: Parser = commands.add_parser(name, help=help)
        made.set_defaults(run=run)
        return made

    one = command("init", init, "make the schema, the organisation and its first officer")
    one.add_argument("--organisation", required=True, metavar="NAME")
    one.add_argument("--officer", required=True, metavar="EMAIL")
    one.add_argument("--name", required=True)
    command("serve", serve, "serve the pages, with the runner in the process").add_argument("--port", type=_port)
    one = command("demo", demo, "build an example federation and serve it")
    one.add_argument("--build-only", action="store_true")
    one.add_argument("--port", type=_port)
    command("migrate", migrate, "bring the schema up to this program")
    one = command("signin-link", signin_link, "print a one-time sign-in link")
    one.add_argument("email", nargs="?", metavar="EMAIL")
    one.add_argument("--role", choices=[role.value for role in Role])
    _trail_commands(command("trail", trail_verify, "verify or export the trail"))
    _import_commands(command("import", import_people, "import a sheet"))
    _files_commands(command("files", files_verify, "verify the stored files"))
    _export_commands(command("export", export, "write what an auditor takes along"))
    command("backup", backup, "write everything to one file").add_argument("file", type=Path, metavar="FILE")
    command("restore", restore, "replace everything by a backup").add_argument("file", type=Path, metavar="FILE")
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port")
    return int(text)


def _trail_commands(parser: Parser) -> None:
    kinds = parser.add_subparsers(required=True, metavar="verify|export", parser_class=Parser)
    verify = kinds.add_parser("verify", help="check the whole chain")
    verify.add_argument("--checkpoint", metavar="FILE", help="a file that holds 'number hash' as noted outside")
    verify.set_defaults(run=trail_verify)
    export = kinds.add_parser("export", help="write all entries as lines of JSON")
    export.add_argument("--out", type=Path, metavar="FILE")
    export.set_defaults(run=trail_export)


def _files_commands(parser: Parser) -> None:
    kinds = parser.add_subparsers(required=True, metavar="verify", parser_class=Parser)
    kinds.add_parser("verify", help="hash every stored file again").set_defaults(run=files_verify)


def _export_commands(parser: Parser) -> None:
    kinds = parser.add_subparsers(
        required=True, metavar="status|soa|pack|ledger|decisions|people|findings", parser_class=Parser
    )
    for kind, told in (("status", "the state of every requirement"), ("soa", "the statement of applicability")):
        one = kinds.add_parser(kind, help=told)
        one.add_argument("--as-of", dest="day", type=_day, metavar="DATE")
        if kind == "status":
            one.add_argument("--known", choices=("then", "now"), default="then")
        one.add_argument("--format", choices=("json", "csv", "xlsx", "pdf"), required=True)
        one.add_argument("--out", type=Path, required=True, metavar="FILE")
        one.set_defaults(run=export, kind=kind)
    pack = kinds.add_parser("pack", help="everything of a period in one zip, with the program that verifies it")
    pack.add_argument("--from", dest="first", type=_day, required=True, metavar="DATE")
    pack.add_argument("--to", dest="last", type=_day, required=True, metavar="DATE")
    pack.add_argument("--out", type=Path, required=True, metavar="FILE")
    pack.add_argument("--engagement", type=int, metavar="ID", help="only what this engagement covers")
    pack.set_defaults(run=export_pack)
    asked = kinds.add_parser("asked", help="make the packs asked for on the page, as the server does by itself")
    asked.set_defaults(run=export_asked)
    for kind, told in (
        ("ledger", "the evidence, as `isms import evidence` reads it"),
        ("decisions", "the decisions in force, as `isms import decisions` reads them"),
        ("people", "the people, as `isms import people` reads them"),
        ("findings", "the findings, as `isms import findings` reads them"),
    ):
        one = kinds.add_parser(kind, help=told)
        one.add_argument("--out", type=Path, required=True, metavar="FILE")
        if kind == "ledger":
            one.add_argument("--files", type=Path, metavar="DIR", help="write the files into this folder too")
        one.set_defaults(run=export_sheet, kind=kind)


def _day(text: str) -> date:
    from isms.core.days import UnreadableDay, read_day

    try:
        return read_day(text)
    except UnreadableDay as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from error


def _import_commands(parser: Parser) -> None:
    kinds = parser.add_subparsers(required=True, metavar="people|decisions|evidence|findings", parser_class=Parser)

    def sheet(name: str, run: Callable[[Config, argparse.Namespace], int], help: str) -> Parser:
        made: Parser = kinds.add_parser(name, help=help)
        made.add_argument("file", type=Path, metavar="FILE")
        made.add_argument("--as", dest="mail", required=True, metavar="EMAIL")
        made.add_argument("--dry-run", action="store_true")
        made.set_defaults(run=run)
        return made

    people = sheet("people", import_people, "import the list of people (xlsx or CSV)")
    people.add_argument("--leavers", action="store_true", help="who is not in the sheet has left")
    sheet("decisions", import_decisions, "import decisions on controls (xlsx or CSV)")
    evidence = sheet("evidence", import_evidence, "import a ledger of evidence (xlsx or CSV)")
    evidence.add_argument("--files", type=Path, metavar="DIR", help="the folder of the files that the ledger names")
    sheet("findings", import_findings, "import a ledger of findings (xlsx or CSV)")


def _open(config: Config) -> None:
    """Open an installation whose schema is this program's."""
    import isms

    isms.open_house(config)
    schema.check()
    isms.load_rooms()


def _acting(mail: str) -> Actor:
    from isms.people import rules
    from isms.people.actors import actor_of

    return actor_of(rules.get_person_by_mail(mail), clock.now())


def init(config: Config, given: argparse.Namespace) -> None:
    """Make the schema, the organisation, and its first officer who is administrator too."""
    import isms
    from isms.people import links, rules

    open_house(config)
    isms.load_rooms()
    if not schema.is_empty():
        schema.check()
    schema.migrate()
    now = clock.now()
    first = rules.found(organisation=given.organisation, name=given.name, mail=given.officer, by=CONSOLE, now=now)
    print(gettext("最初の事務局員のための一度だけ使えるリンク:"))
    print(f"{config.base_url}/l/{links.make_link(first, 'invite', by=CONSOLE, now=now)}")


def serve(config: Config, given: argparse.Namespace) -> None:
    """Serve the pages until interrupted; an empty installation gets its schema and prints how to begin."""
    from isms import serving

    serving.serve(config)


def demo(config: Config, given: argparse.Namespace) -> None:
    """Build the example federation unless it stands already, and serve it."""
    from isms import serving
    from isms.demo import build

    if "data" not in config.given:
        config = dataclasses.replace(config, data=config.data / "demo")
    build(config)
    if not given.build_only:
        serving.serve(config, roles=list(Role))


def migrate(config: Config, given: argparse.Namespace) -> None:
    """Bring the schema up to this program."""
    open_house(config)
    done = schema.migrate()
    print("\n".join(done) if done else gettext("データベースはこの版のものです。"))


def signin_link(config: Config, given: argparse.Namespace) -> None:
    """Print a one-time sign-in link for a person, or for the first person with a role."""
    from isms.people import links, roster, rules

    if (given.email is None) == (given.role is None):
        raise Invalid(gettext("EMAIL か --role のどちらか一つを指定してください。"))
    _open(config)
    now = clock.now()
    person = rules.get_person_by_mail(given.email) if given.email else roster.get_person_by_role(given.role, now)
    print(f"{config.base_url}/l/{links.make_link(person, 'signin', by=CONSOLE, now=now)}")


def trail_verify(config: Config, given: argparse.Namespace) -> int:
    """Check the whole trail; each damage is named on standard error."""
    from isms.trail import rules, verify

    _open(config)
    checkpoint = verify.read_checkpoint(Path(given.checkpoint).read_text()) if given.checkpoint else None
    damages = list(verify.verify(checkpoint=checkpoint))
    for damage in damages:
        _complain(str(damage))
    if damages:
        return 1
    last = rules.head()
    print(f"{last.no} {last.hash}" if last else "0")
    return 0


def trail_export(config: Config, given: argparse.Namespace) -> None:
    """Write the whole trail as lines of JSON."""
    from isms.trail import verify

    _open(config)
    with given.out.open("w", encoding="utf-8") if given.out else _standard_output() as file:
        for line in verify.export():
            file.write(line + "\n")


def files_verify(config: Config, given: argparse.Namespace) -> int:
    """Hash every stored file again; each damaged one is named on standard error."""
    from isms.evidence import jobs

    _open(config)
    damaged = jobs.verify_files(clock.now())
    for line in jobs.named(damaged):
        _complain(line)
    print(gettext("保管したファイル %(number)s 件を確かめました。", number=len(jobs.recorded())))
    return 1 if damaged else 0


def export(config: Config, given: argparse.Namespace) -> None:
    """Write the state or the statement of a day."""
    from isms.core import settings
    from isms.exports import orders

    _open(config)
    now = clock.now()
    day = given.day or settings.today(now)
    order = orders.Order(given.kind, day, given.format, getattr(given, "known", "then"))
    orders.write(given.out, orders.made(order, by=orders.console(), now=now))


def export_sheet(config: Config, given: argparse.Namespace) -> None:
    """Write what is on record as a sheet that can be imported elsewhere."""
    from isms.catalogue import ledger as decisions
    from isms.evidence import ledger as evidence
    from isms.exports import orders
    from isms.findings import ledger as findings
    from isms.people import ledger as people

    _open(config)
    now = clock.now()
    if given.kind == "ledger":
        content = evidence.write(now, given.files)
    else:
        content = {"decisions": decisions, "people": people, "findings": findings}[given.kind].write(now)
    orders.write(given.out, content)


def export_pack(config: Config, given: argparse.Namespace) -> int:
    """Write the audit pack of a period; each file that it lacks is named on standard error."""
    from isms.evidence.jobs import named
    from isms.exports import orders, pack

    _open(config)
    period = orders.period(given.first, given.last)
    lacking = pack.write(given.out, period, by=orders.console(given.engagement), now=clock.now())
    for line in named(lacking):
        _complain(line)
    print(given.out)
    return 1 if lacking else 0


def export_asked(config: Config, given: argparse.Namespace) -> None:
    """Make the packs that were asked for on the page."""
    from isms.exports import jobs

    _open(config)
    jobs.work(clock.now())


def _standard_output() -> TextIO:
    return open(sys.stdout.fileno(), "w", encoding="utf-8", closefd=False)


def import_people(config: Config, given: argparse.Namespace) -> int:
    """Import a list of people, or say what would be done."""
    from isms.people import imports

    return _import(config, given, imports, leavers=given.leavers)


def import_decisions(config: Config, given: argparse.Namespace) -> int:
    """Import decisions on controls, or say what would be done."""
    from isms.catalogue import imports

    return _import(config, given, imports)


def import_findings(config: Config, given: argparse.Namespace) -> int:
    """Import a ledger of findings, or say what would be done."""
    from isms.findings import imports

    return _import(config, given, imports)


def import_evidence(config: Config, given: argparse.Namespace) -> int:
    """Import a ledger of evidence with its files, or say what would be done."""
    from isms.evidence import imports
    from isms.evidence.import_files import Folder

    _open(config)
    return _import(config, given, imports, files=Folder(given.files))


def _import(config: Config, given: argparse.Namespace, imports: Any, **more: Any) -> int:
    """Import a sheet by a room's `plan` and `take`."""
    _open(config)
    by, content = _acting(given.mail), given.file.read_bytes()
    done = (imports.plan if given.dry_run else imports.take)(content, given.file.name, by=by, now=clock.now(), **more)
    print("\n".join(done.lines()))
    if given.dry_run:
        done.must_be_whole()
    return 0


def backup(config: Config, given: argparse.Namespace) -> None:
    """Write everything to one file, while the app may run."""
    import isms
    from isms import backup as backups

    isms.load_rooms()  # not _open: an older schema is backed up before it is migrated
    print(backups.write(config, given.file, clock.now()))


def restore(config: Config, given: argparse.Namespace) -> None:
    """Replace everything by a backup that was verified first."""
    import isms
    from isms import backup as backups

    isms.load_rooms()
    print(backups.restore(config, given.file, clock.now()))


if __name__ == "__main__":
    sys.exit(main())
