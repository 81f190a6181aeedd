"""Proof of the trail: the chain from its first entry to its head, and the rows that it says there are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from isms.core.database import snapshot
from isms.core.errors import Invalid
from isms.core.words import gettext
from isms.trail import chain, rules
from isms.trail.kinds import parts_of
from isms.trail.registers import Standing
from isms.trail.stored import Stored, export, stored

__all__ = ["Damage", "export", "read_checkpoint", "verify"]

TAIL = 1000
CHECKPOINT = re.compile(r"([0-9]{1,15})\s+([0-9a-f]{16,64})")


@dataclass(frozen=True)
class Damage:
    """An entry that does not hold, and why; number 0 for a row that no entry speaks of."""

    no: int
    reason: str

    def __str__(self) -> str:
        return gettext("第%(no)s号：%(reason)s", no=self.no, reason=self.reason) if self.no else self.reason


class Link(NamedTuple):
    """What the next entry follows: a number, the hash that is stored and the one that should be, a time.

    No hashes: the entry could not be read, and is named for that.
    """

    no: int = 0
    hashes: tuple[str, ...] = (chain.FIRST_PREV,)
    at: str = ""


@dataclass
class Redactions:
    """Details that are gone, and those of which an entry says so."""

    gone: set[int] = field(default_factory=set)
    told: set[int | None] = field(default_factory=set)

    def remember(self, row: Stored) -> None:
        """Take in one entry."""
        if row.hash is not None and row.salt is None and row.details is None:
            self.gone.add(row.no)
        if row.verb == "trail.redacted":
            self.told.add(parts_of(str(row.subject))[1])


def verify(*, tail_only: bool = False, checkpoint: tuple[int, str] | None = None) -> Iterator[Damage]:
    """Check the chain as of this moment, whole or only its newest entries.

    Whole, it also compares today's rows with what the trail says of them. A checkpoint (number, hash or its first 16
    characters), kept outside, finds what the chain itself cannot show: a tail cut off, a chain computed anew.
    """
    with snapshot():
        yield from _damages(tail_only, checkpoint)


def _damages(tail_only: bool, checkpoint: tuple[int, str] | None) -> Iterator[Damage]:
    last = rules.head_number()
    first = max(1, last - TAIL + 1) if tail_only else 1
    link = _follow(next(stored(first - 1)), Link())[1] if first > 1 else Link()
    redactions, standing = Redactions(), Standing()
    for row in stored(first):
        if row.no > link.no + 1:
            yield Damage(link.no + 1, gettext("この号がありません。"))
        reason, link = _follow(row, link)
        if reason:
            yield Damage(row.no, reason)
        redactions.remember(row)
        standing.remember(row)
    for no in sorted(redactions.gone - redactions.told):
        yield Damage(no, gettext("詳細が、消去の記録なしに消されています。"))
    if checkpoint is not None:
        yield from _against(*checkpoint, last)
    if not tail_only:
        yield from (Damage(*found) for found in standing.damages())


def _follow(row: Stored, link: Link) -> tuple[str, Link]:
    """Say what is wrong with the row, if anything, and give the link for the next."""
    computed = row.computed_hash()
    sound = computed == row.hash
    following = Link(row.no, (str(row.hash), computed), row.at if sound else link.at)
    if row.hash is None:
        return gettext("読み取れません。"), Link(row.no, (), link.at)
    if not sound:
        return gettext("内容が書き換えられています。"), following
    if row.no == link.no + 1 and link.hashes and row.prev not in link.hashes:
        return gettext("前の号とつながりません。どちらかが書き換えられています。"), following
    if row.at < link.at:
        return gettext("時刻が前の号より前です。"), following
    if not row.details_hold():
        return gettext("詳細が書き換えられています。"), following
    return "", following


def _against(no: int, known: str, last: int) -> Iterator[Damage]:
    """Compare with a checkpoint."""
    row = next(stored(no), None)
    if row is None or row.no != no:
        yield Damage(
            no,
            gettext(
                "控えにあるこの号がありません（記録は第%(last)s号まで）。末尾が切られたか、古い写しです。", last=last
            ),
        )
    elif not str(row.hash).startswith(known):
        yield Damage(no, gettext("控えのハッシュと違います。記録が作り直されたか、別の写しです。"))


def read_checkpoint(text: str) -> tuple[int, str]:
    """Read a checkpoint as `isms trail verify` prints it, `1234 8f2a…`; raises Invalid."""
    found = CHECKPOINT.fullmatch(text.strip().lower())
    if found is None:
        raise Invalid(gettext("控えは「号数 ハッシュ」の形で書いてください（例 1234 8f2a…、ハッシュは16文字以上）。"))
    return int(found[1]), found[2]
