"""Throttling: slows the one who guesses, whatever the spelling, and never locks for good (attacks 13, 14)."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from isms.people import throttle
from isms.people.rules import mail_key
from isms.people.throttle import ACCOUNT, ADDRESS, BROWSER, Limit, account_key, account_name, address_key, allowed_at

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
LIMITS = st.sampled_from([ACCOUNT, ADDRESS, BROWSER, Limit(2, timedelta(minutes=1)), Limit(1, timedelta(days=40))])
TIMES = st.lists(st.integers(0, 3 * 86_400).map(lambda seconds: NOW - timedelta(seconds=seconds)), max_size=150)


def hammered(limit: Limit, failures: int) -> list[datetime]:
    """Fail as fast as the limit allows; the last failure is at NOW."""
    times = [NOW]
    while len(times) < failures:
        times.append(allowed_at(times, limit, now=times[-1]) + timedelta(milliseconds=100))
    shift = times[-1] - NOW
    return [time - shift for time in times]


def test_nobody_waits_before_the_limit() -> None:
    assert allowed_at([], ACCOUNT, now=NOW) == NOW
    assert allowed_at([NOW] * 4, ACCOUNT, now=NOW) == NOW
    assert allowed_at([NOW] * 99, ADDRESS, now=NOW) == NOW


def test_each_further_failure_doubles_the_wait_up_to_the_cap() -> None:
    waits = [allowed_at([NOW] * count, ACCOUNT, now=NOW) - NOW for count in range(4, 13)]
    assert [wait.total_seconds() for wait in waits] == [0, 30, 60, 120, 240, 480, 900, 900, 900]
    assert allowed_at([NOW] * 100_000, ACCOUNT, now=NOW) == NOW + ACCOUNT.cap


def test_guessing_without_rest_gets_about_a_hundred_guesses_a_day() -> None:
    times = hammered(ACCOUNT, 300)
    last_day = [time for time in times if time > NOW - timedelta(days=1)]
    assert 90 <= len(last_day) <= 105


def test_an_account_is_free_again_after_a_day() -> None:
    times = hammered(ACCOUNT, 12)
    assert allowed_at(times, ACCOUNT, now=NOW) > NOW
    tomorrow = NOW + ACCOUNT.window
    assert allowed_at(times, ACCOUNT, now=tomorrow) == tomorrow


@given(TIMES, st.integers(0, 3 * 86_400), LIMITS)
def test_one_more_failure_never_shortens_the_wait(times: list[datetime], ago: int, limit: Limit) -> None:
    more = [*times, NOW - timedelta(seconds=ago)]
    assert allowed_at(more, limit, now=NOW) >= allowed_at(times, limit, now=NOW)


@given(TIMES, LIMITS, st.integers(0, 86_400))
def test_nothing_locks_for_good(times: list[datetime], limit: Limit, later: int) -> None:
    now = NOW + timedelta(seconds=later)
    assert now <= allowed_at(times, limit, now=now) <= now + limit.cap
    # whoever waits as told gets in
    told = allowed_at(times, limit, now=now)
    assert allowed_at(times, limit, now=told) == told


@given(TIMES, LIMITS)
def test_failures_of_the_future_do_not_lock(times: list[datetime], limit: Limit) -> None:
    set_back = NOW - timedelta(days=30)
    assert allowed_at(times, limit, now=set_back) == set_back


@given(st.randoms(), TIMES, LIMITS)
def test_the_order_of_the_failures_does_not_matter(random: object, times: list[datetime], limit: Limit) -> None:
    mixed = list(times)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert allowed_at(mixed, limit, now=NOW) == allowed_at(times, limit, now=NOW)


@pytest.mark.parametrize(
    "typed",
    [
        "Hanako.Sato@Kokuho.Example", " hanako.sato@kokuho.example\t", "ｈａｎａｋｏ.ｓａｔｏ＠ｋｏｋｕｈｏ.ｅｘａｍｐｌｅ", "hanako.sato@kokuho.example\u3000",
        "hanako.\u200bsato@kokuho.example", "hanako.sato@kokuho.example\0", "hanako. sato@kokuho.example", "\u202ehanako.sato@kokuho.example",
    ],
)  # fmt: skip
def test_every_spelling_of_an_account_counts_on_one_key(typed: str) -> None:
    assert account_name(typed) == "hanako.sato@kokuho.example"
    assert account_key(typed) == account_key("hanako.sato@kokuho.example")


@given(st.text(max_size=60))
@example("e\u200b\u0301")
@example("ﷺ")
@example("İ\u0345ẞΣς")
def test_a_name_folded_twice_is_folded_once(text: str) -> None:
    folded = account_name(text)
    assert account_name(folded) == folded
    assert account_key(folded) == account_key(text)


@given(st.text(max_size=60))
def test_what_finds_an_account_counts_on_its_key(text: str) -> None:
    assert account_key(mail_key(text) or "") == account_key(text)


def test_the_key_does_not_show_what_was_typed() -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", account_key("my password in the wrong field"))
    assert len(account_key("x" * 1_000_000)) == 64


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::FFFF:c000:207", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:0DB8:0001:0002::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("unix:", "unknown"),
        ("192.0.2.7, 198.51.100.1", "unknown"),
        ("0300.0.2.7", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_an_address_counts_on_the_key_of_its_owner(address: str | None, key: str) -> None:
    assert address_key(address) == key


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_all_addresses_of_a_64_count_together(address: object, host: int) -> None:
    import ipaddress

    one = ipaddress.IPv6Address(int(address))  # type: ignore[call-overload]
    if one.ipv4_mapped is None and int(one) >> 64 != 0:
        other = ipaddress.IPv6Address(int(one) >> 64 << 64 | host)
        assert address_key(str(one)) == address_key(str(other))


@given(st.text(max_size=50))
def test_any_address_has_a_key(text: str) -> None:
    assert address_key(text)


def test_the_decision_names_the_figures_in_force() -> None:
    page = (Path(throttle.__file__).parents[2] / "docs/decisions/throttling.md").read_text("utf-8")
    for name, limit in (("account", ACCOUNT), ("known browser", BROWSER), ("address", ADDRESS)):
        hours = int(limit.window.total_seconds() // 3600)
        first, cap = int(limit.first.total_seconds()), int(limit.cap.total_seconds() // 60)
        assert f"| {name} | {limit.free} | {hours} h | {first} s | {cap} min |" in page
