"""What a restore does to what stood there: it is kept, its loss is told, and a restore that fails leaves it alone."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config import Config
from isms import backup
from isms.backup import restoring
from isms.core import occupancy, schema
from isms.core.database import SQLITE_FILE, db
from isms.core.errors import Conflict, DomainError
from isms.people.models import Person
from isms.trail import verify
from tests.assembly.copies import (
    LATER,
    NewInstallation,
    add_person,
    everything,
    filled,
    folder,
    head,
    newest_details,
    other_connection,
    stored_file,
)
from tests.engines import opened
from tests.factories import NOW


def test_an_older_copy_begins_a_new_epoch_that_quotes_what_was_lost(config: Config, tmp_path: Path) -> None:
    backup.write(filled(config), tmp_path / "a.zip", NOW)
    old = head(config)
    assert old is not None
    lost = add_person(config)

    done = backup.restore(config, tmp_path / "a.zip", LATER)

    assert done.epoch == old[0] + 1
    verb, details = newest_details(config)
    assert verb == "trail.epoch_begun"
    assert details["last_known"] == {"no": lost[0], "hash": lost[1]}
    assert details["restored"] == {"no": old[0], "hash": old[1]}
    assert done.head is not None
    assert (done.head.no, done.head.hash) == head(config)


def test_another_installations_history_is_told_too(
    config: Config, engine: str, new_installation: NewInstallation, tmp_path: Path
) -> None:
    backup.write(filled(config), tmp_path / "a.zip", NOW)
    other = filled(new_installation(engine), people=1)
    lost = head(other)
    assert lost is not None
    assert backup.restore(other, tmp_path / "a.zip", LATER).epoch
    assert newest_details(other)[1]["last_known"] == {"no": lost[0], "hash": lost[1]}


def test_no_epoch_begins_when_nothing_is_lost(
    config: Config, engine: str, new_installation: NewInstallation, tmp_path: Path
) -> None:
    backup.write(filled(config), tmp_path / "old.zip", NOW)
    standby = new_installation(engine, migrated=False)
    assert backup.restore(standby, tmp_path / "old.zip", NOW).epoch is None  # into nothing
    assert backup.restore(standby, tmp_path / "old.zip", NOW).epoch is None  # the same again
    newest = add_person(config)
    backup.write(config, tmp_path / "new.zip", LATER)
    assert backup.restore(standby, tmp_path / "new.zip", LATER).epoch is None  # it goes on from there
    assert head(standby) == newest
    empty = new_installation(engine)
    assert backup.restore(empty, tmp_path / "new.zip", LATER).epoch is None  # no entry was replaced
    assert head(empty) == newest


def test_what_is_replaced_is_kept(config: Config, tmp_path: Path) -> None:
    backup.write(filled(config), tmp_path / "a.zip", NOW)
    lost = add_person(config)
    done = backup.restore(config, tmp_path / "a.zip", LATER)
    assert done.kept in str(done)
    if config.database_url:
        with opened(config.database_url, config.data):
            sql = f"SELECT no, hash FROM {done.kept}.trail_entry ORDER BY no DESC LIMIT 1"
            assert db.execute_sql(sql).fetchone() == lost
    else:
        assert sorted(folder(config.data)) == sorted([SQLITE_FILE, Path(done.kept).name])
        Path(done.kept).replace(config.data / SQLITE_FILE)
        assert head(config) == lost


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("content", [b"", b"no database at all", b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_broken_database_is_replaced_and_its_loss_told(
    config: Config, new_installation: NewInstallation, tmp_path: Path, content: bytes
) -> None:
    backup.write(filled(config), tmp_path / "a.zip", NOW)
    broken = new_installation("sqlite", migrated=False)
    (broken.data / SQLITE_FILE).write_bytes(content)
    (broken.data / f"{SQLITE_FILE}-wal").write_bytes(b"left over")
    done = backup.restore(broken, tmp_path / "a.zip", LATER)
    assert Path(done.kept).read_bytes() == content
    if content:
        assert newest_details(broken) == (
            "trail.epoch_begun",
            {"last_known": None, "restored": {"no": head(config)[0], "hash": head(config)[1]}},  # type: ignore[index]
        )
    else:
        assert done.epoch is None
    assert SQLITE_FILE in folder(broken.data)


@contextmanager
def newer_code(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the program be of a later version, with a column and a table more."""
    shutil.copytree(schema.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "9998_tomorrow.py").write_text(
        "from peewee import Model, TextField\n"
        "def up(migrator, db):\n"
        "    migrator.migrate(migrator.add_column('department', 'colour', TextField(default='blue')))\n"
        "    class Tomorrow(Model):\n"
        "        name = TextField()\n"
        "        class Meta:\n"
        "            database = db\n"
        "    db.create_tables([Tomorrow])\n"
    )
    with monkeypatch.context() as patch:
        patch.setattr(schema, "FOLDER", folder)
        yield


def test_an_older_backup_is_brought_up_to_the_code(
    config: Config, engine: str, new_installation: NewInstallation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup.write(filled(config), tmp_path / "a.zip", NOW)
    target = new_installation(engine, migrated=False)
    with newer_code(tmp_path / "migrations", monkeypatch):
        backup.restore(target, tmp_path / "a.zip", NOW)
        with opened(target.database_url, target.data):
            schema.check()
            assert db.execute_sql("SELECT colour FROM department").fetchall() == [("blue",)]
            assert not db.execute_sql("SELECT * FROM tomorrow").fetchall()
        backup.write(target, tmp_path / "b.zip", NOW)
    with pytest.raises(schema.WrongSchema, match="9998_tomorrow"):
        backup.restore(config, tmp_path / "b.zip", NOW)


def test_an_older_database_is_backed_up_before_it_is_migrated(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(config)
    with newer_code(tmp_path / "migrations", monkeypatch):
        backup.write(config, tmp_path / "a.zip", NOW)
    assert backup.restore(config, tmp_path / "a.zip", NOW).epoch is None


def test_nothing_is_restored_under_a_server(config: Config, tmp_path: Path) -> None:
    backup.write(filled(config), tmp_path / "a.zip", NOW)
    before = head(config)
    with occupancy.shared(config.data), occupancy.shared(config.data):
        with pytest.raises(Conflict, match="isms serve"):
            backup.restore(config, tmp_path / "a.zip", NOW)
        backup.write(config, tmp_path / "b.zip", NOW)
    with occupancy.alone(config.data), pytest.raises(Conflict, match="復元"), occupancy.shared(config.data):
        pass
    assert head(config) == before
    backup.restore(config, tmp_path / "a.zip", NOW)


def test_nothing_is_restored_while_another_program_has_the_database_open(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As another machine would on PostgreSQL, or a command at the console on SQLite."""
    backup.write(filled(config), tmp_path / "a.zip", NOW)
    before = everything(config)
    with other_connection(config), pytest.raises(Conflict, match="isms serve"):
        backup.restore(config, tmp_path / "a.zip", NOW)
    assert everything(config) == before


def test_another_programs_tables_stay(new_installation: NewInstallation, tmp_path: Path) -> None:
    backup.write(filled(new_installation("sqlite")), tmp_path / "a.zip", NOW)
    foreign = new_installation("postgresql", migrated=False)
    with opened(foreign.database_url, foreign.data):
        db.execute_sql("CREATE TABLE theirs (id integer)")
    with pytest.raises(Conflict, match="ほかのプログラム"):
        backup.restore(foreign, tmp_path / "a.zip", NOW)
    with opened(foreign.database_url, foreign.data):
        assert db.get_tables() == ["theirs"]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_what_a_killed_restore_left_is_taken_away(config: Config, tmp_path: Path) -> None:
    backup.write(filled(config), tmp_path / "a.zip", NOW)
    (config.data / f"{restoring.STAGING}dead" / "files").mkdir(parents=True)
    backup.restore(config, tmp_path / "a.zip", NOW)
    assert not list(config.data.glob(f"{restoring.STAGING}*"))


def test_a_damaged_trail_is_backed_up_and_restored_and_named(
    config: Config, engine: str, new_installation: NewInstallation, tmp_path: Path
) -> None:
    filled(config)
    with opened(config.database_url, config.data):
        for table_trigger in ("trail_entry_no_update",):
            db.execute_sql(f"DROP TRIGGER {table_trigger}" + (" ON trail_entry" if config.database_url else ""))
        db.execute_sql("UPDATE trail_entry SET verb = 'person.left' WHERE no = 3")
    with pytest.raises(backup.Damaged, match="第3号") as caught:
        backup.write(config, tmp_path / "a.zip", NOW)
    assert caught.value.summary.head
    target = new_installation(engine, migrated=False)
    with pytest.raises(backup.Damaged, match="第3号"):
        backup.restore(target, tmp_path / "a.zip", NOW)
    assert everything(target) == everything(config)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_text_that_is_no_text_any_more_stops_no_backup(config: Config, tmp_path: Path) -> None:
    filled(config)
    with opened(config.database_url, config.data):
        db.execute_sql("UPDATE setting SET value = CAST(x'ff' AS TEXT)")
    with pytest.raises(backup.Damaged) as caught:
        backup.write(config, tmp_path / "a.zip", NOW)
    assert "読めない文字" in caught.value.damages[0]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_damaged_file_comes_back_as_damaged_as_it_was(
    config: Config, new_installation: NewInstallation, tmp_path: Path
) -> None:
    name, content = stored_file(filled(config))
    (config.data / name).write_bytes(b"overwritten")
    (config.data / "files" / ("b" * 64)).symlink_to("/etc/passwd")
    with pytest.raises(backup.Damaged, match=name) as caught:
        backup.write(config, tmp_path / "a.zip", NOW)
    assert len(caught.value.damages) == 2
    target = new_installation("sqlite", migrated=False)
    with pytest.raises(backup.Damaged, match=name):
        backup.restore(target, tmp_path / "a.zip", NOW)
    assert (target.data / name).read_bytes() == b"overwritten"
    (target.data / name).write_bytes(content)
    with pytest.raises(backup.Damaged):
        backup.restore(target, tmp_path / "a.zip", NOW)
    assert (target.data / name).read_bytes() == content  # a whole one is not replaced by a damaged one


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_backup_overwrites_nothing_but_backups(config: Config, tmp_path: Path) -> None:
    filled(config)
    before = folder(config.data)
    for target in (config.data / SQLITE_FILE, config.data, tmp_path / "missing" / "a.zip", Path("/dev/null")):
        with pytest.raises(DomainError):
            backup.write(config, target, NOW)
    assert folder(config.data) == before
    with pytest.raises(DomainError, match="isms init"):
        backup.write(Config(data=tmp_path / "nothing"), tmp_path / "a.zip", NOW)
    assert list(tmp_path.iterdir()) == []
    with opened(config.database_url, config.data):
        assert Person.select().exists()


def test_a_database_of_the_first_version_is_backed_up_and_brought_up(
    engine: str, new_installation: NewInstallation, tmp_path: Path
) -> None:
    """Its tables lack what today's models read; the trail is verified all the same."""
    import isms.evidence.words  # noqa: F401  a room whose tables it does not have

    old, target = new_installation(engine, migrated=False), new_installation(engine, migrated=False)
    with opened(old.database_url, old.data):
        schema.up_to(schema.names()[0])
    backup.write(filled(old), tmp_path / "a.zip", NOW)
    backup.restore(target, tmp_path / "a.zip", NOW)
    assert head(target) == head(old)
    with opened(target.database_url, target.data):
        schema.check()
        assert not list(verify.verify())
    with opened(old.database_url, old.data):
        db.execute_sql("DROP TRIGGER trail_entry_no_update" + (" ON trail_entry" if old.database_url else ""))
        db.execute_sql("UPDATE trail_entry SET verb = 'person.left' WHERE no = 3")
    with pytest.raises(backup.Damaged, match="第3号"):
        backup.write(old, tmp_path / "b.zip", NOW)
