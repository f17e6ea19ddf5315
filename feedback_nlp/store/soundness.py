"""Is a database sound: its pages, its times, its files. Looks, makes and changes nothing."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.engine import URL
from sqlmodel import Session, col

from feedback_nlp.errors import StoreError
from feedback_nlp.files import is_private
from feedback_nlp.store.keys import key_path
from feedback_nlp.store.tables import Feedback

_SHOWN = 3
_BUSY_MS = 5_000

_LEAST_FREE_BYTES = 200 * 1024 * 1024
"""Below this much free space the next analysis may not end."""

_SAMPLE = 5_000
_LEAST_TIMES = 300
_NIGHT = frozenset(range(1, 6))
_MOST_AT_NIGHT = 0.4
"""Five of twenty-four hours hold a fifth of times that know no night. Twice that is a day
taken for a night."""


def rot(path: Path) -> list[str]:
    """Return what is damaged in a SQLite file, at most three lines; empty if it is whole.

    Reads every page: about a second per 300 MB.

    Raises:
        StoreError: If the file cannot be opened, or is no database.
    """
    try:
        with closing(_opened(path)) as connection:
            lines = [
                str(line) for (line,) in connection.execute(f"PRAGMA integrity_check({_SHOWN})")
            ]
            orphans = connection.execute("PRAGMA foreign_key_check").fetchmany(_SHOWN)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise StoreError(
            f"数据库 {path} 读不通：{error}", hint="先把文件另存一份，再从备份恢复"
        ) from error
    lines = [] if lines == ["ok"] else lines
    return lines + [
        f"{table} 第 {row} 行指向的 {parent} 不存在" for table, row, parent, _ in orphans
    ]


def exposed_files(url: URL) -> Iterator[tuple[Path, int]]:
    """Yield the files of a database that others than their owner may use, with their modes."""
    found = [key_path(url)]
    if url.get_backend_name() == "sqlite":
        found += [Path(f"{url.database}{suffix}") for suffix in ("", "-wal", "-shm")]
    for path in found:
        if path.exists() and not is_private(path):
            yield path, path.stat().st_mode & 0o777


def free_space(folder: Path, size: int) -> str | None:
    """Return what is wrong with the free space of a disk, ``None`` if there is enough.

    Args:
        folder: Where the database lies.
        size: Its bytes: a backup, or a rebuilt index, may need as much again.
    """
    free = shutil.disk_usage(folder).free
    if free >= max(_LEAST_FREE_BYTES, size // 2):
        return None
    return f"磁盘只剩 {free // 1024 // 1024:,} MB，数据库有 {size // 1024 // 1024:,} MB"


def wrong_zone(session: Session, zone: ZoneInfo) -> str | None:
    """Return what speaks against the zone, ``None`` if nothing does.

    People sleep: if most of the newest feedback was written between one and six o'clock, the
    zone is not theirs, or the times were imported in another.
    """
    newest = (
        select(col(Feedback.occurred_at).label("at"))
        .order_by(col(Feedback.occurred_at).desc(), col(Feedback.id).desc())
        .limit(_SAMPLE)
        .subquery()
    )
    hour = func.extract("hour", newest.c.at)
    if session.get_bind().dialect.name == "postgresql":
        hour = func.extract("hour", func.timezone("UTC", newest.c.at))
    by_hour = {
        int(hours): count
        for hours, count in session.execute(select(hour, func.count()).group_by(hour))
    }
    total = sum(by_hour.values())
    moment = session.scalar(select(func.max(col(Feedback.occurred_at))))
    if total < _LEAST_TIMES or moment is None:
        return None
    offset = moment.astimezone(zone).utcoffset()
    shift = round(offset.total_seconds() / 3600) if offset else 0
    night = sum(count for hours, count in by_hour.items() if (hours + shift) % 24 in _NIGHT)
    if night / total <= _MOST_AT_NIGHT:
        return None
    return f"按 {zone} 算，最近 {total:,} 条里有 {night / total:.0%} 写于凌晨 1–6 点"


def _opened(path: Path) -> sqlite3.Connection:
    """Open a file as it is. A log beside it is read too; without a right to write, only the file."""
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        connection.execute("PRAGMA query_only=ON")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return connection
    except sqlite3.OperationalError:
        return sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", uri=True)
