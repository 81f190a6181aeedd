"""What all commands share: a parser that complains in one line, and an open installation."""

import argparse
import sys
from datetime import date
from typing import NoReturn, TextIO

from config import Config
from isms.core import schema


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one line and exit status 1."""

    def error(self, message: str) -> NoReturn:
        self.exit(1, f"{self.prog}: {message}\n")


def complain(line: str) -> int:
    """Print one line on standard error; gives the exit status."""
    print("isms: " + " ".join(line.split()), file=sys.stderr)
    return 1


def port_number(text: str) -> int:
    """Read the number of a port."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port")
    return int(text)


def typed_day(text: str) -> date:
    """Read a day as offices write it."""
    from isms.core.days import UnreadableDay, read_day

    try:
        return read_day(text)
    except UnreadableDay as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from error


def open_installation(config: Config) -> None:
    """Open an installation whose schema is this program's."""
    import isms

    isms.open_house(config)
    schema.check()
    isms.load_rooms()


def standard_output() -> TextIO:
    """Give standard output as UTF-8, whatever the terminal says."""
    return open(sys.stdout.fileno(), "w", encoding="utf-8", closefd=False)
