"""Words on the screen: Japanese in the source, English from `translations/en/*.po`.

The .po files are read at start: there is no compile step and no binary in the repository.
The locale is a context variable, so rules, mails and exports speak it outside a request too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask_babel import Domain

FOLDER = Path(__file__).resolve().parents[2] / "translations"
LOCALES = ("ja", "en")

_locale: ContextVar[str] = ContextVar("locale", default="ja")


def locale() -> str:
    """Give the language being spoken: `ja` or `en`."""
    return _locale.get()


def speak(name: str) -> None:
    """Speak the language from now on in this context; unknown ones are passed over."""
    if name in LOCALES:
        _locale.set(name)


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """Speak the language inside the block."""
    token = _locale.set(name if name in LOCALES else _locale.get())
    try:
        yield
    finally:
        _locale.reset(token)


@cache
def translations(name: str) -> NullTranslations:
    """Give the translations into the locale; Japanese is the source and has none."""
    merged: Translations | None = None
    for path in sorted((FOLDER / name).glob("*.po")):
        binary = BytesIO()
        with path.open("rb") as file:
            write_mo(binary, read_po(file, locale=name))
        binary.seek(0)
        one = Translations(binary)
        merged = one if merged is None else merged.merge(one)
    return merged or NullTranslations()


class Words(Domain):
    """The only domain: looks words up in the .po files of `translations/`."""

    def get_translations(self) -> Any:
        return translations(locale())


DOMAIN = Words()
gettext = DOMAIN.gettext
ngettext = DOMAIN.ngettext
pgettext = DOMAIN.pgettext
lazy_gettext = DOMAIN.lazy_gettext
lazy_pgettext = DOMAIN.lazy_pgettext
