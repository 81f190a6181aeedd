"""A process that delivers until nothing is due: `python -m tests.mail.deliverer`, set up by the environment.

It says READY, waits for a line so that several begin at once, and may be killed at any moment.
"""

import sys

from config import Config
from isms.core import clock, logs
from isms.core.database import db, open_database
from isms.mail import jobs, transport
from isms.mail.models import Mail


def main() -> None:
    """Deliver."""
    config = Config.from_environment()
    logs.configure("ERROR")
    transport.use(config)
    open_database(config.database_url, config.data)
    print("READY", flush=True)
    sys.stdin.readline()
    with db.connection_context():
        while Mail.select().where(Mail.state == "waiting").exists():
            jobs.deliver(clock.now())


if __name__ == "__main__":
    main()
