"""Makes, lists, revokes and rotates keys. Callers commit; each change leaves an audit line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, or_, select

from feedback_nlp.access.recording import record
from feedback_nlp.access.scopes import Scope
from feedback_nlp.access.tokens import make_token
from feedback_nlp.errors import Conflict, InputError, NotFound
from feedback_nlp.store.access_tables import ApiKey

_MAX_NAME = 100
_REVOKED_BY_MISTAKE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key and the only sight of it.

    Attributes:
        row: What is stored.
        token: The key itself.
    """

    row: ApiKey
    token: str


def create_key(
    session: Session,
    name: str,
    scopes: Sequence[Scope],
    *,
    actor: str,
    now: datetime,
    source: str | None = None,
    expires_at: datetime | None = None,
) -> MadeKey:
    """Make a key.

    Args:
        session: A writing session.
        name: Who holds it; one usable key a name.
        scopes: What it may do.
        actor: Who makes it.
        now: The time.
        source: The one source it may feed.
        expires_at: From when on it is refused; never if ``None``.

    Raises:
        InputError: If the name, the scopes or the expiry are not usable.
        Conflict: If a usable key has the name.
    """
    name = _usable_name(name)
    if not scopes:
        raise InputError("没有写权限", hint="至少写一个")
    if expires_at is not None and expires_at <= now:
        raise InputError("到期时间已经过去", hint="写一个以后的时间")
    if source is not None and Scope.INGEST not in scopes:
        raise InputError("限定来源的密钥要有 ingest 权限", hint="加上 ingest，或不限定来源")
    if _usable_keys(session, name, now):
        raise Conflict(f"已有名为 {name} 的密钥", reason="key-exists", name=name)
    made = _insert(session, name, scopes, actor=actor, now=now, source=source, until=expires_at)
    record(
        session,
        "key.create",
        f"key:{name}",
        {"prefix": made.row.prefix, "scopes": list(made.row.scopes), "source": source or ""},
        now=now,
    )
    return made


def first_key(session: Session, *, now: datetime) -> MadeKey | None:
    """Make the first administrator's key of a deployment that never had a key.

    Returns:
        The key, or ``None`` if there was one before, revoked ones included.
    """
    if session.scalar(select(func.count()).select_from(ApiKey)):
        return None
    return create_key(session, "admin", [Scope.ADMIN], actor="首次启动", now=now)


def list_keys(session: Session) -> list[ApiKey]:
    """Return all keys, the usable ones and the others, oldest first."""
    return list(session.exec(select(ApiKey).order_by(col(ApiKey.id))).all())


def has_usable_key(session: Session, *, now: datetime) -> bool:
    """Tell whether any key is accepted."""
    return session.exec(select(ApiKey).where(*_usable(now)).limit(1)).first() is not None


def revoke_key(session: Session, name: str, *, now: datetime) -> list[ApiKey]:
    """Revoke all usable keys of a name, or the one with that prefix.

    Raises:
        NotFound: If none is usable.
    """
    rows = _usable_keys(session, name, now)
    if not rows:
        raise NotFound(f"没有可用的密钥 {name}", reason="unknown-key", name=name)
    for row in rows:
        row.revoked_at = now
        session.add(row)
        record(session, "key.revoke", f"key:{row.name}", {"prefix": row.prefix}, now=now)
    session.flush()
    return rows


def restore_key(session: Session, prefix: str, *, now: datetime) -> ApiKey:
    """Let a key in again that was revoked by mistake, just now.

    Args:
        session: A writing session.
        prefix: Its first letters, as lists show them.
        now: The time.

    Raises:
        NotFound: If there is no such key.
        Conflict: If it is not revoked, was revoked more than ten minutes ago, has expired or was
            replaced, or its name has another key by now.
    """
    row = session.exec(select(ApiKey).where(col(ApiKey.prefix) == prefix)).first()
    if row is None:
        raise NotFound(f"没有密钥 {prefix[:20]}", reason="unknown-key", name=prefix[:20])
    if row.revoked_at is None:
        raise Conflict(f"{row.name} 的密钥没有吊销", hint="不用恢复")
    is_gone = row.replaced_by_id is not None or (
        row.expires_at is not None and row.expires_at <= now
    )
    if (
        is_gone
        or now - row.revoked_at > _REVOKED_BY_MISTAKE
        or _usable_keys(session, row.name, now)
    ):
        raise Conflict(
            f"{row.name} 的密钥不能恢复了", hint="只能恢复十分钟内吊销的；另发一把新的即可"
        )
    row.revoked_at = None
    session.add(row)
    record(session, "key.restore", f"key:{row.name}", {"prefix": row.prefix}, now=now)
    session.flush()
    return row


def rotate_key(
    session: Session, name: str, *, actor: str, now: datetime, grace: timedelta = timedelta(0)
) -> MadeKey:
    """Give the holder a new key; the old one is accepted for ``grace`` more.

    Raises:
        NotFound: If none is usable.
    """
    rows = [row for row in _usable_keys(session, name, now) if row.replaced_by_id is None]
    if not rows:
        raise NotFound(f"没有可用的密钥 {name}", reason="unknown-key", name=name)
    (old,) = rows
    scopes = [Scope(scope) for scope in old.scopes]
    made = _insert(
        session, old.name, scopes, actor=actor, now=now, source=old.source, until=old.expires_at
    )
    end = now + grace
    old.replaced_by_id = made.row.id
    if grace:
        old.expires_at = end if old.expires_at is None else min(end, old.expires_at)
    else:
        old.revoked_at = now
    session.add(old)
    record(
        session,
        "key.rotate",
        f"key:{old.name}",
        {"prefix": [old.prefix, made.row.prefix], "old_until": end.isoformat()},
        now=now,
    )
    session.flush()
    return made


def _insert(
    session: Session,
    name: str,
    scopes: Sequence[Scope],
    *,
    actor: str,
    now: datetime,
    source: str | None,
    until: datetime | None,
) -> MadeKey:
    token = make_token()
    row = ApiKey(
        name=name,
        prefix=token.prefix,
        key_hash=token.hash,
        scopes=[scope.value for scope in scopes],
        source=source,
        created_by=actor[:_MAX_NAME],
        created_at=now,
        expires_at=until,
    )
    session.add(row)
    session.flush()
    return MadeKey(row, token.text)


def _usable(now: datetime) -> tuple[Any, ...]:
    return (
        col(ApiKey.revoked_at).is_(None),
        or_(col(ApiKey.expires_at).is_(None), col(ApiKey.expires_at) > now),
    )


def _usable_keys(session: Session, name: str, now: datetime) -> list[ApiKey]:
    named = or_(col(ApiKey.name) == name.strip(), col(ApiKey.prefix) == name.strip())
    found = session.exec(select(ApiKey).where(named, *_usable(now)).order_by(col(ApiKey.id)))
    return list(found.all())


def _usable_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > _MAX_NAME or not name.isprintable():
        raise InputError(f"密钥名 {name[:50]!r} 不可用", hint=f"用 1–{_MAX_NAME} 个可见字符")
    return name
