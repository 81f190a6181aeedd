"""The second step: a code works once, recovery codes too, the QR code passes the policy (attack 15; ASVS 6.5)."""

import re
from base64 import b32encode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

import pyotp
import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from isms.people import passwords, totp

SECRET = b32encode(b"12345678901234567890").decode()  # the secret of RFC 6238, appendix B
NOW = datetime(2026, 4, 1, 9, 0, 10, tzinfo=UTC)
STEP = totp.step_of(NOW)


def code_of(step: int, secret: str = SECRET) -> str:
    return pyotp.TOTP(secret).generate_otp(step)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    assert totp.check_code(SECRET, code, now=now, last_step=None) == seconds // 30


@pytest.mark.parametrize(("away", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_wrong(away: int, accepted: bool) -> None:
    step = totp.check_code(SECRET, code_of(STEP + away), now=NOW, last_step=None)
    assert step == (STEP + away if accepted else None)


@given(st.integers(0, 2**40), st.sampled_from([-1, 0, 1]), st.integers(0, 120), st.binary(min_size=20, max_size=20))
def test_a_code_works_once(step: int, away: int, later: int, key: bytes) -> None:
    secret = b32encode(key).decode()
    begin = datetime.fromtimestamp((step % 2**32 + 2) * 30, UTC)
    code = code_of(totp.step_of(begin) + away, secret)
    used = totp.check_code(secret, code, now=begin, last_step=None)
    assert used is not None
    again = totp.check_code(secret, code, now=begin + timedelta(seconds=later), last_step=used)
    # a million codes in all: one of the next steps may have the same code, and that one is another code
    assert again is None or again > used


def test_codes_up_to_the_last_used_are_refused() -> None:
    assert totp.check_code(SECRET, code_of(STEP - 1), now=NOW, last_step=STEP) is None
    assert totp.check_code(SECRET, code_of(STEP + 1), now=NOW, last_step=STEP) == STEP + 1


def test_of_two_steps_with_one_code_the_later_is_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyotp.TOTP, "generate_otp", lambda _self, _step: "123456")
    assert totp.check_code(SECRET, "123456", now=NOW, last_step=None) == STEP + 1


@pytest.mark.parametrize("typed", ["{0} {1}", " {0}{1}\u3000", "{0}-{1}", "{0}ー{1}", "\u200b{0}{1}\n"])
def test_blanks_hyphens_and_full_width_digits_are_forgiven(typed: str) -> None:
    code = code_of(STEP)
    wide = typed.format(code[:3], code[3:]).translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})
    for text in (typed.format(code[:3], code[3:]), wide):
        assert totp.check_code(SECRET, text, now=NOW, last_step=None) == STEP


@given(st.text() | st.text("0123456789 -", max_size=9))
def test_any_other_text_is_refused(text: str) -> None:
    if text.strip() not in {code_of(STEP + away) for away in (-1, 0, 1)}:
        assert totp.check_code(SECRET, text, now=NOW, last_step=None) is None or any(c in text for c in " -")


@pytest.mark.parametrize(
    "text", ["٢٨٧٠٨٢", "²⁸⁷⁰⁸", "28708", "2870822", "+287082", "28708a", "", "\ud800", "2" * 10_000]
)
def test_odd_codes_are_refused(text: str) -> None:
    assert totp.check_code(SECRET, text, now=datetime.fromtimestamp(59, UTC), last_step=None) in (None, 1)
    if text != "+287082":
        assert totp.check_code(SECRET, text, now=datetime.fromtimestamp(59, UTC), last_step=None) is None


def test_a_secret_has_160_bits_and_is_shown_in_groups() -> None:
    secret = totp.new_secret()
    assert re.fullmatch(r"[A-Z2-7]{32}", secret)
    assert secret != totp.new_secret()
    assert totp.spaced(secret).split() == [secret[i : i + 4] for i in range(0, 32, 4)]


def test_the_address_names_the_organisation_and_the_account() -> None:
    uri = totp.provisioning_uri(SECRET, account="hanako@kokuho.example", issuer="架空県: 国保連合会")
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/架空県  国保連合会:hanako@kokuho.example"
    assert parse_qs(parts.query) == {"secret": [SECRET], "issuer": ["架空県  国保連合会"]}


def test_the_picture_passes_the_policy_of_the_pages() -> None:
    data = totp.qr_image(totp.provisioning_uri(SECRET, account="a@b.example", issuer="架空県国民健康保険団体連合会"))
    assert data.startswith("data:image/svg+xml")
    assert '"' not in data
    root = ElementTree.fromstring(unquote(data.partition(",")[2]))
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "path", "rect", "g"}
    assert not any("style" in element.attrib for element in root.iter())


@pytest.fixture(scope="module")
def recovery() -> tuple[list[str], list[str]]:
    return totp.new_recovery_codes()


def test_recovery_codes_are_ten_and_only_their_hashes_are_kept(recovery: tuple[list[str], list[str]]) -> None:
    shown, kept = recovery
    assert len(set(shown)) == len(set(kept)) == 10
    assert all(re.fullmatch(r"[0-9a-hj-km-np-tv-z]{4}-[0-9a-hj-km-np-tv-z]{4}", code) for code in shown)
    assert all(value.startswith("$argon2id$") for value in kept)
    assert not any(code.replace("-", "") in "".join(kept) for code in shown)


def test_a_recovery_code_finds_its_hash_and_no_other(recovery: tuple[list[str], list[str]]) -> None:
    shown, kept = recovery
    assert totp.match_recovery(shown[3], kept) == kept[3]
    assert totp.match_recovery(shown[3], kept[:3] + kept[4:]) is None
    assert totp.match_recovery(kept[3], kept) is None
    assert totp.match_recovery("0000-0000", kept) is None


def test_a_recovery_code_may_be_typed_as_it_was_read(recovery: tuple[list[str], list[str]]) -> None:
    shown, kept = recovery
    code = shown[0].upper().replace("0", "O").replace("1", "l").replace("-", "ー")
    assert totp.match_recovery(f" {code}\u3000", kept) == kept[0]


def test_checking_a_recovery_code_costs_one_hash(
    recovery: tuple[list[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, kept = recovery
    calls: list[object] = []
    real = PasswordHasher.hash

    def spy(self: PasswordHasher, password: str | bytes, *, salt: bytes | None = None) -> str:
        calls.append(password)
        return real(self, password, salt=salt)

    monkeypatch.setattr(PasswordHasher, "hash", spy)
    assert totp.match_recovery(shown[9], kept) == kept[9]
    assert len(calls) == 1
    for wrong in ("", "7k3m", "x" * 10_000, "7k3m-x0q!", "７k３m-x0qdd"):
        assert totp.match_recovery(wrong, kept) is None
    assert len(calls) == 1


def test_recovery_codes_of_older_costs_still_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1))
    shown, kept = totp.new_recovery_codes()
    monkeypatch.undo()
    assert totp.match_recovery(shown[5], kept) == kept[5]
