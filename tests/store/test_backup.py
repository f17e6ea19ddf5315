"""A backup of a database in use lacks nothing that was acknowledged, and comes back whole."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlmodel import col, select

from feedback_nlp.errors import Conflict, FileUnreadable, InputError, StoreError
from feedback_nlp.jobs.ingest import ingest_items
from feedback_nlp.records import RawItem
from feedback_nlp.store import Database
from feedback_nlp.store import backup as module
from feedback_nlp.store.backup import back_up, inspect_backup, restore
from feedback_nlp.store.tables import Feedback

NOW = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)
TEXT = "退款一直没到账"


def post(database: Database, key: str) -> None:
    ingest_items(database, [RawItem(1, key, TEXT)], source="客服", now=NOW, secret="s")


def keys(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.exec(select(Feedback.source_key)))


def test_nothing_acknowledged_is_missing_from_a_backup_under_load(
    database: Database, new_database_url: Callable[[], str], tmp_path: Path
) -> None:
    acknowledged: list[str] = []
    stop = threading.Event()

    def write(name: str) -> None:
        number = 0
        while not stop.is_set():
            post(database, f"{name}-{number}")
            acknowledged.append(f"{name}-{number}")
            number += 1

    post(database, "first")
    writers = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for writer in writers:
        writer.start()
    try:
        taken = []
        for number in range(3):
            while len(acknowledged) < 10 * (number + 1):
                stop.wait(0.01)
            before = set(acknowledged)
            path = tmp_path / f"{number}.backup"
            back_up(database, path)
            taken.append((path, before))
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    for path, before in taken:
        target = Database(new_database_url())
        restore(path, target, replace=True)
        assert before <= keys(target)
        with target.read() as session:
            indexed = session.scalar(select(func.count()).select_from(Feedback))
        assert indexed == len(keys(target))
        target.dispose()
    assert keys(database) >= set(acknowledged)


def test_a_backup_is_private_whole_and_one_file(database: Database, tmp_path: Path) -> None:
    post(database, "1")
    path = tmp_path / "copy"
    found = back_up(database, path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert found.bytes == path.stat().st_size
    assert [other.name for other in tmp_path.iterdir()] == ["copy"]
    if database.is_sqlite:
        assert found.feedback_count == 1
        assert inspect_backup(path).schema == found.schema


def test_an_existing_database_is_not_overwritten_unasked(
    database: Database, new_database_url: Callable[[], str], tmp_path: Path
) -> None:
    post(database, "1")
    path = tmp_path / "copy"
    back_up(database, path)
    target = Database(new_database_url())
    post(target, "2")
    with pytest.raises(Conflict) as refused:
        restore(path, target)
    assert refused.value.reason == "database-exists"
    assert keys(target) == {"2"}
    target.dispose()


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Database:
    database = Database(f"sqlite:///{tmp_path}/live.db")
    database.migrate()
    return database


def test_a_restore_waits_for_nobody_and_keeps_the_old_file(
    sqlite_database: Database, tmp_path: Path
) -> None:
    post(sqlite_database, "1")
    path = tmp_path / "copy"
    back_up(sqlite_database, path)
    post(sqlite_database, "2")
    with sqlite_database.read() as session:
        session.exec(select(col(Feedback.id))).all()
        with pytest.raises(Conflict, match="正在使用"):
            restore(path, Database(str(tmp_path / "live.db")), replace=True)
    sqlite_database.dispose()
    restore(path, sqlite_database, replace=True)
    assert keys(sqlite_database) == {"1"}
    old = Database(str(tmp_path / "live.db.before-restore"))
    assert keys(old) == {"1", "2"}
    assert (tmp_path / "live.db").stat().st_mode & 0o777 == 0o600
    for each in (old, sqlite_database):
        each.dispose()


@pytest.mark.parametrize("at", [0, 100, 8_192, 40_960])
def test_a_damaged_backup_is_refused_and_nothing_is_touched(
    sqlite_database: Database, tmp_path: Path, at: int
) -> None:
    post(sqlite_database, "1")
    path = tmp_path / "copy"
    back_up(sqlite_database, path)
    damaged = bytearray(path.read_bytes())
    damaged[at : at + 400] = b"\xff" * 400
    path.write_bytes(damaged)
    target = Database(f"sqlite:///{tmp_path}/other.db")
    with pytest.raises(FileUnreadable):
        restore(path, target)
    assert not (tmp_path / "other.db").exists()
    sqlite_database.dispose()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"SQLite format 3\x00"])
def test_what_is_no_backup_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(FileUnreadable, match="x"):
        inspect_backup(path)
    with pytest.raises(FileUnreadable, match="读不了"):
        inspect_backup(tmp_path / "missing")


def test_a_backup_of_the_other_kind_is_refused(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"PGDMP...")
    if database.is_sqlite:
        with pytest.raises(FileUnreadable, match="PostgreSQL"):
            restore(path, database, replace=True)
    else:
        with pytest.raises(StoreError, match="pg_restore"):
            restore(path, database, replace=True)


def test_the_servers_tools_are_asked_for_clearly(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(StoreError, match="找不到 pg_dump"):
        module._run_postgres(database.url, ["pg_dump"])


def test_a_folder_that_is_missing_is_told(database: Database, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="写不了"):
        back_up(database, tmp_path / "no" / "copy")


def test_a_database_that_cannot_be_copied_is_told(tmp_path: Path) -> None:
    path = tmp_path / "letters.db"
    path.write_text("这不是数据库" * 500, encoding="utf-8")
    database = Database(str(path))
    with pytest.raises((StoreError, FileUnreadable)):
        back_up(database, tmp_path / "copy")
    assert sorted(other.name for other in tmp_path.iterdir()) == ["letters.db"]
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(path).execute("SELECT 1 FROM feedback")
