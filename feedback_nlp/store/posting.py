"""Stores the posts that wait, many in one transaction, each as a batch of its own.

The same rules as :func:`feedback_nlp.store.ingestion.store_chunk`, in a handful of statements for
all posts of a group instead of seventeen a post.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import Session, col

from feedback_nlp.labels import BatchStatus, ItemStatus
from feedback_nlp.records import Rejection
from feedback_nlp.store.bulk import insert_many
from feedback_nlp.store.ingestion import REJECTED_DETAIL, upsert
from feedback_nlp.store.search import index_feedback
from feedback_nlp.store.tables import Feedback, IngestBatch, RejectedRow, Source


@dataclass(slots=True)
class Landing:
    """What became of one row.

    Attributes:
        status: Accepted, duplicate or rejected.
        feedback_id: Where it is stored, if it is.
        rejection: Why it is not.
    """

    status: ItemStatus
    feedback_id: int | None = None
    rejection: Rejection | None = None


@dataclass(slots=True)
class PostedRows:
    """One post: rows of one source.

    Attributes:
        source_id: Its source.
        rows: Column values of ``feedback`` (all but the ids), or rejections.
        batch_id: Its batch, once stored.
        landings: What became of each row, once stored.
    """

    source_id: int
    rows: Sequence[Mapping[str, Any] | Rejection]
    batch_id: int = 0
    landings: list[Landing] = field(default_factory=list)


def store_posts(
    session: Session, posts: Sequence[PostedRows], *, now: datetime, layout: str = "api"
) -> None:
    """Store posts, and write into each what became of it.

    Args:
        session: A writing session.
        posts: In the order in which they came.
        now: Time of arrival.
        layout: What the batches are recorded as.
    """
    _lock(session, sorted({post.source_id for post in posts}))
    known = _known(session, posts)
    fresh: list[_Fresh] = []
    for post in posts:
        post.landings = [_land(row, post, known, fresh) for row in post.rows]
    _insert_batches(session, posts, now, layout)
    _insert(session, fresh, posts, known)
    _insert_rejected(session, posts)


@dataclass(slots=True)
class _Stored:
    text: str
    feedback_id: int | None = None


_Known = dict[tuple[int, str], _Stored]
_Fresh = tuple[PostedRows, Mapping[str, Any]]


def _lock(session: Session, source_ids: Sequence[int]) -> None:
    """Let one writer a source in at a time; in order, so that no two wait for each other."""
    for source_id in source_ids if session.get_bind().dialect.name == "postgresql" else ():
        session.execute(
            select(col(Source.id))
            .where(col(Source.id) == source_id)
            .with_for_update(key_share=True)
        )


def _known(session: Session, posts: Sequence[PostedRows]) -> _Known:
    keys: dict[int, set[str]] = {}
    for post in posts:
        of_source = keys.setdefault(post.source_id, set())
        of_source.update(row["source_key"] for row in post.rows if not isinstance(row, Rejection))
    found: _Known = {}
    for source_id, wanted in keys.items():
        rows = session.execute(
            select(col(Feedback.source_key), col(Feedback.text), col(Feedback.id)).where(
                col(Feedback.source_id) == source_id, col(Feedback.source_key).in_(wanted)
            )
        )
        found.update(((source_id, key), _Stored(text, id_)) for key, text, id_ in rows)
    return found


def _land(
    row: Mapping[str, Any] | Rejection,
    post: PostedRows,
    known: _Known,
    fresh: list[_Fresh],
) -> Landing:
    if isinstance(row, Rejection):
        return Landing(ItemStatus.REJECTED, rejection=row)
    key, text = row["source_key"], row["text"]
    before = known.get((post.source_id, key))
    if before is None:
        known[post.source_id, key] = _Stored(text)
        fresh.append((post, row))
        return Landing(ItemStatus.ACCEPTED)
    if before.text == text:
        return Landing(ItemStatus.DUPLICATE)
    raw = f"{key}: {text}"[:2_000]
    rejection = Rejection(row["line"], "key-conflict", REJECTED_DETAIL, raw)
    return Landing(ItemStatus.REJECTED, rejection=rejection)


def _insert_batches(
    session: Session, posts: Sequence[PostedRows], now: datetime, layout: str
) -> None:
    """Record each post as a batch, its counts known: one statement, no objects to keep in step."""
    records = []
    for post in posts:
        counts = Counter(landing.status for landing in post.landings)
        records.append(
            {
                "source_id": post.source_id,
                "file_name": "",
                "content_sha256": "",
                "layout": layout,
                "status": BatchStatus.COMPLETE.value,
                "read_count": len(post.landings),
                "accepted_count": counts[ItemStatus.ACCEPTED],
                "duplicate_count": counts[ItemStatus.DUPLICATE],
                "rejected_count": counts[ItemStatus.REJECTED],
                "error": "",
                "notes": [],
                "started_at": now,
                "finished_at": now,
            }
        )
    table = IngestBatch.__table__  # type: ignore[attr-defined]
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    ids = session.connection().execute(statement, records).scalars()
    for post, batch_id in zip(posts, ids, strict=True):
        post.batch_id = batch_id


def _insert(
    session: Session,
    fresh: Sequence[_Fresh],
    posts: Sequence[PostedRows],
    known: _Known,
) -> None:
    """Insert and index what is new, and say of each row where it is stored."""
    if fresh:
        values = [
            {**row, "source_id": post.source_id, "batch_id": post.batch_id} for post, row in fresh
        ]
        for each in values:
            del each["line"]
        insert_many(session, upsert(session, Feedback), values)
        rows = session.execute(
            select(
                col(Feedback.id),
                col(Feedback.source_id),
                col(Feedback.source_key),
                col(Feedback.text),
            )
            .where(col(Feedback.batch_id).in_([post.batch_id for post in posts]))
            .order_by(col(Feedback.id))
        ).all()
        for id_, source_id, key, _ in rows:
            known[source_id, key].feedback_id = id_
        index_feedback(session, [(id_, text) for id_, _, _, text in rows])
    for post in posts:
        for row, landing in zip(post.rows, post.landings, strict=True):
            if not isinstance(row, Rejection) and landing.rejection is None:
                landing.feedback_id = known[post.source_id, row["source_key"]].feedback_id


def _insert_rejected(session: Session, posts: Sequence[PostedRows]) -> None:
    rejected = [
        {
            "batch_id": post.batch_id,
            "line": landing.rejection.line,
            "reason": landing.rejection.reason,
            "detail": landing.rejection.detail,
            "raw": landing.rejection.raw,
        }
        for post in posts
        for landing in post.landings
        if landing.rejection is not None
    ]
    if rejected:
        session.connection().execute(insert(RejectedRow), rejected)
