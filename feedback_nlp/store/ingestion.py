"""What ingestion reads and writes: sources, batches, feedback, rejected rows.

A chunk of rows, its search index, its rejected rows and the new totals of its batch go
into one transaction. The totals are moved on only from the values the writer expects, so
that two processes on the same file cannot count a row twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import CursorResult, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from feedback_nlp.errors import Conflict, NotFound
from feedback_nlp.labels import BatchStatus, SourceKind, label
from feedback_nlp.records import Rejection
from feedback_nlp.store.bulk import insert_many, listed
from feedback_nlp.store.search import index_feedback
from feedback_nlp.store.tables import Feedback, IngestBatch, RejectedRow, Source

REJECTED_DETAIL = "编号与已有反馈相同，但内容不同；原有的一条保持不变"


@dataclass(frozen=True, slots=True)
class Totals:
    """Running totals of a batch: ``read = accepted + duplicate + rejected``."""

    read: int = 0
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0


def find_source(session: Session, name: str) -> Source | None:
    """Return the source of that name, or ``None``."""
    return session.scalar(select(Source).where(col(Source.name) == name))


def source_id_of(session: Session, name: str) -> int | None:
    """Return the id of the source of that name; ``None`` where none is named.

    Raises:
        NotFound: If there is none.
    """
    if not name:
        return None
    found = session.scalar(select(col(Source.id)).where(col(Source.name) == name))
    if found is None:
        raise NotFound(f"没有名为 {name[:60]} 的来源", reason="unknown-source")
    return found


def ensure_source(
    session: Session,
    name: str,
    *,
    now: datetime,
    kind: SourceKind | None = None,
    default_kind: SourceKind = SourceKind.IN_APP,
    product: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Source:
    """Return the source of that name, made if it is new.

    Args:
        session: A writing session.
        name: Unique name.
        now: Time of a new source.
        kind: What a person said it is.
        default_kind: Kind of a new source if nobody said.
        product: Default product; set if the source has none.
        mapping: Column by field, laid over what is saved.

    Raises:
        Conflict: If ``kind`` contradicts what the source is registered as.
    """
    # Somebody else may be making the same source at this moment.
    session.connection().execute(
        upsert(session, Source).on_conflict_do_nothing(index_elements=["name"]),
        {
            "name": name,
            "kind": (kind or default_kind).value,
            "product": product,
            "mapping": dict(mapping or {}),
            "created_at": now,
        },
    )
    source = find_source(session, name)
    assert source is not None
    if kind is not None and source.kind != kind.value:
        known = SourceKind(source.kind)
        raise Conflict(
            f"来源 {name} 已登记为{label(known)}（{known.value}），不是{label(kind)}",
            reason="source-kind-differs",
            source=name,
            kind=known.value,
        )
    source.product = source.product or product
    source.mapping = {**source.mapping, **(mapping or {})}
    session.add(source)
    session.flush()
    return source


def open_batch(
    session: Session,
    source: Source,
    *,
    now: datetime,
    file_name: str = "",
    content_sha256: str = "",
    layout: str = "",
) -> IngestBatch:
    """Open the batch of a file, or the one that a crash left open for the same content.

    Args:
        session: A writing session.
        source: Where it comes from.
        now: Time of a new batch.
        file_name: Name without folder.
        content_sha256: Identity of content and way of reading; blank never resumes.
        layout: Name of the layout.
    """
    if content_sha256:
        unfinished = session.scalar(
            select(IngestBatch)
            .where(
                col(IngestBatch.source_id) == source.id,
                col(IngestBatch.content_sha256) == content_sha256,
                col(IngestBatch.status) == BatchStatus.RUNNING.value,
            )
            .order_by(col(IngestBatch.id))
            .limit(1)
        )
        if unfinished is not None:
            return unfinished
    assert source.id is not None
    batch = IngestBatch(
        source_id=source.id,
        file_name=file_name[:500],
        content_sha256=content_sha256,
        layout=layout,
        started_at=now,
    )
    session.add(batch)
    session.flush()
    return batch


def totals_of(batch: IngestBatch) -> Totals:
    """Return the totals a batch has reached."""
    return Totals(
        batch.read_count, batch.accepted_count, batch.duplicate_count, batch.rejected_count
    )


def store_chunk(
    session: Session,
    batch_id: int,
    source_id: int,
    before: Totals,
    rows: Sequence[dict[str, Any] | Rejection],
) -> Totals:
    """Store a chunk of prepared rows and move the totals of its batch on.

    A row whose key is known and whose text is the same counts as duplicate. One whose key
    is known but whose text differs is rejected, so that it is not lost silently.

    Args:
        session: A writing session.
        batch_id: The open batch.
        source_id: Its source.
        before: The totals that the writer believes the batch to have.
        rows: Column values of ``feedback`` (all but the ids), or rejections. They are taken over.

    Returns:
        The new totals.

    Raises:
        Conflict: If somebody else moved the batch on.
    """
    # One writer a source at a time: two that share keys would lock each other out.
    session.execute(
        select(col(Source.id)).where(col(Source.id) == source_id).with_for_update(key_share=True)
    )
    wanted = [row for row in rows if not isinstance(row, Rejection)]
    known = _known_texts(session, source_id, [row["source_key"] for row in wanted])
    fresh, rejected, duplicates = _sorted_out(rows, known)
    for values in fresh:
        values |= {"source_id": source_id, "batch_id": batch_id}
    accepted = _insert_feedback(session, batch_id, fresh)
    duplicates += len(fresh) - accepted
    if rejected:
        session.connection().execute(
            insert(RejectedRow),
            [
                {
                    "batch_id": batch_id,
                    "line": row.line,
                    "reason": row.reason,
                    "detail": row.detail,
                    "raw": row.raw,
                }
                for row in rejected
            ],
        )
    after = Totals(
        before.read + len(rows),
        before.accepted + accepted,
        before.duplicate + duplicates,
        before.rejected + len(rejected),
    )
    _move_totals(session, batch_id, before, after)
    return after


def _sorted_out(
    rows: Sequence[dict[str, Any] | Rejection], known: dict[str, str]
) -> tuple[list[dict[str, Any]], list[Rejection], int]:
    """Return the rows that are new, those that are rejected, and how many are known already.

    Args:
        rows: Of one chunk, in order.
        known: Text by key; the new ones are added.
    """
    fresh: list[dict[str, Any]] = []
    rejected: list[Rejection] = []
    duplicates = 0
    for row in rows:
        if isinstance(row, Rejection):
            rejected.append(row)
            continue
        key, text = row["source_key"], row["text"]
        if key not in known:
            known[key] = text
            del row["line"]
            fresh.append(row)
        elif known[key] == text:
            duplicates += 1
        else:
            raw = f"{key}: {text}"[:2_000]
            rejected.append(Rejection(row["line"], "key-conflict", REJECTED_DETAIL, raw))
    return fresh, rejected, duplicates


def _known_texts(session: Session, source_id: int, keys: Sequence[str]) -> dict[str, str]:
    found = session.execute(
        select(col(Feedback.source_key), col(Feedback.text)).where(
            col(Feedback.source_id) == source_id,
            col(Feedback.source_key).in_(listed(session, keys)),
        )
    )
    return {key: text for key, text in found}  # noqa: C416 - rows, not pairs, for mypy


def feedback_with_keys(session: Session, source_id: int, keys: Sequence[str]) -> list[Feedback]:
    """Return the feedback of a source that has one of the keys."""
    found = select(Feedback).where(
        col(Feedback.source_id) == source_id, col(Feedback.source_key).in_(keys)
    )
    return list(session.scalars(found))


def _insert_feedback(session: Session, batch_id: int, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows and index them for search; return how many were new after all."""
    if not rows:
        return 0
    last = _last_id(session)
    statement = upsert(session, Feedback)
    stored = insert_many(
        session,
        statement.on_conflict_do_nothing(index_elements=["source_id", "source_key"]),
        rows,
    )
    if stored == len(rows) and session.get_bind().dialect.name == "sqlite":
        # Nobody else writes meanwhile, and a row gets the next number: no need to read them back.
        pairs = list(zip(count(last + 1), (row["text"] for row in rows), strict=False))
    else:
        of_batch = (
            select(col(Feedback.id), col(Feedback.text))
            .where(col(Feedback.batch_id) == batch_id, col(Feedback.id) > last)
            .order_by(col(Feedback.id))
        )
        pairs = [(id_, text) for id_, text in session.execute(of_batch)]
    index_feedback(session, pairs)
    return len(pairs)


def _last_id(session: Session) -> int:
    return session.scalar(select(func.max(col(Feedback.id)))) or 0


def upsert(session: Session, table: type[Any]) -> Any:
    """Return an insert of the dialect at hand, which knows ``ON CONFLICT``."""
    dialect = session.get_bind().dialect.name
    return (postgresql if dialect == "postgresql" else sqlite).insert(table)


def _move_totals(session: Session, batch_id: int, before: Totals, after: Totals) -> None:
    moved = session.connection().execute(
        update(IngestBatch)
        .where(
            col(IngestBatch.id) == batch_id,
            col(IngestBatch.status) == BatchStatus.RUNNING.value,
            col(IngestBatch.read_count) == before.read,
        )
        .values(
            read_count=after.read,
            accepted_count=after.accepted,
            duplicate_count=after.duplicate,
            rejected_count=after.rejected,
        )
    )
    assert isinstance(moved, CursorResult)
    if moved.rowcount != 1:
        raise Conflict("另一个进程正在导入同一个文件", reason="being-ingested")


def finish_batch(
    session: Session, batch_id: int, *, now: datetime, notes: Sequence[str] = ()
) -> None:
    """Close a batch: everything of its file is accounted for.

    Args:
        session: A writing session.
        batch_id: The batch.
        now: Time of its end.
        notes: What people should know of how the file was read, in Chinese.
    """
    session.connection().execute(
        update(IngestBatch)
        .where(col(IngestBatch.id) == batch_id)
        .values(status=BatchStatus.COMPLETE.value, finished_at=now, notes=list(notes))
    )
