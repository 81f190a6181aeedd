"""Commands that take in sheets."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from config import Config
from isms.cli.parts import Parser, open_installation
from isms.core import clock
from isms.core.permissions import Actor


def commands(parser: Parser) -> None:
    """Describe these commands."""
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


def _acting(mail: str) -> Actor:
    from isms.people import rules
    from isms.people.actors import actor_of

    return actor_of(rules.get_person_by_mail(mail), clock.now())


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

    open_installation(config)
    return _import(config, given, imports, files=Folder(given.files))


def _import(config: Config, given: argparse.Namespace, imports: Any, **more: Any) -> int:
    """Import a sheet by a room's `plan` and `take`."""
    open_installation(config)
    by, content = _acting(given.mail), given.file.read_bytes()
    done = (imports.plan if given.dry_run else imports.take)(content, given.file.name, by=by, now=clock.now(), **more)
    print("\n".join(done.lines()))
    if given.dry_run:
        done.must_be_whole()
    return 0
