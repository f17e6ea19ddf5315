"""Files on their way in: kept in memory until a person has seen how they will be read.

What people uploaded holds personal data in clear, so it is never left on disk: a copy lies in
a private folder (in memory where the system has such a place) only while it is being read.
"""

from __future__ import annotations

import os
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cachetools import TTLCache

from feedback_nlp.errors import NotFound

_FILES = 4
_KEPT_SECONDS = 1_800
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
_UNSAFE = re.compile(r"[^\w.\-（）()]+")


@dataclass(frozen=True, slots=True)
class Upload:
    """One file, not stored yet."""

    name: str
    content: bytes

    @contextmanager
    def as_file(self) -> Iterator[Path]:
        """Lend a path under the file's name; gone afterwards."""
        place = _MEMORY if os.access(_MEMORY, os.W_OK) else None
        with TemporaryDirectory(dir=place) as folder:
            path = Path(folder) / self.name
            path.write_bytes(self.content)
            yield path


def plain_name(name: str) -> str:
    """Return the name of a file that was sent as a file here may be called."""
    plain = _UNSAFE.sub("_", Path(name.replace("\\", "/")).name).lstrip(".")[-120:]
    return plain or "file"


class Uploads:
    """The files that wait for a decision, the oldest forgotten first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: TTLCache[str, Upload] = TTLCache(_FILES, _KEPT_SECONDS)

    def put(self, name: str, content: bytes) -> str:
        """Keep a file; return the token under which it is found."""
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._waiting[token] = Upload(plain_name(name), content)
        return token

    def get(self, token: str) -> Upload:
        """Return a file that waits.

        Raises:
            NotFound: If it was forgotten.
        """
        with self._lock:
            found = self._waiting.get(token)
        if found is None:
            raise NotFound("这个文件已经不在了", hint="放了超过半小时，重新上传一次")
        return found

    def drop(self, token: str) -> None:
        """Forget a file."""
        with self._lock:
            self._waiting.pop(token, None)
