"""Packs that are asked for on the page: made one after the other by the runner, kept a day, fetched by who asked.

Whoever makes them holds a lock of the kernel, so a pack that was being made when its process died is known for that.
How far one is stands in a small file beside it: the making itself sees the database as of one moment and cannot write.
"""

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from isms import trail
from isms.audits import rules as audits
from isms.core import blobs, settings
from isms.core.blobs import Checked
from isms.core.database import atomic
from isms.core.days import Span
from isms.core.errors import Conflict, DomainError, NotFound
from isms.core.logs import log
from isms.core.permissions import Actor, Permission
from isms.core.words import gettext, lazy_gettext, speaking
from isms.exports import orders, pack, pack_about
from isms.exports.models import ExportJob
from isms.people.actors import actor_of
from isms.people.models import Person

FOLDER = "exports"
KEPT = timedelta(days=1)
MOST_WAITING = 3  # of one person (attack 61)
OFTEN = 0.5  # seconds between two words on how far it is

trail.verb("export.asked", lazy_gettext("監査パックの作成を頼んだ"))
trail.describe("export_job", lambda ids: {}, label=lazy_gettext("監査パックの作成"))


STATES: dict[str, Any] = {
    "waiting": lazy_gettext("順番を待っています"),
    "working": lazy_gettext("作成しています"),
    "done": lazy_gettext("できました"),
    "failed": lazy_gettext("作成できませんでした"),
}


def ask(*, first: date, last: date, by: Actor, now: datetime) -> ExportJob:
    """Ask for the pack of a period; a person may have three waiting."""
    orders.must_be_engaged(by)
    period = orders.period(first, last)
    orders.not_ahead(period, settings.today(now))
    with atomic():
        waiting = ExportJob.select().where(
            ExportJob.person == by.person_id, ExportJob.state.in_(("waiting", "working"))
        )
        if waiting.count() >= MOST_WAITING:
            raise Conflict(
                gettext("作成中の監査パックが%(most)s件あります。終わるまでお待ちください。", most=MOST_WAITING)
            )
        told = {"from": first.isoformat(), "to": last.isoformat()}
        job = ExportJob.create(
            person=by.person_id,
            kind="pack",
            arguments=json.dumps(told | {"sight": sight_of(by)}),
            filename=f"audit-pack-{first.isoformat()}-{last.isoformat()}.zip",
            made_at=now,
        )
        trail.record(by, "export.asked", job, now, **told)
        return job


def sight_of(by: Actor) -> str:
    """Name all that the actor may see in one word, which changes with it."""
    scope = json.dumps(pack_about.scope_of(by) if by.has(Permission.EXPORTS_TAKE) else "nothing")
    return hashlib.sha256(scope.encode()).hexdigest()


def jobs_of(by: Actor) -> list[ExportJob]:
    """Give what the actor asked for, the newest first."""
    return list(ExportJob.select().where(ExportJob.person == by.person_id).order_by(ExportJob.id.desc()))


def seen_job(job_id: int, *, by: Actor) -> ExportJob:
    """Give a pack to the one who asked for it; raises NotFound for anyone else."""
    job = ExportJob.get_or_none(ExportJob.id == job_id, ExportJob.person == by.person_id)
    if job is None:
        raise NotFound()
    return job


def opened(job_id: int, *, by: Actor) -> tuple[ExportJob, Checked]:
    """Open a finished pack for who asked for it and may still see all that is in it (attack 2)."""
    job = seen_job(job_id, by=by)
    if job.state != "done":
        raise NotFound()
    if json.loads(job.arguments)["sight"] != sight_of(by):
        raise Conflict(gettext("閲覧できる範囲が変わりました。もう一度作成してください。"))
    try:
        file = path_of(job).open("rb", buffering=0)
    except FileNotFoundError as error:
        raise NotFound() from error
    try:
        return job, Checked(file, job.sha256)
    except BaseException:
        file.close()
        raise


def progress_of(job: ExportJob) -> tuple[int, int]:
    """Give how many steps of how many are done."""
    with suppress(OSError, ValueError):
        done, total = (int(part) for part in _progress(job).read_text().split())
        return done, total
    return 0, 1


def folder() -> Path:
    """Give the folder of the packs, made when missing, mode 0700."""
    path = blobs.folder().parent / FOLDER
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def path_of(job: ExportJob) -> Path:
    """Give where the pack lies."""
    return folder() / f"{job.id}.zip"


def _progress(job: ExportJob) -> Path:
    return folder() / f"{job.id}.progress"


def is_due() -> bool:
    """Tell whether packs wait, or were begun, that nobody is making."""
    if not ExportJob.select().where(ExportJob.state.in_(("waiting", "working"))).exists():
        return False
    with _alone() as alone:
        return alone


def work(now: datetime) -> None:
    """Make the packs that wait, unless somebody else is at it; what nobody is making any more has failed."""
    if not is_due():
        return
    with _alone() as alone:
        if not alone:
            return
        for job in ExportJob.select().where(ExportJob.state == "working"):
            with speaking(job.person.locale):
                _end(job, now, "failed", gettext("作成が途中で止まりました。もう一度作成してください。"))
        while job := ExportJob.select().where(ExportJob.state == "waiting").order_by(ExportJob.id).first():
            _make(job, now)


def _make(job: ExportJob, now: datetime) -> None:
    """Make one pack, as far as the person may see things at this moment, in their language."""
    _write(job, state="working")
    person = Person.get_by_id(job.person_id)
    asked = json.loads(job.arguments)
    with speaking(person.locale):
        try:
            by = audits.with_coverage(actor_of(person, now), now)
            if by is None or asked["sight"] != sight_of(by):
                raise Conflict(gettext("閲覧できる範囲が変わりました。もう一度作成してください。"))
            period = Span(date.fromisoformat(asked["from"]), date.fromisoformat(asked["to"]))
            lacking = pack.write(path_of(job), period, by=by, now=now, tell=_teller(job))
        except DomainError as error:
            _end(job, now, "failed", str(error))
        except Exception as error:
            log.error("export failed", job=job.id, error=type(error).__name__, exc_info=error)
            _end(job, now, "failed", gettext("作成できませんでした。事務局に伝えてください。"))
        else:
            _end(job, now, "done", _lacking_words(lacking))


def _lacking_words(lacking: dict[str, str]) -> str:
    if not lacking:
        return ""
    return gettext("壊れているファイル%(number)s件は入っていません。一覧に示しています。", number=len(lacking))


def _end(job: ExportJob, now: datetime, state: str, message: str) -> None:
    sha256 = ""
    if state == "done":
        with path_of(job).open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    _write(job, state=state, message=message, ended_at=now, sha256=sha256)
    _progress(job).unlink(missing_ok=True)


def _write(job: ExportJob, **values: Any) -> None:
    """Write how a pack stands."""
    with atomic():
        ExportJob.update(**values).where(ExportJob.id == job.id).execute()


def _teller(job: ExportJob) -> pack.Tell:
    """Make the function that writes down how far the pack is, now and then."""
    last = [0.0]

    def tell(done: int, total: int) -> None:
        if time.monotonic() - last[0] >= OFTEN:
            last[0] = time.monotonic()
            _progress(job).write_text(f"{done} {total}")

    return tell


@contextmanager
def _alone() -> Iterator[bool]:
    """Tell whether nobody else makes packs during the block."""
    handle = os.open(folder() / "working.lock", os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)


def sweep(now: datetime) -> None:
    """Remove packs a day after they were asked for, and files that belong to none."""
    with atomic():
        over = ExportJob.state.in_(("done", "failed"))
        ExportJob.delete().where(over, ExportJob.made_at < now - KEPT).execute()
    with _alone() as alone:
        if alone:
            known = {str(job_id) for (job_id,) in ExportJob.select(ExportJob.id).tuples()} | {"working"}
            for path in folder().iterdir():
                if path.name.lstrip(".").partition(".")[0] not in known or path.suffix == ".tmp":
                    path.unlink(missing_ok=True)
