"""From a data file to an edition or a mapping; the rules that a file must keep stand here."""

import re
from collections.abc import Collection, Iterable
from collections.abc import Mapping as Dict
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from isms.catalogue import datafile
from isms.catalogue.datafile import DataFile, Row
from isms.catalogue.editions import Attribute, Edition, Kind, Label, Requirement, in_order
from isms.catalogue.mappings import Mapping, Relation
from isms.core.words import lazy_gettext

NUMBER = re.compile(r"[A-Za-z0-9]+([.-][A-Za-z0-9]+)*")
FILE_ID = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*")
SURENESS = ("high", "medium", "low")
LANGUAGES = ("ja", "en")
PREFIX = re.compile(r"[A-Za-z0-9]+[.-]")
NAMED = ("standard", "name", "year", "published", "title_ja", "title_en", "languages", "counts")
WHERE_NEEDED = ("jis", "control_prefix", "themes", "attributes", "public_domain")


def read_edition(path: Path) -> Edition:
    """Read one edition; the name of the file is its id."""
    file = datafile.read(path)
    _check_id(file, path.stem)
    file.only_keys((*NAMED, *WHERE_NEEDED))
    edition = Edition(
        id=path.stem,
        standard=file.value("standard", str),
        name=file.value("name", str),
        year=file.value("year", int),
        published=file.value("published", date),
        title=Label(file.value("title_ja", str), file.value("title_en", str)),
        jis=file.value("jis", str) if "jis" in file.head else "",
        themes={key: _label(file, words, key, "themes", {"count"}) for key, words in file.table("themes").items()},
        attributes=_attributes(file),
    )
    _check_columns(file, edition)
    rows = _unique(file, ((row.line, _requirement(file, row, edition)) for row in file.rows))
    _check_counts(file, rows)
    return replace(edition, rows=in_order(rows))


def read_mapping(path: Path, editions: Dict[str, Edition]) -> Mapping:
    """Read one mapping; the name of the file is `old--new`."""
    file = datafile.read(path)
    file.only_keys(("relation", "rows", "new"))
    file.only_columns(("old", "new"))
    old, new = _ends(file, editions)
    relation = Relation(_one_of(file, file.line_of("relation"), file.value("relation", str), list(Relation)))
    seen: dict[tuple[str, str], int] = {}
    for row in file.rows:
        pair = (_end(file, row.line, old, row["old"], relation), _end(file, row.line, new, row["new"], relation))
        if pair in seen:
            file.broken(row.line, lazy_gettext("%(line)s行目と同じ組です。", line=seen[pair]))
        seen[pair] = row.line
    mapping = Mapping(old.id, new.id, relation, tuple(seen))
    _check_count(file, "rows", "", file.value("rows", int), len(file.rows))
    if relation is Relation.SUCCESSION:
        without = [row for row in new.requirements if row.key not in mapping.backward]
        _check_count(file, "new", "", file.value("new", int), len(without))
    return mapping


def _check_id(file: DataFile, name: str) -> None:
    """Refuse a file name that makes no id."""
    if not FILE_ID.fullmatch(name):
        file.broken(1, lazy_gettext("ファイル名には英小文字・数字・点・ハイフンだけを使ってください。"))


def _label(file: DataFile, words: Any, key: str, table: str, also: Collection[str] = ()) -> Label:
    """Read the words of both languages, `{ja = "…", en = "…"}`."""
    names = {name: word for name, word in words.items() if name not in also} if isinstance(words, dict) else {}
    if set(names) != set(LANGUAGES) or not all(isinstance(word, str) and word for word in names.values()):
        file.broken(file.line_of(key, table), lazy_gettext("%(key)s には ja と en の言葉が要ります。", key=key))
    return Label(**names)


def _attributes(file: DataFile) -> dict[str, Attribute]:
    """Read the attributes that the head declares: the label of each and its values."""
    found = {}
    for name in file.table("attributes"):
        table = f"attributes.{name}"
        words = file.table("attributes")[name]
        labels = {key: _label(file, word, key, table) for key, word in words.items()} if isinstance(words, dict) else {}
        if "label" not in labels:
            file.broken(file.line_of_table(table), lazy_gettext("%(key)s に label がありません。", key=table))
        found[name] = Attribute(labels.pop("label"), labels)
    return found


def _check_columns(file: DataFile, edition: Edition) -> None:
    """Hold the columns against what the head declares."""
    required = ["id", "kind", "title_en", *edition.attributes]
    optional = ["documented_information_en", "documented_information_ja"]
    languages = file.value("languages", list)
    if "en" not in languages or any(language not in LANGUAGES for language in languages):
        file.broken(file.line_of("languages"), lazy_gettext("%(key)s の値が正しくありません。", key="languages"))
    required += ["title_ja", "title_ja_confidence"] if "ja" in languages else []
    required += ["theme"] if edition.themes else []
    # The body of a standard that is sold may not be passed on: only a free one has a column for it.
    optional += ["text_en"] if file.value("public_domain", bool, False) else []
    file.only_columns(required, optional)


def _requirement(file: DataFile, row: Row, edition: Edition) -> Requirement:
    """Read one row."""
    kind = Kind(_one_of(file, row.line, row["kind"], list(Kind)))
    number = row["id"]
    if not NUMBER.fullmatch(number) or len(number) > 20:
        file.broken(row.line, lazy_gettext("番号「%(number)s」が正しくありません。", number=number))
    for column in file.columns:
        if column.startswith("title_") and not row[column]:
            file.broken(row.line, lazy_gettext("%(column)s が空です。", column=column))
    sureness = _one_of(file, row.line, row["title_ja_confidence"] or "high", SURENESS)
    theme = row["theme"]
    if edition.themes and (kind is Kind.CONTROL or theme):
        _one_of(file, row.line, theme, edition.themes)
    return Requirement(
        edition=edition.id,
        id=number,
        key=_prefix(file, kind) + number,
        kind=kind,
        title=Label(row["title_ja"], row["title_en"]),
        provisional=sureness == "low",
        theme=theme,
        attributes={name: _values(file, row, name, edition.attributes[name]) for name in edition.attributes},
        documented_information=_documented(file, row),
        text_en=row["text_en"],
    )


def _prefix(file: DataFile, kind: Kind) -> str:
    """Give what tells a control's key from a clause of the same number (A.5.1 and 5.1)."""
    if kind is not Kind.CONTROL or "control_prefix" not in file.head:
        return ""
    prefix = file.value("control_prefix", str)
    if not PREFIX.fullmatch(prefix):
        file.broken(
            file.line_of("control_prefix"), lazy_gettext("%(key)s の値が正しくありません。", key="control_prefix")
        )
    return prefix


def _values(file: DataFile, row: Row, name: str, attribute: Attribute) -> tuple[str, ...]:
    """Read the values of an attribute, parted by `|`."""
    return tuple(_one_of(file, row.line, one, attribute.values) for one in row[name].split("|")) if row[name] else ()


def _documented(file: DataFile, row: Row) -> Label | None:
    """Read which documented information the standard asks for here: in both languages or not at all."""
    words = Label(row["documented_information_ja"], row["documented_information_en"])
    if bool(words.ja) != bool(words.en):
        file.broken(row.line, lazy_gettext("documented_information は日本語と英語の両方に書いてください。"))
    return words if words.en else None


def _unique(file: DataFile, rows: Iterable[tuple[int, Requirement]]) -> list[Requirement]:
    """Refuse a number that stands twice."""
    seen: dict[str, tuple[int, Requirement]] = {}
    for line, row in rows:
        if row.key in seen:
            reason = lazy_gettext("番号 %(number)s は%(line)s行目にもあります。", number=row.key, line=seen[row.key][0])
            file.broken(line, reason)
        seen[row.key] = (line, row)
    return [row for _, row in seen.values()]


def _check_counts(file: DataFile, rows: list[Requirement]) -> None:
    """Hold the number of rows of each kind and theme against what the head declares."""
    counts = file.value("counts", dict)
    for name in counts:
        _one_of(file, file.line_of(name, "counts"), name, list(Kind))
    for kind in Kind:
        _check_count(file, kind, "counts", counts.get(kind, 0), sum(row.kind is kind for row in rows))
    for theme, words in file.table("themes").items():
        _check_count(file, theme, "themes", words.get("count"), sum(row.theme == theme for row in rows))


def _check_count(file: DataFile, key: str, table: str, declared: object, found: int) -> None:
    """Refuse a table that is not as long as declared: something was lost or came twice."""
    if declared != found:
        reason = lazy_gettext(
            "%(key)s は%(declared)s件のはずですが、%(found)s件あります。", key=key, declared=declared, found=found
        )
        file.broken(file.line_of(key, table), reason)


def _one_of(file: DataFile, line: int, value: str, allowed: Collection[str]) -> str:
    """Refuse a value that is not in the list."""
    if value not in allowed:
        file.broken(line, lazy_gettext("「%(value)s」という値は使えません。", value=value))
    return value


def _ends(file: DataFile, editions: Dict[str, Edition]) -> tuple[Edition, Edition]:
    """Give the two editions that the name of a mapping's file names."""
    names = file.path.stem.split("--")
    for name in names:
        if len(names) != 2 or name not in editions:
            file.broken(1, lazy_gettext("ファイル名の %(name)s という版がありません。", name=name))
    return editions[names[0]], editions[names[1]]


def _end(file: DataFile, line: int, edition: Edition, key: str, relation: Relation) -> str:
    """Refuse an end that the edition lacks; what succeeds must be provable, so no heading."""
    row = edition.find(key)
    if row is None or (row.kind is Kind.HEADING and relation is Relation.SUCCESSION):
        reason = lazy_gettext("%(edition)s に「%(number)s」はありません。", edition=edition.id, number=key)
        file.broken(line, reason)
    return key
