"""The standards that come with the tracker: their counts, their mappings, and what the data promises."""

from collections import Counter
from pathlib import Path

import pytest

from isms.catalogue.standards import Kind, Label, Relation, Requirement, Standards, load, natural
from isms.core.errors import NotFound
from isms.core.words import speaking

CONTROLS = Path(__file__).parents[2] / "controls"
OLD, NEW = "iso27001-2013", "iso27001-2022"


@pytest.fixture(scope="module")
def standards() -> Standards:
    return load(CONTROLS)


def keys(rows: tuple[Requirement, ...]) -> list[str]:
    return [row.key for row in rows]


@pytest.mark.parametrize(
    ("edition", "counts"),
    [
        (NEW, {Kind.CONTROL: 93, Kind.CLAUSE: 30, Kind.HEADING: 11}),
        (OLD, {Kind.CONTROL: 114, Kind.CLAUSE: 26, Kind.HEADING: 9}),
        ("iso22301-2019", {Kind.CLAUSE: 46, Kind.HEADING: 18}),
        ("nist-csf-2.0", {Kind.OUTCOME: 106, Kind.HEADING: 28}),
    ],
)
def test_an_edition_has_its_rows(standards: Standards, edition: str, counts: dict[Kind, int]) -> None:
    assert Counter(row.kind for row in standards.edition(edition).rows) == counts
    assert len(standards.requirements(edition)) == sum(counts.values()) - counts[Kind.HEADING]


def test_the_themes_of_2022(standards: Standards) -> None:
    themes = Counter(row.theme for row in standards.edition(NEW).of_kind(Kind.CONTROL))
    assert themes == {"organizational": 37, "people": 8, "physical": 14, "technological": 34}
    assert [label.ja for label in standards.edition(NEW).themes.values()] == ["組織的", "人的", "物理的", "技術的"]


def test_every_control_of_2022_has_every_attribute(standards: Standards) -> None:
    edition = standards.edition(NEW)
    assert len(edition.attributes) == 5
    for row in edition.of_kind(Kind.CONTROL):
        assert all(row.attributes[name] for name in edition.attributes), row.key
    assert edition.get("A.5.30").attributes["infosec_properties"] == ("availability",)


def test_documented_information(standards: Standards) -> None:
    asked = [row for row in standards.requirements(NEW) if row.documented_information]
    assert len(asked) == 14
    assert standards.edition(NEW).get("5.2").documented_information == Label(
        "情報セキュリティ方針", "information security policy"
    )
    assert standards.edition(NEW).get("A.5.2").documented_information is None


def test_what_became_what(standards: Standards) -> None:
    controls = [pair for pair in standards.mapping(OLD, NEW).pairs if pair[0].startswith("A.")]
    assert len(controls) == 115
    new = standards.edition(NEW).of_kind(Kind.CONTROL)
    assert len(standards.new(NEW)) == 11
    assert len(standards.merged(NEW)) == 24
    assert sum(len(standards.predecessors(row)) == 1 for row in new) == 58
    assert keys(standards.split(OLD)) == ["A.18.2.3"]
    assert all(standards.successors(row) for row in standards.requirements(OLD))


def test_the_new_controls_by_name(standards: Standards) -> None:
    expected = "5.7 5.23 5.30 7.4 8.9 8.10 8.11 8.12 8.16 8.23 8.28".split()
    assert [row.id for row in standards.new(NEW)] == expected
    assert keys(standards.new(NEW, Kind.CLAUSE)) == ["6.3"]
    assert standards.new(OLD) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("A.18.2.3", ["A.5.36", "A.8.8"]),
        ("A.13.2.1", ["A.5.14"]),
        ("A.13.2.3", ["A.5.14"]),
        ("9.2", ["9.2.1", "9.2.2"]),
        ("9.3", ["9.3.1", "9.3.2", "9.3.3"]),
        ("10.1", ["10.2"]),
        ("10.2", ["10.1"]),
        ("5.1", ["5.1"]),
    ],
)
def test_successors(standards: Standards, old: str, new: list[str]) -> None:
    before = standards.edition(OLD).get(old)
    assert keys(standards.successors(before)) == new
    assert all(before in standards.predecessors(after) for after in standards.successors(before))


def test_a_mapped_clause_keeps_its_title(standards: Standards) -> None:
    """Sees a mapping that follows the numbers where the standard moved the matter (10.1, 10.2)."""
    for old in standards.edition(OLD).of_kind(Kind.CLAUSE):
        after = standards.successors(old)
        above = standards.edition(NEW).above(after[0])
        assert old.title.en in [row.title.en for row in (*after, *above)], old.key


def test_references_of_nist(standards: Standards) -> None:
    mapping = standards.mapping("nist-csf-2.0", NEW)
    assert mapping.relation is Relation.REFERENCE
    assert len(mapping.pairs) == 412
    found = keys(standards.references(standards.edition(NEW).get("A.5.1")))
    assert {"GV", "GV.RM-01"} <= set(found)
    over = keys(standards.references(standards.edition(NEW).get("6.1.3")))
    assert "GV.OC" in over, "what refers to heading 6.1 belongs to 6.1.3"
    assert over.index("ID.RA-07") < over.index("GV"), "outcomes by number, then headings"
    assert "A.5.1" in keys(standards.references(standards.edition("nist-csf-2.0").get("GV.RM-01")))


def test_a_number_may_be_a_control_and_a_clause(standards: Standards) -> None:
    edition = standards.edition(NEW)
    control, clause = edition.get("A.5.1"), edition.get("5.1")
    assert (control.id, control.kind) == ("5.1", Kind.CONTROL)
    assert (clause.id, clause.kind) == ("5.1", Kind.CLAUSE)
    assert control.title_ja == "情報セキュリティのための方針群"
    assert clause.title_ja == "リーダーシップ及びコミットメント"


def test_low_titles_are_provisional(standards: Standards) -> None:
    count = {edition.id: sum(row.provisional for row in edition.rows) for edition in standards.editions.values()}
    assert count == {OLD: 50, NEW: 0, "iso22301-2019": 31, "nist-csf-2.0": 0}


def test_what_is_sold_has_no_body(standards: Standards) -> None:
    for edition in standards.editions.values():
        if edition.standard != "NIST CSF":
            assert not any(row.text_en for row in edition.rows)
    assert standards.edition("nist-csf-2.0").get("GV").text_en.startswith("The organization's")


def test_words_follow_the_language(standards: Standards) -> None:
    row = standards.edition(NEW).get("A.8.13")
    assert str(row.title) == "情報のバックアップ"
    with speaking("en"):
        assert str(row.title) == "Information backup"
    assert str(standards.edition("nist-csf-2.0").get("GV.OC").title) == "Organizational Context"


def test_order_counts_as_people_do(standards: Standards) -> None:
    found = [row.id for row in standards.edition(NEW).of_kind(Kind.CONTROL)]
    assert found[:10] == [f"5.{number}" for number in range(1, 11)]
    assert found[-1] == "8.34"
    assert sorted(["A.18.1.1", "A.5.1.1", "5.10", "5.2"], key=natural) == ["5.2", "5.10", "A.5.1.1", "A.18.1.1"]


def test_editions_of_a_standard_by_age(standards: Standards) -> None:
    assert [edition.id for edition in standards.editions_of("ISO/IEC 27001")] == [OLD, NEW]


def test_an_organisation_corrects_a_title_and_adds_a_control(standards: Standards) -> None:
    edition = standards.edition(OLD)
    own = Requirement(OLD, "Z.1", "Z.1", Kind.CONTROL, Label("架空の管理策", "An invented control"))
    adapted = edition.adapted({"A.18.2.3": Label("技術的順守", "Technical compliance")}, [own])
    assert edition.get("A.18.2.3").provisional
    assert not adapted.get("A.18.2.3").provisional
    assert adapted.get("A.18.2.3").title_ja == "技術的順守"
    assert len(adapted.of_kind(Kind.CONTROL)) == 115
    assert own not in edition.rows
    assert adapted.of_kind(Kind.CONTROL)[-1] == own
    assert adapted.rows.index(own) == 114, "it stands with the controls"


def test_what_there_is_not(standards: Standards) -> None:
    with pytest.raises(NotFound):
        standards.edition("iso27001-2005")
    with pytest.raises(NotFound):
        standards.edition(NEW).get("A.5.38")
    with pytest.raises(NotFound):
        standards.mapping(NEW, OLD)
    assert standards.edition(NEW).find("A.5.38") is None
