"""Gives a person everything that is stored of them, and erases it everywhere."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from feedback_nlp.clean import Pseudonymizer
from feedback_nlp.errors import InputError, NotFound
from feedback_nlp.store import Database, erasing
from feedback_nlp.store.contacts import Sealer
from feedback_nlp.store.erasure_table import Erasure, ErasureKind
from feedback_nlp.store.keys import deployment_secret

_KEY_HEX = 32


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """What was erased.

    Attributes:
        counts: Rows by table.
        log_emptied: Whether SQLite's log is empty, too; a reader that was busy delays that to
            the next quiet moment.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    log_emptied: bool = True


def author_key(database: Database, author: str, *, secret: str | None = None) -> str:
    """Return the stored key of an author as a file or a platform names them.

    Args:
        database: Knows whether the secret is its own.
        author: What stood in the author's column, such as a user id.
        secret: ``FEEDBACK_SECRET``, if configured.
    """
    with database.write() as session:
        return Pseudonymizer(deployment_secret(session, secret)).author_key(author)


def checked_key(key: str) -> str:
    """Return an author key in its stored form.

    Raises:
        InputError: If it is none.
    """
    found = key.strip().lower()
    if len(found) != _KEY_HEX or any(digit not in "0123456789abcdef" for digit in found):
        raise InputError(
            f"作者编号应是 {_KEY_HEX} 位十六进制", hint="导出的反馈里 author_key 一列就是"
        )
    return found


def export_person(
    database: Database, key: str, *, secret: str | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Return everything that is stored of an author, by table; their addresses opened.

    Args:
        database: Open, with its schema at head.
        key: The author key.
        secret: ``FEEDBACK_SECRET``, if configured.

    Raises:
        NotFound: If nothing is.
    """
    with database.read() as session:
        found = erasing.rows_of(session, key)
        if found.get("contact"):
            sealer = Sealer(deployment_secret(session, secret))
            for row in found["contact"]:
                row["address"] = sealer.open(row.pop("sealed"), row["person_key"])
    if not found:
        raise nobody()
    return found


def erase_person(
    database: Database, key: str, *, actor: str, now: datetime, reason: str = ""
) -> ErasureReport:
    """Erase everything of an author from tables, index and log, for good.

    Raises:
        NotFound: If nothing is stored of them.
    """
    with database.write() as session:
        counts = erasing.erase_person(session, key, now=now)
        if not counts:
            raise nobody()
        record(session, ErasureKind.PERSON, subject_of(key), counts, actor, reason, now)
    return ErasureReport(dict(counts), forget(database))


def subject_of(key: str) -> str:
    """Return what the record of an erasure calls a person: it leads to nobody."""
    return hashlib.sha256(f"erased\0{key}".encode()).hexdigest()[:_KEY_HEX]


def record(
    session: Session,
    kind: ErasureKind,
    subject: str,
    counts: Counter[str],
    actor: str,
    reason: str,
    now: datetime,
) -> None:
    """Put an erasure on record, in the transaction that erases."""
    session.add(
        Erasure(
            kind=kind.value,
            subject=subject,
            actor=actor[:100],
            reason=reason,
            counts=dict(counts),
            erased_at=now,
        )
    )


def forget(database: Database) -> bool:
    """Let the search index and the log forget what was erased; tell whether the log is empty."""
    first = True
    while True:
        with database.write() as session:
            more = erasing.merge_search_index(session, first=first)
        if not more and not first:
            break
        if database.url.get_backend_name() != "sqlite":
            break
        first = False
    return database.forget_log()


def nobody() -> NotFound:
    """Return the error of a person of whom nothing is stored."""
    return NotFound("没有存过这个人的任何内容", reason="unknown-person")
