"""The key of author hashes and pseudonyms: kept apart from what it protects.

Whoever holds the key and the database can try names until a hash agrees. So the key is either
``FEEDBACK_SECRET`` (or a file that ``FEEDBACK_SECRET_FILE`` names), or a file of its own, mode
0600: ``feedback.db.key`` beside ``feedback.db``, for a server's database in the user's own data
folder. The database keeps a fingerprint alone, so that another key is refused instead of giving
every author a second hash.

A key that an older version left inside the database is moved out at first use.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import tempfile
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlmodel import Session, col

from feedback_nlp.errors import ConfigError
from feedback_nlp.files import disk_words
from feedback_nlp.store.tables import Setting

_OLD = "secret"
_FINGERPRINT = "secret_fingerprint"
_BYTES = 32


def deployment_secret(session: Session, configured: str | None = None) -> bytes:
    """Return the key of author hashes and pseudonyms; the first call makes one.

    Args:
        session: A writing session.
        configured: ``FEEDBACK_SECRET``, which always wins.

    Raises:
        ConfigError: If the database was filled under another key, or the key's file cannot be
            read or written.
    """
    path = key_path(_url(session))
    known = session.get(Setting, _FINGERPRINT)
    inside = session.get(Setting, _OLD)
    if configured:
        key = configured.encode()
    else:
        key = _read(path) or _make(
            path, bytes.fromhex(inside.value["hex"]) if inside else None, is_new=known is None
        )
    if inside is not None:
        if configured:  # it keyed what came before: not used, but not lost either
            _read(path) or _make(path, bytes.fromhex(inside.value["hex"]), is_new=True)
        session.execute(delete(Setting).where(col(Setting.key) == _OLD))
        session.expunge(inside)
    if known is None:
        known = _remember(session, key)
    if not hmac.compare_digest(str(known.value["hex"]), fingerprint(key)):
        where = "FEEDBACK_SECRET" if configured else str(path)
        raise ConfigError(
            f"{where} 不是这个数据库的密钥：同一个人会变成两个",
            hint=f"换回原来的密钥：FEEDBACK_SECRET，或它的文件 {path.name}",
        )
    return key


def keep_key(url: URL, key: bytes) -> None:
    """Write the key of a new database into its file; one that is there already stays.

    Raises:
        ConfigError: If the file cannot be read or written.
    """
    path = key_path(url)
    _read(path) or _make(path, key, is_new=True)


def key_path(url: URL) -> Path:
    """Return where the key of a database lies unless it is configured."""
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        return path.with_name(f"{path.name}.key")
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    name = re.sub(r"[^\w.-]", "_", f"{url.host or 'local'}-{url.database}")
    return Path(data) / "feedback-nlp" / f"{name}.key"


def fingerprint(key: bytes) -> str:
    """Return what tells one key from another and says nothing of either, in hex."""
    return hmac.digest(key, b"feedback-nlp key fingerprint", hashlib.sha256).hex()[:16]


def fingerprint_kept(session: Session) -> str | None:
    """Return the fingerprint of the key that a database was filled under.

    Returns:
        ``""`` if the key itself is still inside, ``None`` if there never was one.
    """
    if session.get(Setting, _OLD) is not None:
        return ""
    known = session.get(Setting, _FINGERPRINT)
    return None if known is None else str(known.value["hex"])


def key_state(path: Path, kept: str | None, configured: str | None) -> tuple[str, str]:
    """Say where the key lies: ``(what is wrong or "", what to do or where it is)``.

    Args:
        path: The key's own file.
        kept: What :func:`fingerprint_kept` found.
        configured: ``FEEDBACK_SECRET``, if set.
    """
    try:
        key = configured.encode() if configured else _read(path)
    except ConfigError as error:
        return error.message, error.hint
    where = "FEEDBACK_SECRET" if configured else str(path)
    if kept == "":
        return "密钥还在数据库里，和它保护的数据放在一起", "下一次导入时会移到单独的文件"
    if key is None:
        if kept is None:
            return "", "第一次导入时会建，在单独的文件里"
        return f"找不到密钥文件 {path}", "把它放回原处，或设 FEEDBACK_SECRET；没有它收不了新反馈"
    if kept is not None and kept != fingerprint(key):
        return f"{where} 不是这个数据库的密钥", "换回原来的密钥"
    return "", f"在 {where}"


def _url(session: Session) -> URL:
    url: URL = session.get_bind().engine.url
    return url


def _remember(session: Session, key: bytes) -> Setting:
    """Keep the fingerprint; of two who do so at once, the first one's stays."""
    postgres = session.get_bind().dialect.name == "postgresql"
    session.execute(
        (postgresql if postgres else sqlite)
        .insert(Setting)
        .values(key=_FINGERPRINT, value={"hex": fingerprint(key)})
        .on_conflict_do_nothing(index_elements=["key"])
    )
    return session.get_one(Setting, _FINGERPRINT)


def _read(path: Path) -> bytes | None:
    try:
        content = path.read_text(encoding="ascii").strip()
        return bytes.fromhex(content) or None
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        why = disk_words(error) if isinstance(error, OSError) else "内容不是密钥"
        raise ConfigError(f"密钥文件 {path} 读不了：{why}", hint="从备份里恢复它") from error


def _make(path: Path, known: bytes | None, *, is_new: bool) -> bytes:
    """Write the key's file; one that somebody makes at this moment is theirs, and taken."""
    if known is None and not is_new:
        raise ConfigError(
            f"找不到密钥文件 {path}：这个数据库里的人是用它编号的",
            hint="把它放回原处，或把密钥写进 FEEDBACK_SECRET；换一把新的，同一个人会变成两个",
        )
    key = known or secrets.token_bytes(_BYTES)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(key.hex() + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.link(aside, path)  # whole, and never over another's
        finally:
            os.unlink(aside)
    except FileExistsError:
        return _read(path) or key
    except OSError as error:
        raise ConfigError(
            f"密钥文件 {path} 写不了：{disk_words(error)}", hint="检查权限，或设 FEEDBACK_SECRET"
        ) from error
    return key
