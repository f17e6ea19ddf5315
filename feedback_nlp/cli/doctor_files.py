"""What ``doctor`` asks of the database's files: rot, zone, disk, rights, key. Makes nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from feedback_nlp.cli.terminal import load_settings
from feedback_nlp.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from sqlmodel import Session

    from feedback_nlp.store import Database

_NONE_YET = "还没有数据库"
_OLDER = "结构还没有升级，升级后再查"


def whole(db: str | None) -> str:
    """Read every page of a SQLite file; a server checks its own."""
    from feedback_nlp.store.soundness import rot  # noqa: PLC0415

    with _opened(db) as database:
        if not database.is_sqlite:
            return "由 PostgreSQL 自己保证"
        path = Path(str(database.url.database))
        if not path.exists():
            return _NONE_YET
        if found := rot(path):
            raise StoreError(
                f"数据库 {path} 有损坏：{'；'.join(found)}",
                hint="先把文件另存一份，再用 feedback-nlp restore 从备份恢复",
            )
    return "每一页都完好"


def zone(db: str | None) -> str:
    """Compare the hours at which people write with the zone."""
    from feedback_nlp.store.soundness import wrong_zone  # noqa: PLC0415

    settings = load_settings()
    with _reading(db) as session:
        if session is None:
            return settings.timezone
        if problem := wrong_zone(session, settings.zone):
            raise ConfigError(
                f"时区可能不对：{problem}", hint="检查 FEEDBACK_TIMEZONE，或导入时的时间列"
            )
    return f"{settings.timezone}，和反馈的时间相称"


def disk(db: str | None) -> str:
    """Ask for free space and the right to write where the database lies."""
    from feedback_nlp.store.soundness import free_space  # noqa: PLC0415

    with _opened(db) as database:
        if not database.is_sqlite:
            return "数据在服务器上"
        path = Path(str(database.url.database))
        folder = path.resolve().parent
        size = path.stat().st_size if path.exists() else 0
        if problem := free_space(folder, size):
            raise StoreError(problem, hint="腾出空间；满了就收不进反馈，已收下的不会丢")
        if not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
            raise StoreError(f"{path} 或它的目录不可写", hint="检查目录权限和只读挂载")
    return "空间够，可以写"


def rights(db: str | None) -> str:
    """Find files that others may read."""
    from feedback_nlp.store.soundness import exposed_files  # noqa: PLC0415

    with _opened(db) as database:
        found = list(exposed_files(database.url))
    if found:
        told = "、".join(f"{path}（{mode:04o}）" for path, mode in found)
        paths = " ".join(str(path) for path, _ in found)
        raise StoreError(f"别的用户也能用 {told}", hint=f"chmod 600 {paths}")
    return "只有运行的用户能读写"


def key(db: str | None) -> str:
    """Say where the key of the pseudonyms lies, and whether it is the right one."""
    from feedback_nlp.store.keys import fingerprint_kept, key_path, key_state  # noqa: PLC0415

    settings = load_settings()
    with _opened(db) as database:
        path = key_path(database.url)
    with _reading(db) as session:
        kept = None if session is None else fingerprint_kept(session)
        problem, detail = key_state(path, kept, settings.plain_secret)
    if problem:
        raise ConfigError(problem, hint=detail)
    return detail


@contextmanager
def _opened(db: str | None) -> Iterator[Database]:
    from feedback_nlp.store import Database  # noqa: PLC0415

    database = Database(db or load_settings().database_url)
    try:
        yield database
    finally:
        database.dispose()


@contextmanager
def _reading(db: str | None) -> Iterator[Session | None]:
    """Open a session on a database with the present schema; ``None`` on anything else."""
    from feedback_nlp.store.database import SCHEMA_VERSION, schema_version  # noqa: PLC0415

    with _opened(db) as database:
        if not database.exists():
            yield None
            return
        with database.read() as session:
            found = schema_version(session.connection())
            yield session if found == SCHEMA_VERSION else None
