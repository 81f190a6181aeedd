"""Every attack that could be tried has a test, and docs/attacks.md names it."""

from pathlib import Path

from tests import attacks_table
from tests.attacks_table import ATTACKS, NO_SURFACE, modules, named_in, table


def test_every_attack_has_a_test_or_a_reason() -> None:
    found = table(modules())
    assert [number for number in ATTACKS if not found[number] and number not in NO_SURFACE] == []
    assert [number for number in NO_SURFACE if found[number]] == [], "there is a test: the reason is old"
    assert set(found) <= set(ATTACKS)


def test_the_page_of_attacks_is_current() -> None:
    assert attacks_table.written() == attacks_table.PAGE.read_text("utf-8"), "run: python -m tests.attacks_table"


def test_names_docstrings_and_comments_are_read(tmp_path: Path) -> None:
    module = tmp_path / "test_x.py"
    module.write_text(
        '"""All of it (attacks 12, 61; ASVS 6.2)."""\n'
        "def test_attack_9_a(): ...\n"
        'def test_b():\n    """Attacks 42 and 59."""\n'
        "def test_c():\n    pass  # attack 4\n"
        "X = 1  # attack 7\n"
    )
    assert sorted(named_in(module)) == [
        (4, "test_c"),
        (7, ""),
        (9, "test_attack_9_a"),
        (12, ""),
        (42, "test_b"),
        (59, "test_b"),
        (61, ""),
    ]
