"""Opens the database: a read engine and a write engine, as measured.

SQLite runs in WAL mode. Readers use ``BEGIN`` with ``query_only``; writers use
``BEGIN IMMEDIATE`` behind one process-wide lock, because a deferred transaction that
upgrades to a write fails at once under load and ``busy_timeout`` does not help it.
``synchronous=FULL``: an acknowledged item survives a power cut, not only a crash.

Source: trials in docs/decisions/0002-store.md.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlmodel import Session

from feedback_nlp.errors import StoreError
from feedback_nlp.files import disk_words, keep_private
from feedback_nlp.store.columns import sound_json
from feedback_nlp.store.failures import clear_errors, unusable
from feedback_nlp.store.fresh_schema import make_fresh_schema
from feedback_nlp.store.views import drop_views, make_views

if TYPE_CHECKING:
    from alembic.config import Config

#: The schema that this code needs: the newest file in ``migrations/versions``.
SCHEMA_VERSION = "20261128_sums_by_source"

_BUSY_TIMEOUT_MS = 15_000
_TURN_SECONDS = 0.002
_PROBE_BYTES = 65_536
_REMEMBERED = "remembered"

#: Grows with each commit that changed something, see :mod:`feedback_nlp.store.changes`.
CHANGES = "SELECT coalesce(sum(changes), 0) FROM change_count"


class Database:
    """Sessions on one database.

    Args:
        url: SQLAlchemy URL, ``sqlite:///file.db`` or ``postgresql+psycopg://…``; a bare
            path means a SQLite file.

    Raises:
        StoreError: If the URL is not usable.
    """

    def __init__(self, url: str) -> None:
        try:
            self.url: URL = make_url(url if "://" in url else f"sqlite:///{url}")
        except ArgumentError as error:
            raise StoreError(
                f"数据库地址 {url!r} 无法识别", hint="例如 sqlite:///feedback.db"
            ) from error
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            if self.url.database in (None, "", ":memory:"):
                raise StoreError(
                    "不支持内存数据库", hint="请给出一个文件，例如 sqlite:///feedback.db"
                )
            folder = Path(str(self.url.database)).resolve().parent
            if not folder.is_dir():
                raise StoreError(f"目录 {folder} 不存在", hint="先建好目录，或换一个数据库路径")
            self._writer = _sqlite_engine(self.url, "BEGIN IMMEDIATE")
            self._reader = _sqlite_engine(self.url, "BEGIN", query_only=True)
            self._write_lock: Any = threading.Lock()
            self._watcher = _SqliteWatcher(Path(str(self.url.database)))
        else:
            try:
                self._writer = create_engine(self.url, pool_pre_ping=True)
            except ModuleNotFoundError as error:
                raise StoreError(
                    f"缺少数据库驱动 {error.name}", hint="pip install 'feedback-nlp[postgres]'"
                ) from error
            self._reader = self._writer.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            self._write_lock = nullcontext()

    def exists(self) -> bool:
        """Tell whether there is a database; of a server's that is known only on connecting."""
        return not self.is_sqlite or Path(str(self.url.database)).exists()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a read-only session on one consistent snapshot."""
        with clear_errors(self.url), Session(self._reader, expire_on_commit=False) as session:
            session.info[_REMEMBERED] = {}
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a session that commits when the block ends well, and rolls back otherwise."""
        with (
            clear_errors(self.url),
            self._write_lock,
            Session(self._writer, expire_on_commit=False) as session,
        ):
            yield session
            session.commit()

    @contextmanager
    def server_connection(self) -> Iterator[Connection]:
        """Open a connection to a server that commits each statement by itself."""
        with (
            clear_errors(self.url),
            self._writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
        ):
            yield connection

    def try_write(self) -> None:
        """Write a row and take it back, to learn whether one could.

        Raises:
            StoreError: If nothing can be written: a full disk, a read-only file, a lock.
        """
        with (
            clear_errors(self.url),
            self._write_lock,
            Session(self._writer) as session,
        ):
            session.execute(
                text("INSERT INTO setting (key, value) VALUES (:key, '{}')"),
                {"key": f"probe-{uuid.uuid4()}"},
            )
            session.rollback()  # a commit would make every cached page stale
        if self.is_sqlite:
            path = Path(str(self.url.database)).resolve()
            try:
                with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as file:
                    file.write(bytes(_PROBE_BYTES))
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                raise StoreError(
                    f"数据库目录 {path.parent} 写不了：{disk_words(error)}",
                    hint="检查路径、权限和磁盘空间",
                ) from error

    def state(self) -> str:
        """Return a text that differs after every commit of anyone, in whatever process.

        What was read after the text was taken holds as long as it stays the same. Texts
        compare within this object only.
        """
        with clear_errors(self.url):
            if self.is_sqlite:
                return self._watcher.state()
            with self._reader.connect() as connection:
                return str(connection.scalar(text("SELECT pg_current_snapshot()")))

    def changes(self) -> str:
        """Return a text that differs after every commit that changed what was told before.

        Feedback that came in and is not analysed yet leaves it as it is, as do jobs, letters
        and signs of life: see :mod:`feedback_nlp.store.changes`. Else as :meth:`state`.
        """
        with clear_errors(self.url):
            if self.is_sqlite:
                return self._watcher.changes()
            with self._reader.connect() as connection:
                return str(connection.scalar(text(CHANGES)))

    def migrate(self) -> None:
        """Bring the schema to the version this code needs.

        Raises:
            StoreError: If the database was written by a newer version.
        """
        if self.is_sqlite:
            for suffix in ("", "-wal", "-shm"):  # SQLite gives the side files the first one's mode
                keep_private(Path(f"{self.url.database}{suffix}"), make=not suffix)
        with clear_errors(self.url), self._write_lock, self._writer.connect() as connection:
            current = schema_version(connection)
            if current == SCHEMA_VERSION:
                return
            if current is None and make_fresh_schema(connection, SCHEMA_VERSION):
                make_views(connection)
                connection.commit()
                return
            from alembic import command  # noqa: PLC0415 - slow to load, seldom needed
            from alembic.script import ScriptDirectory  # noqa: PLC0415

            script = ScriptDirectory.from_config(_alembic_config())
            if current is not None and current not in {
                revision.revision for revision in script.walk_revisions()
            }:
                raise StoreError(
                    f"数据库的结构版本 {current} 比程序新", hint="请升级 feedback-nlp 后再打开"
                )
            config = _alembic_config()
            config.attributes["connection"] = connection
            drop_views(connection)
            command.upgrade(config, "head")
            make_views(connection)
            connection.commit()

    def forget_log(self) -> bool:
        """Fold the write-ahead log into the file and empty it; tell whether nobody held it.

        Until then the log of SQLite still has pages as they were before an erasure.
        """
        if not self.is_sqlite:
            return True
        with clear_errors(self.url), self._write_lock:
            raw = self._writer.raw_connection()
            try:
                busy, *_ = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                raw.close()
        return not busy

    def dispose(self) -> None:
        """Close all pooled connections."""
        self._writer.dispose()
        self._reader.dispose()
        if self.is_sqlite:
            self._watcher.close()


def remembered(session: Session, name: str) -> dict[Any, Any]:
    """Return what a reading session found out under a name, to be read and added to.

    It sees one moment of the database, so what it counted once holds to its end. A session
    that writes may change what it counted: there the answer is empty every time.
    """
    known: dict[str, dict[Any, Any]] | None = session.info.get(_REMEMBERED)
    return {} if known is None else known.setdefault(name, {})


class _SqliteWatcher:
    """A connection that never writes, so that ``data_version`` shows every commit of others.

    Source: https://www.sqlite.org/pragma.html#pragma_data_version
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._name = ""

    def state(self) -> str:
        return self._ask("PRAGMA data_version")

    def changes(self) -> str:
        return self._ask(CHANGES)

    def _ask(self, question: str) -> str:
        try:
            with self._lock:
                file = os.stat(self._path)  # a file put in its place is another database
                name = f"{file.st_dev}-{file.st_ino}"
                if self._connection is None or not self._name.startswith(f"{name} "):
                    self._close()
                    self._connection = sqlite3.connect(
                        f"{self._path.resolve().as_uri()}?mode=rw",
                        uri=True,
                        timeout=_BUSY_TIMEOUT_MS / 1000,
                        check_same_thread=False,
                    )
                    # a new connection counts anew: its numbers must not meet older ones
                    self._name = f"{name} {uuid.uuid4()}"
                (answer,) = self._connection.execute(question).fetchone()
                return f"{self._name} {answer}"
        except (OSError, sqlite3.Error) as error:
            raise unusable(str(self._path), str(error)) from error

    def close(self) -> None:
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def schema_version(connection: Connection) -> str | None:
    """Return the version that Alembic left in the database; ``None`` in an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def _alembic_config() -> Config:
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    return config


def _sqlite_engine(url: URL, begin: str, *, query_only: bool = False) -> Engine:
    engine = create_engine(
        url, connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000}, json_deserializer=sound_json
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA cache_size=-65536")
        cursor.execute("PRAGMA secure_delete=ON")  # what is erased leaves no bytes in free pages
        if query_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        if query_only:
            connection.exec_driver_sql(begin)
        else:
            _take_turn(connection, begin)

    return engine


def _take_turn(connection: Connection, begin: str) -> None:
    """Begin to write as soon as whoever writes now is done.

    SQLite's own waiting sleeps up to 100 ms at a time; a process that writes one short
    transaction after the other would take its turn again and again meanwhile.
    """
    cursor = connection.connection.cursor()
    deadline = time.monotonic() + _BUSY_TIMEOUT_MS / 1000
    cursor.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < deadline:
            try:
                cursor.execute(begin)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
                time.sleep(_TURN_SECONDS)
            else:
                return
        connection.exec_driver_sql(begin)  # says what is wrong as every statement does
    finally:
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
        cursor.close()
