"""The lock files hold everything the project asks for, by hash, and tell nothing of where they were made (attack 66)."""

import re
import tomllib

import pytest

from config import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNTIME = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["build"]
LOCKS = {"requirements.txt": RUNTIME, "requirements-dev.txt": RUNTIME + PROJECT["dependency-groups"]["dev"]}


def pins(name: str) -> dict[str, tuple[str, int]]:
    """Read a lock file: name of the package -> its version, number of its hashes."""
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"(?m)^\s*#.*\n", "", (ROOT / name).read_text()))
    found = (re.match(r"\s*([a-z0-9._-]+)(?:\[.*?\])?==(\S+)", entry) for entry in entries)
    return {
        match[1]: (match[2], entry.count("--hash=sha256:"))
        for match, entry in zip(found, entries, strict=True)
        if match
    }


def package(requirement: str) -> str:
    """Give the package's name as lock files write it."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match
    return re.sub(r"[-_.]+", "-", match[0]).lower()


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_asked_for_is_locked(lock: str) -> None:
    assert {package(requirement) for requirement in LOCKS[lock]} <= set(pins(lock)), "run: make lock"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes(lock: str) -> None:
    assert pins(lock)
    assert [name for name, (_, hashes) in pins(lock).items() if not hashes] == []


def test_tests_run_on_what_is_shipped() -> None:
    tested = pins("requirements-dev.txt")
    assert {name: pin for name, pin in pins("requirements.txt").items() if tested.get(name) != pin} == {}


@pytest.mark.parametrize("lock", LOCKS)
def test_no_address_and_no_path(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert re.findall(r"\w+://\S*|--(?:index|extra|find|trusted)\S*|(?<!\S)/\S+| @ \S+", text) == []
