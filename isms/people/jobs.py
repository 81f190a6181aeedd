"""What the runner does for the room: sweep what has had its time."""

from datetime import datetime, timedelta

from isms.core.database import FormKey, atomic
from isms.people.models import Device, Failure, ImportPreview, Link, SignInSession

DAY = timedelta(days=1)


def sweep(now: datetime) -> None:
    """Remove used form keys, failures, previews, and links and sessions that ended long ago."""
    with atomic():
        FormKey.delete().where(FormKey.used_at < now - 7 * DAY).execute()
        Failure.delete().where(Failure.at < now - DAY).execute()
        ImportPreview.delete().where(ImportPreview.made_at < now - DAY).execute()
        Link.delete().where(Link.expires_at < now - 30 * DAY).execute()
        Device.delete().where(Device.made_at < now - 400 * DAY).execute()  # its cookie lived 365
        SignInSession.delete().where(SignInSession.seen_at < now - 30 * DAY).execute()
