from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from feedback_nlp.errors import StoreError
from feedback_nlp.store import Database
from feedback_nlp.store import database as database_module
from feedback_nlp.store.database import SCHEMA_VERSION, _alembic_config
from feedback_nlp.store.failures import unusable
from feedback_nlp.store.tables import FeatureRequest, Feedback, Source, metadata

NOW = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)


def test_migrations_and_tables_agree(database: Database) -> None:
    with database.write() as session:
        context = MigrationContext.configure(
            session.connection(),
            opts={
                "include_name": lambda name, kind, _: (
                    not (kind == "table" and (name or "").startswith("feedback_search"))
                )
            },
        )
        assert compare_metadata(context, metadata) == []


def test_the_schema_version_is_the_newest_migration() -> None:
    folder = Path(database_module.__file__).with_name("migrations")
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA_VERSION


def test_migrating_twice_changes_nothing(database: Database) -> None:
    database.migrate()
    with database.read() as session:
        assert session.exec(select(Source)).all() == []


def test_times_come_back_aware_and_in_utc(database: Database) -> None:
    with database.write() as session:
        session.add(Source(name="微博", kind="social", created_at=NOW))
    with database.read() as session:
        assert session.exec(select(Source)).one().created_at == NOW


def test_a_naive_time_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="aware datetime"), database.write() as session:
        session.add(Source(name="微博", kind="social", created_at=NOW.replace(tzinfo=None)))


def test_a_failed_block_leaves_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        session.add(Source(name="问卷", kind="survey", created_at=NOW))
        session.flush()
        raise RuntimeError("half way")
    with database.read() as session:
        assert session.exec(select(Source)).all() == []


def test_foreign_keys_hold(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as session:
        session.add(
            Feedback(source_id=99, source_key="1", text="好", occurred_at=NOW, ingested_at=NOW)
        )


def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(StoreError, match="是只读的"), database.read() as session:
        session.add(Source(name="问卷", kind="survey", created_at=NOW))
        session.flush()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite://", "内存"),
        ("sqlite:////no/such/folder/x.db", "不存在"),
        ("what is this://", "无法识别"),
    ],
)
def test_an_unusable_address_is_one_clear_line(url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        Database(url)


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("这不是数据库，只是一段话。" * 200, encoding="utf-8")
    database = Database(str(path))
    with pytest.raises(StoreError, match="不是 SQLite 数据库"):
        database.migrate()


def test_a_folder_is_no_database_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as found:
        Database(str(tmp_path)).migrate()
    assert f"数据库 {tmp_path} 是一个目录（" in str(found.value)


def test_what_no_driver_word_explains_is_told_as_it_came() -> None:
    assert "不可用：connection refused" in str(unusable("postgresql://db/x", "connection refused"))
    assert "已损坏" in str(unusable("a.db", "database disk image is malformed"))


def test_a_database_from_the_future_is_refused(database: Database) -> None:
    with database.write() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '2099'")
    with pytest.raises(StoreError, match="比程序新"):
        database.migrate()


def test_requests_of_an_older_schema_keep_what_people_wrote(database: Database) -> None:
    config = _alembic_config()
    with database.write() as session:
        config.attributes["connection"] = session.connection()
        command.downgrade(config, "20261122_vents_by_topic")
        for number, maker in enumerate(("engine", "小王"), start=1):
            session.execute(
                text(
                    "INSERT INTO request (key, title, intent, status, reporter_status,"
                    " priority_parts, created_by, created_at, updated_at) VALUES (:key, '闪退',"
                    " 'bug', 'new', 'received', '{}', :maker, :now, :now)"
                ),
                {"key": f"REQ-{number}", "maker": maker, "now": NOW.isoformat(" ")},
            )
    database.migrate()
    with database.read() as session:
        first, second = session.exec(select(FeatureRequest).order_by(col(FeatureRequest.id))).all()
    assert (first.version, first.titled_by, second.titled_by) == (1, "engine", "小王")
    assert (first.due, first.priority_week) == (None, None)


def test_trying_to_write_leaves_nothing(database: Database) -> None:
    before = database.state()
    database.try_write()
    assert not database.is_sqlite or database.state() == before


def test_a_folder_that_cannot_be_written_is_one_clear_line(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not database.is_sqlite:
        pytest.skip("the folder is the server's")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match="磁盘满了"):
        database.try_write()
