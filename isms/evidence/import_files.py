"""The files that a ledger names: looked up among those that were given, never by following what a cell says."""

import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Protocol

from isms.core import kinds
from isms.core.errors import Invalid
from isms.core.words import gettext
from isms.evidence import files as file_rules
from isms.evidence.files import Kept, Upload

MOST_ENTRIES = 500_000  # of a folder


class Shelf(Protocol):
    """Files by name; both raise Invalid for a name that is not there, and for a file that is not taken."""

    def look(self, name: str) -> Kept:
        """Say what a file is; nothing is stored."""
        ...

    def keep(self, name: str) -> Kept:
        """Take a file into the store."""
        ...


class Sent:
    """Files that came with a form and lie in the store already."""

    def __init__(self, given: Iterable[Kept]) -> None:
        self.files = {plain(one.name): one for one in given}
        self.asked: dict[str, str] = {}  # bare name -> the path by which the ledger names it

    def look(self, name: str) -> Kept:
        path = plain(name)
        bare = path.rpartition("/")[2]
        if bare not in self.files:
            raise Invalid(gettext("ファイル「%(name)s」が送られていません。", name=name))
        if self.asked.setdefault(bare, path) != path:  # a browser sends bare names: which of them it is nobody knows
            text = gettext(
                "「%(name)s」という名前のファイルが複数あり、見分けられません。名前を変えるか、サーバーで取り込んでください。",
                name=bare,
            )
            raise Invalid(text)
        return self.files[bare]

    keep = look


class Folder:
    """The regular files under a folder. Links are passed over, and a name is only looked up among what was found."""

    def __init__(self, root: Path | None) -> None:
        self.paths: dict[str, Path] = {}
        self.named: dict[str, list[Path]] = {}
        self.looked: dict[Path, Kept | Invalid] = {}
        self.most = file_rules.largest_file()
        if root is not None:
            self._walk(root)

    def _walk(self, root: Path) -> None:
        seen = 0
        for folder, _, names in os.walk(root, followlinks=False, onerror=_raise):
            for name in names:
                seen += 1
                if seen > MOST_ENTRIES:
                    raise Invalid(gettext("フォルダーのファイルが多すぎます（%(most)s個まで）。", most=MOST_ENTRIES))
                path = Path(folder, name)
                if path.is_symlink() or not path.is_file():
                    continue
                self.paths[plain(path.relative_to(root).as_posix())] = path
                self.named.setdefault(plain(name), []).append(path)

    def find(self, name: str) -> Path:
        """Give the file of this name: its path under the folder, or its bare name where only one has it."""
        exact = self.paths.get(plain(name))
        found = [exact] if exact else self.named.get(plain(name), [])
        if not found:
            raise Invalid(gettext("ファイル「%(name)s」が、指定されたフォルダーにありません。", name=name))
        if len(found) > 1:
            raise Invalid(
                gettext("ファイル「%(name)s」が複数あります。フォルダー名を付けて書いてください。", name=name)
            )
        return found[0]

    def look(self, name: str) -> Kept:
        path = self.find(name)
        if path not in self.looked:
            try:
                with _opened(path) as file:
                    self.looked[path] = _told(path.name, file, self.most)
            except (Invalid, kinds.Unfit) as error:
                self.looked[path] = Invalid(str(error))
        known = self.looked[path]
        if isinstance(known, Invalid):
            raise known
        return known

    def keep(self, name: str) -> Kept:
        path = self.find(name)
        with _opened(path) as file:
            (kept,) = file_rules.keep([Upload(path.name, file)])
        self.looked[path] = kept
        return kept


def plain(name: str) -> str:
    """Give a name as names are compared: composed, with forward slashes."""
    return unicodedata.normalize("NFC", name).replace("\\", "/").removeprefix("./")


def _raise(error: OSError) -> None:
    raise error


def _opened(path: Path) -> IO[bytes]:
    """Open a regular file, following no link."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Invalid(gettext("「%(name)s」はファイルではありません。", name=path.name))
    return os.fdopen(handle, "rb")


def _told(name: str, file: IO[bytes], most: int) -> Kept:
    """Say what a file would be in the store."""
    size = os.fstat(file.fileno()).st_size
    if size > most:
        mb = most // file_rules.MB
        raise Invalid(gettext("「%(name)s」が大きすぎます（%(mb)s MBまで）。", name=name, mb=mb))
    name = kinds.clean_name(name)
    kind = kinds.agree(name, file)
    sha256 = _hash(file)
    return Kept(name, sha256, size, kind)


def _hash(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()
