"""Sessions of browsers: a signed cookie that stands for a key until a moment.

The cookie holds the id of the key and two moments, and is signed with a key of its own:
``FEEDBACK_SESSION_KEY``, or a file beside the database's other key (0600). There is no table
of sessions; revoking or rotating the key ends its sessions, changing the signing key all.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import URL

from feedback_nlp.errors import ConfigError
from feedback_nlp.files import disk_words
from feedback_nlp.store.keys import key_path

LASTS = timedelta(hours=12)
_FORM = re.compile(r"1\.([0-9]{1,10})\.([0-9]{1,12})\.([0-9a-f]{64})")


class SessionSeal:
    """Signs and checks sessions.

    Args:
        key: The signing key, at least 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"feedback-nlp session", hashlib.sha256)

    def seal(self, key_id: int, now: datetime) -> str:
        """Return the cookie of a new session of a key."""
        body = f"1.{key_id}.{int((now + LASTS).timestamp())}"
        return f"{body}.{self._mac(body)}"

    def open(self, cookie: str, now: datetime) -> int | None:
        """Return the key of a session; ``None`` if it is over, or not one of ours."""
        found = _FORM.fullmatch(cookie)
        if found is None:
            return None
        body, _, mac = cookie.rpartition(".")
        if not hmac.compare_digest(mac, self._mac(body)):
            return None
        return int(found[1]) if datetime.fromtimestamp(int(found[2]), UTC) > now else None

    def _mac(self, body: str) -> str:
        return hmac.digest(self._key, body.encode(), hashlib.sha256).hex()


def session_key(url: URL, configured: str | None = None) -> bytes:
    """Return the signing key; the first call makes its file.

    Args:
        url: Of the database.
        configured: ``FEEDBACK_SESSION_KEY``, which wins.

    Raises:
        ConfigError: If the file cannot be read or written.
    """
    if configured:
        return configured.encode()
    path = session_key_path(url)
    try:
        return _read(path) or _make(path)
    except OSError as error:
        raise ConfigError(
            f"会话密钥文件 {path} 用不了：{disk_words(error)}",
            hint="检查权限，或设 FEEDBACK_SESSION_KEY",
        ) from error


def session_key_path(url: URL) -> Path:
    """Return where the signing key of a database lies unless it is configured."""
    path = key_path(url)
    return path.with_name(path.name.removesuffix(".key") + ".session-key")


def _read(path: Path) -> bytes | None:
    try:
        return bytes.fromhex(path.read_text(encoding="ascii").strip()) or None
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ConfigError(
            f"会话密钥文件 {path} 的内容不是密钥", hint="删掉它，下次启动会重新生成"
        ) from error


def _make(path: Path) -> bytes:
    """Write the file whole; one that somebody makes at this moment is theirs, and taken."""
    key = secrets.token_bytes(32)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key.hex() + "\n")
        os.link(aside, path)
    except FileExistsError:
        return _read(path) or key
    finally:
        os.unlink(aside)
    return key
