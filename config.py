"""Settings of one installation, read once from the environment.

Nothing else reads the environment. A wrong value stops the start with one line that names the setting.
What an organisation decides (months, limits, intervals) is not here: it is in the table `setting`, see `isms/core/settings.py`.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class BadSetting(Exception):
    """A setting that cannot be used; the text names it."""


@dataclass(frozen=True)
class Config:
    """The settings; `docs/settings.md` explains each."""

    data: Path = ROOT / "data"
    database_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str = "http://127.0.0.1:8000"
    tls_proxy: str = ""
    locale: str = "ja"
    threads: int = 8
    log_level: str = "INFO"
    controls: Path = ROOT / "controls"
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: str = "starttls"
    smtp_ca: str = ""
    smtp_user: str = ""
    smtp_password_file: str = ""
    smtp_from: str = ""
    smtp_timeout: int = 60
    given: frozenset[str] = frozenset()  # the fields that the environment has set

    @property
    def behind_tls(self) -> bool:
        """Tell whether a proxy ends TLS, so that cookies may be marked Secure."""
        return bool(self.tls_proxy)

    @property
    def trusted_hosts(self) -> list[str]:
        """Give the host names that a request may carry (attack 24)."""
        name = urlsplit(self.base_url).hostname or ""
        return sorted({name} if self.behind_tls else {name, *LOOPBACK, "[::1]"})

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Config":
        """Read the settings; raises BadSetting for one that cannot be used."""
        env = os.environ if environment is None else environment
        read: dict[str, object] = {}
        for field, (name, reader) in SETTINGS.items():
            text = env.get(name, "").strip()
            if not text:
                continue
            try:
                read[field] = reader(text)
            except (ValueError, KeyError, OSError) as error:
                raise BadSetting(f"{name}={text!r}: {error or 'not usable'} (docs/settings.md)") from error
        given = frozenset(read)
        read.setdefault("base_url", f"http://127.0.0.1:{read.get('port', cls.port)}")
        config = cls(**read, given=given)  # type: ignore[arg-type]
        config.check()
        return config

    def without_mail(self) -> "Config":
        """Give the settings without the mail server."""
        return replace(self, smtp_host="", smtp_from="", smtp_user="", smtp_password_file="", smtp_ca="")

    def environment(self) -> dict[str, str]:
        """Give the settings as the environment of a process that belongs to this one."""
        told = {name: getattr(self, field) for field, (name, _) in SETTINGS.items()}
        return {name: str(value) for name, value in told.items() if value}

    def check(self) -> None:
        """Refuse settings that are each right but do not go together."""
        if self.host not in LOOPBACK and not self.behind_tls:
            raise BadSetting(
                f"ISMS_HOST={self.host!r}: plain HTTP is served on 127.0.0.1 only; "
                "set ISMS_TLS_PROXY to the address of the proxy that ends TLS (docs/settings.md)"
            )
        if self.behind_tls and not self.base_url.startswith("https://"):
            raise BadSetting("ISMS_BASE_URL: must begin with https:// when ISMS_TLS_PROXY is set (docs/settings.md)")
        if self.data.exists() and not self.data.is_dir():
            raise BadSetting(f"ISMS_DATA={str(self.data)!r}: is not a folder (docs/settings.md)")
        self._check_mail()

    def _check_mail(self) -> None:
        for wrong, name, why in (
            (self.smtp_host and not self.smtp_from, "FROM", "the address that mails come from must be set"),
            (self.smtp_from and not self.smtp_host, "HOST", "must be set when ISMS_SMTP_FROM is"),
            (self.smtp_user and not self.smtp_host, "HOST", "must be set when ISMS_SMTP_USER is"),
            (self.smtp_user and not self.smtp_password_file, "PASSWORD_FILE", "must be set when ISMS_SMTP_USER is"),
            (self.smtp_password_file and not self.smtp_user, "USER", "must be set when ISMS_SMTP_PASSWORD_FILE is"),
            (self.smtp_ca and self.smtp_security == "none", "CA", "means nothing when ISMS_SMTP_SECURITY is none"),
            (
                self.smtp_user and self.smtp_security == "none" and self.smtp_host not in LOOPBACK,
                "SECURITY",
                "must be starttls or tls when there is a password, which would travel in the clear",
            ),
        ):
            if wrong:
                raise BadSetting(f"ISMS_SMTP_{name}: {why} (docs/settings.md)")


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return text

    return read


def _url(*schemes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme not in schemes or not parts.netloc:
            raise ValueError(f"must be an address that begins with {' or '.join(s + '://' for s in schemes)}")
        return text.rstrip("/")

    return read


def _folder(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _host(text: str) -> str:
    if any(sign in text for sign in "/@ ") or not text.isascii() or not text.isprintable():
        raise ValueError("must be the name or address of a machine")
    return text


def _mail_address(text: str) -> str:
    name, at, host = text.rpartition("@")
    plain = text.isascii() and text.isprintable() and not set(text) & set(' <>,;:"()[]\\')
    if not (name and at and host and plain) or "@" in name:
        raise ValueError("must be a mail address, as isms@example.jp")
    return text


def _file(text: str) -> str:
    path = Path(text).expanduser().absolute()
    if not path.is_file() or not path.read_bytes().strip():
        raise ValueError("must be a file that is not empty")
    return str(path)


def _password_file(text: str) -> str:
    path = _file(text)
    password = Path(path).read_bytes().strip(b"\r\n")
    if not password.isascii() or len(password.splitlines()) != 1:
        raise ValueError("must hold the password as one line of ASCII")
    return path


# field of Config -> name in the environment, reader
SETTINGS: dict[str, tuple[str, Callable[[str], object]]] = {
    "data": ("ISMS_DATA", _folder),
    "database_url": ("DATABASE_URL", _url("postgresql", "postgres")),
    "host": ("ISMS_HOST", str),
    "port": ("PORT", _number(1, 65535)),
    "base_url": ("ISMS_BASE_URL", _url("http", "https")),
    "tls_proxy": ("ISMS_TLS_PROXY", str),
    "locale": ("ISMS_LOCALE", _one_of("ja", "en")),
    "threads": ("ISMS_THREADS", _number(1, 64)),
    "log_level": ("ISMS_LOG_LEVEL", _one_of("DEBUG", "INFO", "WARNING", "ERROR")),
    "controls": ("ISMS_CONTROLS", _folder),
    "smtp_host": ("ISMS_SMTP_HOST", _host),
    "smtp_port": ("ISMS_SMTP_PORT", _number(1, 65535)),
    "smtp_security": ("ISMS_SMTP_SECURITY", _one_of("none", "starttls", "tls")),
    "smtp_ca": ("ISMS_SMTP_CA", _file),
    "smtp_user": ("ISMS_SMTP_USER", str),
    "smtp_password_file": ("ISMS_SMTP_PASSWORD_FILE", _password_file),
    "smtp_from": ("ISMS_SMTP_FROM", _mail_address),
    "smtp_timeout": ("ISMS_SMTP_TIMEOUT", _number(1, 600)),
}
