"""What is wrong with a database that cannot be used, in one line and without its password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from feedback_nlp.errors import StoreError
from feedback_nlp.store.columns import RottenValue

_CHECK = "检查路径、权限和磁盘空间"
#: What the drivers say, what it means, and what to do.
_KNOWN = {
    "not a database": ("不是 SQLite 数据库", "指到导入时建的那个文件"),
    "unable to open": ("打不开", _CHECK),
    "malformed": ("文件已损坏", "从备份恢复"),
    "readonly": ("是只读的", _CHECK),
    "read-only": ("是只读的", _CHECK),
    "database is locked": ("正被别的程序占用", "等它做完再试"),
    "disk is full": ("写不了：磁盘满了", "腾出空间再试"),
    "disk i/o": ("读写出错", _CHECK),
}
_ELSEWHERE = (
    "disk",
    "locked",
    "connection",
    "decode",  # bytes that are no text any more
    "no space",
)


@contextmanager
def clear_errors(url: URL) -> Iterator[None]:
    """Raise one clear error where the database cannot be opened or read.

    Raises:
        StoreError: If so; all other errors of statements pass.
    """
    try:
        yield
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0] if error.orig else type(error).__name__
        known = any(sign in reason.lower() for sign in (*_KNOWN, *_ELSEWHERE))
        if error.connection_invalidated or known:
            raise unusable(_place(url), reason) from error
        raise
    except RottenValue as error:
        raise StoreError(
            f"数据库 {_place(url)} 里有损坏的内容：{error}", hint="从备份恢复"
        ) from error


def unusable(place: str, reason: str) -> StoreError:
    """Return the error for what the driver says of the database at ``place``."""
    if Path(place).is_dir():
        return StoreError(f"数据库 {place} 是一个目录", hint="指到目录里的数据库文件")
    for sign, (words, hint) in _KNOWN.items():
        if sign in reason.lower():
            return StoreError(f"数据库 {place} {words}", hint=hint)
    return StoreError(f"数据库 {place} 不可用：{reason}", hint=_CHECK)


def _place(url: URL) -> str:
    if url.get_backend_name() == "sqlite" and url.database:
        return url.database
    return url.render_as_string(hide_password=True)
