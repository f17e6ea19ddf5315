"""Writes files that hold feedback: for their owner alone (0600), and whole or not at all.

A file is written aside, flushed to the disk and renamed at the end, so a reader of the target
never sees half of it and a failure leaves the old one in place. A disk that is full or broken
is one clear error, not the traceback of whoever was writing.
"""

from __future__ import annotations

import errno
import gzip
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from feedback_nlp.errors import Conflict, InputError

PRIVATE = 0o600
"""Owner reads and writes, nobody else does anything."""

_NOT_OWNERS = 0o077
_OTHERS = 0o007

#: What a disk says, and not the code that writes: full, over quota, read-only, broken, too large.
_DISK_ERRORS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG, errno.EISDIR}
)


@contextmanager
def replaced(path: Path, *, pack: bool = True) -> Iterator[BinaryIO]:
    """Open a file beside ``path`` that takes its place if the block ends well.

    Args:
        path: The file.
        pack: Pack what is written if the name ends in ``.gz``; else it is packed already.

    Raises:
        InputError: If the folder cannot be written, or the disk is full.
    """
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600
    except FileNotFoundError as error:
        raise InputError(f"目录 {path.parent} 不存在", hint="先建好目录") from error
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            if pack and path.name.endswith(".gz"):
                with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
                    yield cast(BinaryIO, packed)
            else:
                yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        if error.errno in _DISK_ERRORS and error.filename in (None, temporary):
            raise _cannot_write(path, error) from error
        raise
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_private(path: Path, content: bytes) -> None:
    """Write a whole file, see :func:`replaced`; nothing is packed.

    Raises:
        InputError: If the folder cannot be written, or the disk is full.
    """
    with replaced(path, pack=False) as file:
        file.write(content)


def _cannot_write(path: Path, error: OSError) -> InputError:
    return InputError(
        f"写不了 {path}：{disk_words(error)}", hint="检查磁盘空间和写权限；原有的文件没有动"
    )


def disk_words(error: OSError) -> str:
    """Return what a disk error means, in Chinese where it is a usual one."""
    words = {
        errno.ENOSPC: "磁盘满了",
        errno.EDQUOT: "超过了磁盘配额",
        errno.EROFS: "文件系统是只读的",
        errno.EIO: "磁盘读写出错",
        errno.EFBIG: "文件大小到了上限",
        errno.EISDIR: "那是一个目录",
        errno.EACCES: "没有权限",
        errno.EPERM: "没有权限",
    }
    return words.get(error.errno or 0) or error.strerror or type(error).__name__


def is_private(path: Path) -> bool:
    """Tell whether only the owner may use a file."""
    return not path.stat().st_mode & _NOT_OWNERS


def keep_private(path: Path, *, make: bool = False) -> None:
    """Take a file's rights from everybody where anybody had them; a group's alone stay.

    A file whose mode is 0644 got it from a umask; one that only a group may read was given to
    that group by somebody, who is not overruled.

    Args:
        path: The file; one that belongs to somebody else is left as it is.
        make: Make it, empty, if it is missing.
    """
    if make:
        # It is there already, or whoever opens it next says what is wrong.
        with suppress(OSError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
    with suppress(OSError):
        if path.stat().st_mode & _OTHERS:
            os.chmod(path, PRIVATE)


def try_lock(handle: int) -> bool:
    """Lock an open file or folder until it is closed; tell whether nobody else holds it.

    Where there is no ``flock`` nothing is locked, and nobody is told to hold it.

    Raises:
        OSError: If the file system cannot lock.
    """
    with suppress(ImportError):  # Windows has none
        import fcntl  # noqa: PLC0415

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def lock_alone(handle: int, taken: str, *, hint: str) -> None:
    """Lock an open file or folder as :func:`try_lock` does, or say who has it.

    Args:
        handle: Its descriptor.
        taken: What is said if another process holds the lock.
        hint: What to do then.

    Raises:
        Conflict: If it cannot be had.
    """
    try:
        is_ours = try_lock(handle)
    except OSError as error:
        raise Conflict(taken, hint=hint) from error
    if not is_ours:
        raise Conflict(taken, hint=hint)
