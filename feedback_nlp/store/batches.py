"""Read what became of each import: its batches and the rows that it rejected."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.errors import NotFound
from feedback_nlp.store.tables import IngestBatch, RejectedRow, Source


def rejection_reasons(session: Session, batch_id: int) -> dict[str, int]:
    """Count what a batch rejected, by reason in alphabetical order."""
    found = session.execute(
        select(col(RejectedRow.reason), func.count())
        .where(col(RejectedRow.batch_id) == batch_id)
        .group_by(col(RejectedRow.reason))
        .order_by(col(RejectedRow.reason))
    )
    return {reason: count for reason, count in found}  # noqa: C416 - rows, not pairs, for mypy


def list_batches(session: Session, limit: int = 50) -> list[tuple[IngestBatch, str]]:
    """Return the latest batches with the names of their sources, newest first."""
    found = session.execute(
        select(IngestBatch, col(Source.name))
        .join(Source, col(Source.id) == col(IngestBatch.source_id))
        .order_by(col(IngestBatch.id).desc())
        .limit(limit)
    )
    return [(batch, name) for batch, name in found]


def rejected_rows(session: Session, batch_id: int) -> list[RejectedRow]:
    """Return what a batch rejected, in file order.

    Raises:
        NotFound: If there is no such batch.
    """
    if session.get(IngestBatch, batch_id) is None:
        raise NotFound(f"没有批次 {batch_id}", reason="unknown-batch", id=batch_id)
    found = session.scalars(
        select(RejectedRow)
        .where(col(RejectedRow.batch_id) == batch_id)
        .order_by(col(RejectedRow.id))
    )
    return list(found)
