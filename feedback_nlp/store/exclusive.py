"""One process at a time does a thing to a database, on whatever host.

The lock is the operating system's on the file's folder, or the server's: whoever dies lets go
of it at once, and nobody waits for a lease or mistakes another program for the dead one.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from feedback_nlp.errors import Conflict, StoreError
from feedback_nlp.files import try_lock
from feedback_nlp.store.database import Database

# Any number of our own, above the name's 32 bits; other programs on the server must not share it.
_NAMESPACE = 0x66_62 << 32


@contextmanager
def hold(database: Database, name: str, busy: str) -> Iterator[None]:
    """Keep everybody else out for as long as the block takes.

    Args:
        database: What it is about.
        name: What is done, a plain word.
        busy: What to tell who comes second, in Chinese.

    Raises:
        Conflict: If somebody else holds it.
    """
    holder = _on_file if database.is_sqlite else _on_server
    with holder(database, name) as held:
        if not held:
            raise Conflict(busy, hint="等它结束，或先停掉它再运行", reason="held-elsewhere")
        yield


@contextmanager
def _on_file(database: Database, name: str) -> Iterator[bool]:
    path = Path(f"{database.url.database}.{name}-lock")
    try:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise StoreError(f"不能写到 {path}：{error.strerror}", hint="检查目录和权限") from error
    try:
        yield try_lock(handle)
    finally:
        os.close(handle)  # the file stays: removing it would let two in


@contextmanager
def _on_server(database: Database, name: str) -> Iterator[bool]:
    number = _NAMESPACE | zlib.crc32(name.encode())
    with database.server_connection() as connection:
        held = bool(
            connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), {"number": number})
        )
        try:
            yield held
        finally:
            if held:
                connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": number})
