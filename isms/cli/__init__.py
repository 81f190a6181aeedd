"""The command `isms`. Exit status 0, or 1 with one clear line on standard error."""

import argparse
import dataclasses
from collections.abc import Callable
from pathlib import Path

from config import BadSetting, Config
from isms.cli import checking, exporting, importing, installing, mailing
from isms.cli.parts import Parser, complain, port_number
from isms.core import logs, words
from isms.core.database import STORAGE_ERRORS, db, storage_reason
from isms.core.errors import DomainError
from isms.core.permissions import Role


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
        return complain(str(error) or type(error).__name__)
    except STORAGE_ERRORS as error:
        return complain(f"{storage_reason(error)} ({error})")
    except OSError as error:
        return complain(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "))
    finally:
        if db.obj is not None and not db.is_closed():
            db.close()


def _base_url(config: Config, port: int) -> str:
    return config.base_url if "base_url" in config.given else f"http://127.0.0.1:{port}"


def make_parser() -> Parser:
    """Describe the commands."""
    parser = Parser(prog="isms", description="ISMS and business-continuity tracker")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)

    def command(name: str, run: Callable[[Config, argparse.Namespace], int | None], help: str) -> Parser:
        made: Parser = commands.add_parser(name, help=help)
        made.set_defaults(run=run)
        return made

    one = command("init", installing.init, "make the schema, the organisation and its first officer")
    one.add_argument("--organisation", required=True, metavar="NAME")
    one.add_argument("--officer", required=True, metavar="EMAIL")
    one.add_argument("--name", required=True)
    command("serve", installing.serve, "serve the pages, with the runner in the process").add_argument(
        "--port", type=port_number
    )
    one = command("demo", installing.demo, "build an example federation and serve it")
    one.add_argument("--build-only", action="store_true")
    one.add_argument("--port", type=port_number)
    command("migrate", installing.migrate, "bring the schema up to this program")
    one = command("signin-link", installing.signin_link, "print a one-time sign-in link")
    one.add_argument("email", nargs="?", metavar="EMAIL")
    one.add_argument("--role", choices=[role.value for role in Role])
    checking.trail_commands(command("trail", checking.trail_verify, "verify or export the trail"))
    importing.commands(command("import", importing.import_people, "import a sheet"))
    checking.files_commands(command("files", checking.files_verify, "verify the stored files"))
    exporting.commands(command("export", exporting.export, "write what an auditor takes along"))
    mailing.commands(command("mail", mailing.send_test, "try the mail server, note what came back"))
    command("backup", installing.backup, "write everything to one file").add_argument("file", type=Path, metavar="FILE")
    command("restore", installing.restore, "replace everything by a backup").add_argument(
        "file", type=Path, metavar="FILE"
    )
    return parser
