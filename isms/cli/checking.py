"""Commands that prove: the trail and the stored files."""

import argparse
from pathlib import Path

from config import Config
from isms.cli.parts import Parser, complain, open_installation, standard_output
from isms.core import clock, holders
from isms.core.words import gettext


def trail_commands(parser: Parser) -> None:
    """Describe `isms trail`."""
    kinds = parser.add_subparsers(required=True, metavar="verify|export", parser_class=Parser)
    verify = kinds.add_parser("verify", help="check the whole chain")
    verify.add_argument("--checkpoint", metavar="FILE", help="a file that holds 'number hash' as noted outside")
    verify.set_defaults(run=trail_verify)
    export = kinds.add_parser("export", help="write all entries as lines of JSON")
    export.add_argument("--out", type=Path, metavar="FILE")
    export.set_defaults(run=trail_export)


def files_commands(parser: Parser) -> None:
    """Describe `isms files`."""
    kinds = parser.add_subparsers(required=True, metavar="verify", parser_class=Parser)
    kinds.add_parser("verify", help="hash every stored file again").set_defaults(run=files_verify)


def trail_verify(config: Config, given: argparse.Namespace) -> int:
    """Check the whole trail; each damage is named on standard error."""
    from isms.trail import rules, verify

    open_installation(config)
    checkpoint = verify.read_checkpoint(Path(given.checkpoint).read_text()) if given.checkpoint else None
    damages = list(verify.verify(checkpoint=checkpoint))
    for damage in damages:
        complain(str(damage))
    if damages:
        return 1
    last = rules.head()
    print(f"{last.no} {last.hash}" if last else "0")
    return 0


def trail_export(config: Config, given: argparse.Namespace) -> None:
    """Write the whole trail as lines of JSON."""
    from isms.trail import verify

    open_installation(config)
    with given.out.open("w", encoding="utf-8") if given.out else standard_output() as file:
        for line in verify.export():
            file.write(line + "\n")


def files_verify(config: Config, given: argparse.Namespace) -> int:
    """Hash every stored file again; each damaged one is named on standard error."""
    from isms.evidence import jobs

    open_installation(config)
    damaged = jobs.verify_files(clock.now())
    for line in jobs.named(damaged):
        complain(line)
    print(gettext("保管したファイル %(number)s 件を確かめました。", number=len(holders.recorded())))
    return 1 if damaged else 0
