"""Backups of a running database, and what puts them back.

SQLite: the online backup API copies one snapshot, so nothing that was acknowledged before it
began is missing and writers do not wait; the copy is checked before it takes its name.
PostgreSQL: ``pg_dump`` in its custom format. The key of the pseudonyms is never in a backup
(:mod:`feedback_nlp.store.keys`).

Source: https://www.sqlite.org/backup.html
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from feedback_nlp.errors import Conflict, FileUnreadable, InputError, StoreError
from feedback_nlp.files import disk_words
from feedback_nlp.store.database import Database, schema_version

_SQLITE_MAGIC = b"SQLite format 3\x00"
_POSTGRES_MAGIC = b"PGDMP"
_BUSY_MS = 15_000


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds.

    Attributes:
        bytes: Size of its file.
        feedback_count: Feedback in it; ``None`` where only the server could tell.
        schema: Version of its schema.
    """

    path: Path
    bytes: int
    feedback_count: int | None = None
    schema: str | None = None


def back_up(database: Database, target: Path) -> Backup:
    """Copy a database while it is used; ``target`` is replaced only by a whole, checked copy.

    Raises:
        InputError: If the target cannot be written.
        StoreError: If the database cannot be read, or the copy is damaged.
    """
    aside = _aside(target)
    try:
        if database.is_sqlite:
            _copy_sqlite(Path(str(database.url.database)), aside)
            found = inspect_backup(aside)
        else:
            _run_postgres(
                database.url,
                ["pg_dump", "--format=custom", "--no-owner", f"--file={aside}"],
            )
            found = Backup(aside, aside.stat().st_size)
        _flush(aside)
        os.replace(aside, target)
    except OSError as error:
        raise InputError(
            f"写不了 {target}：{disk_words(error)}", hint="检查磁盘空间和权限"
        ) from error
    finally:
        aside.unlink(missing_ok=True)
    return Backup(target, found.bytes, found.feedback_count, found.schema)


def restore(source: Path, database: Database, *, replace: bool = False) -> Backup:
    """Put a backup in the place of a database.

    Args:
        source: What :func:`back_up` wrote.
        database: Where it goes; nobody may use it meanwhile.
        replace: Replace a database that exists; of SQLite the old file is kept beside it,
            with ``.before-restore`` behind its name.

    Raises:
        FileUnreadable: If the backup is missing, damaged, or of the other kind of database.
        Conflict: If the database exists and is not to be replaced, or is in use.
        StoreError: If the server refuses.
    """
    found = inspect_backup(source)
    is_postgres = found.schema is None
    if is_postgres == database.is_sqlite:
        kinds = ("PostgreSQL", "SQLite") if is_postgres else ("SQLite", "PostgreSQL")
        raise FileUnreadable(
            f"{source} 是 {kinds[0]} 的备份，要恢复到的却是 {kinds[1]}", hint="换一个数据库地址"
        )
    if is_postgres:
        _restore_postgres(source, database, replace=replace)
    else:
        _restore_sqlite(source, Path(str(database.url.database)), replace=replace)
    return found


def inspect_backup(path: Path) -> Backup:
    """Check a backup and say what it holds.

    Raises:
        FileUnreadable: If it is missing, damaged, empty or newer than this code.
    """
    try:
        with path.open("rb") as file:
            head = file.read(len(_SQLITE_MAGIC))
        size = path.stat().st_size
    except OSError as error:
        raise FileUnreadable(f"备份 {path} 读不了：{disk_words(error)}") from error
    if head.startswith(_POSTGRES_MAGIC):
        return Backup(path, size)
    if head != _SQLITE_MAGIC:
        raise FileUnreadable(f"{path} 不是 feedback-nlp 的备份")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", uri=True)) as copy:
            (state,) = copy.execute("PRAGMA quick_check(1)").fetchone()
            (schema,) = copy.execute("SELECT version_num FROM alembic_version").fetchone()
            (count,) = copy.execute("SELECT count(*) FROM feedback").fetchone()
    except (sqlite3.Error, TypeError, UnicodeDecodeError) as error:
        raise FileUnreadable(f"备份 {path} 已损坏：{error}", hint="换一个更早的备份") from error
    if state != "ok":
        raise FileUnreadable(f"备份 {path} 已损坏：{state}", hint="换一个更早的备份")
    return Backup(path, size, count, schema)


def _aside(target: Path) -> Path:
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # 0600
    except OSError as error:
        raise InputError(f"写不了 {target}：{disk_words(error)}", hint="检查目录和权限") from error
    os.close(handle)
    return Path(name)


def _copy_sqlite(source: Path, target: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=rw", uri=True)) as live,
            closing(sqlite3.connect(target)) as copy,
        ):
            live.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
            # All pages in one step: one read transaction. In several, each commit of another
            # process would begin the copy anew, and under load it would never end.
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, no log beside it
    except sqlite3.Error as error:
        raise StoreError(
            f"备份没有成功：{error}", hint="检查磁盘空间，再用 doctor 检查数据库"
        ) from error


def _restore_sqlite(source: Path, target: Path, *, replace: bool) -> None:
    aside = _aside(target)
    try:
        with source.open("rb") as old, aside.open("wb") as new:
            shutil.copyfileobj(old, new)
        _flush(aside)
        if target.exists() and target.stat().st_size:
            if not replace:
                raise Conflict(f"{target} 已经存在", reason="database-exists")
            _close_log(target)
            os.replace(target, target.with_name(f"{target.name}.before-restore"))
        for suffix in ("-wal", "-shm"):  # a log of the old file would be played into the new one
            target.with_name(f"{target.name}{suffix}").unlink(missing_ok=True)
        os.replace(aside, target)
    except OSError as error:
        raise InputError(
            f"写不了 {target}：{disk_words(error)}", hint="检查磁盘空间和权限"
        ) from error
    finally:
        aside.unlink(missing_ok=True)


def _close_log(path: Path) -> None:
    """Fold the write-ahead log into a database that nobody uses."""
    try:
        with closing(sqlite3.connect(path, timeout=1)) as old:
            (mode,) = old.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise Conflict(f"{path} 正在使用", hint="先停掉服务和正在跑的命令") from error
        return  # a damaged file has no log worth folding
    if mode != "delete":
        raise Conflict(f"{path} 正在使用", hint="先停掉服务和正在跑的命令")


def _restore_postgres(source: Path, database: Database, *, replace: bool) -> None:
    with database.read() as session:
        exists = schema_version(session.connection()) is not None
    if exists and not replace:
        raise Conflict("目标数据库里已经有数据", reason="database-exists")
    database.dispose()
    _run_postgres(
        database.url,
        ["pg_restore", "--no-owner", "--clean", "--if-exists", "--single-transaction", str(source)],
    )


def _run_postgres(url: URL, command: Sequence[str]) -> None:
    """Run one of the server's own tools; the password travels in the environment alone."""
    program = shutil.which(command[0])
    if program is None:
        raise StoreError(
            f"找不到 {command[0]}",
            hint="安装 PostgreSQL 客户端（Debian：apt install postgresql-client），版本不低于服务器",
        )
    environment = dict(os.environ)
    for name, value in (
        ("PGHOST", url.host or url.query.get("host")),
        ("PGPORT", url.port),
        ("PGUSER", url.username),
        ("PGPASSWORD", url.password),
        ("PGDATABASE", url.database),
    ):
        if value:
            environment[name] = str(value)
    arguments = [f"--dbname={url.database}"] if command[0] == "pg_restore" else []
    done = subprocess.run(
        [program, *arguments, *command[1:]],
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        raise StoreError(f"{command[0]} 没有成功：{(lines or [done.stderr.strip()])[0]}")


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
