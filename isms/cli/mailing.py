"""Commands about mails: try the mail server, note what came back."""

import argparse
import sys

from config import Config
from isms.cli.parts import Parser, complain, open_installation
from isms.core import clock
from isms.core.permissions import CONSOLE
from isms.core.words import gettext


def commands(parser: Parser) -> None:
    """Describe these commands."""
    kinds = parser.add_subparsers(required=True, metavar="test|bounced", parser_class=Parser)
    test = kinds.add_parser("test", help="send a test mail now and say what the mail server answered")
    test.add_argument("--to", required=True, metavar="EMAIL")
    test.set_defaults(run=send_test)
    kinds.add_parser("bounced", help="read a bounce message on standard input and mark the mail").set_defaults(
        run=note_bounce
    )


def send_test(config: Config, given: argparse.Namespace) -> int:
    """Send a test mail; 0 only when the server took it."""
    from isms.mail.trying import send_test as send
    from isms.mail.words import STATES

    open_installation(config)
    mail = send(given.to, by=CONSOLE, now=clock.now())
    line = gettext("%(state)s：%(answer)s", state=STATES[mail.state], answer=mail.answer)
    if mail.state != "sent":
        return complain(line)
    print(line)
    return 0


def note_bounce(config: Config, given: argparse.Namespace) -> int:
    """Mark the mail that came back. A message that is no failure, or of no mail of ours, changes nothing: exit 0."""
    from isms.mail import bounces, rules

    open_installation(config)
    bounce = bounces.read(sys.stdin.buffer.read(bounces.LARGEST))
    mail = rules.find_sent(bounce.message_id, bounce.address) if bounce else None
    if bounce is None or mail is None:
        print(gettext("戻ってきたメールに当たるものはありません。"))
    elif rules.note_bounce(mail, bounce.answer, by=CONSOLE, now=clock.now()):
        print(gettext("メール %(number)s が戻ってきたことを記録しました。", number=mail.id))
    else:
        print(gettext("メール %(number)s はすでに記録されています。", number=mail.id))
    return 0
