"""Commands that hand out: documents, sheets, the audit pack."""

import argparse
from pathlib import Path

from config import Config
from isms.cli.parts import Parser, complain, open_installation, typed_day
from isms.core import clock


def commands(parser: Parser) -> None:
    """Describe these commands."""
    kinds = parser.add_subparsers(
        required=True, metavar="status|soa|pack|ledger|decisions|people|findings", parser_class=Parser
    )
    for kind, told in (("status", "the state of every requirement"), ("soa", "the statement of applicability")):
        one = kinds.add_parser(kind, help=told)
        one.add_argument("--as-of", dest="day", type=typed_day, metavar="DATE")
        if kind == "status":
            one.add_argument("--known", choices=("then", "now"), default="then")
        one.add_argument("--format", choices=("json", "csv", "xlsx", "pdf"), required=True)
        one.add_argument("--out", type=Path, required=True, metavar="FILE")
        one.set_defaults(run=export, kind=kind)
    pack = kinds.add_parser("pack", help="everything of a period in one zip, with the program that verifies it")
    pack.add_argument("--from", dest="first", type=typed_day, required=True, metavar="DATE")
    pack.add_argument("--to", dest="last", type=typed_day, required=True, metavar="DATE")
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


def export(config: Config, given: argparse.Namespace) -> None:
    """Write the state or the statement of a day."""
    from isms.core import settings
    from isms.exports import orders

    open_installation(config)
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

    open_installation(config)
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

    open_installation(config)
    period = orders.period(given.first, given.last)
    lacking = pack.write(given.out, period, by=orders.console(given.engagement), now=clock.now())
    for line in named(lacking):
        complain(line)
    print(given.out)
    return 1 if lacking else 0


def export_asked(config: Config, given: argparse.Namespace) -> None:
    """Make the packs that were asked for on the page."""
    from isms.exports import jobs

    open_installation(config)
    jobs.work(clock.now())
