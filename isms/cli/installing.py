"""Commands that make, serve, keep and bring back an installation."""

import argparse
import dataclasses

from config import Config
from isms import open_house
from isms.cli.parts import open_installation
from isms.core import clock, schema
from isms.core.errors import Invalid
from isms.core.permissions import CONSOLE, Role
from isms.core.words import gettext


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
    config = config.without_mail()  # its people do not exist
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
    open_installation(config)
    now = clock.now()
    person = rules.get_person_by_mail(given.email) if given.email else roster.get_person_by_role(given.role, now)
    print(f"{config.base_url}/l/{links.make_link(person, 'signin', by=CONSOLE, now=now)}")


def backup(config: Config, given: argparse.Namespace) -> None:
    """Write everything to one file, while the app may run."""
    import isms
    from isms import backup as backups

    isms.load_rooms()  # not open_installation: an older schema is backed up before it is migrated
    print(backups.write(config, given.file, clock.now()))


def restore(config: Config, given: argparse.Namespace) -> None:
    """Replace everything by a backup that was verified first."""
    import isms
    from isms import backup as backups

    isms.load_rooms()
    print(backups.restore(config, given.file, clock.now()))
