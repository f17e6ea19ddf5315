"""Erases feedback with everything that hangs on it, and tells what hangs on a person.

What hangs on a feedback is asked of the tables themselves: every row that refers to it, or to
one that does, goes with it, so that a table added later is not forgotten. Besides that, the
text of a person may stand in stored digests and in rows that were refused because of theirs;
ids stand in quotes of topics and in the ledger.

SQLite overwrites what is deleted (``secure_delete``); the search index keeps words of a deleted
text until its segments are merged: :func:`merge_search_index`, and the log until it is folded
in: :meth:`feedback_nlp.store.Database.forget_log`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Table,
    delete,
    func,
    literal_column,
    select,
    table,
    text,
    update,
)
from sqlmodel import Session, col

from feedback_nlp.store.outbox_erasing import (
    forget_replies,
    remake_digests,
    withdraw_notices,
)
from feedback_nlp.store.push_erasing import forget_pushes, texts_of
from feedback_nlp.store.tables import (
    Digest,
    Feedback,
    FeedbackUnit,
    IngestBatch,
    RejectedRow,
    Source,
    Topic,
    TopicEvent,
    metadata,
)

_SEARCH = table("feedback_search")
_CHUNK = 500
_MERGE_PAGES = 200

#: Columns by which a table knows a person without referring to a feedback.
_PERSON_COLUMNS = ("author_key", "person_key")


def feedback_of(session: Session, author_key: str) -> list[int]:
    """Return the ids of all that an author gave, ascending."""
    statement = select(col(Feedback.id)).where(col(Feedback.author_key) == author_key)
    return [id_ for id_ in session.scalars(statement.order_by(col(Feedback.id))) if id_ is not None]


def rows_of(session: Session, author_key: str) -> dict[str, list[dict[str, Any]]]:
    """Return everything that is stored of an author, by table, as plain rows."""
    found: dict[str, dict[Any, dict[str, Any]]] = {}
    ids = feedback_of(session, author_key)
    feedback = _table(Feedback)
    for chunk in _chunks(ids):
        for one, condition in _hanging(feedback, feedback.c.id.in_(chunk)):
            rows = session.execute(select(*one.c).where(condition)).mappings()
            found.setdefault(one.name, {}).update((row["id"], dict(row)) for row in rows)
    for one, column in _person_columns():
        rows = session.execute(select(*one.c).where(column == author_key)).mappings()
        found.setdefault(one.name, {}).update((row["id"], dict(row)) for row in rows)
    return {name: list(rows.values()) for name, rows in sorted(found.items()) if rows}


def erase_person(session: Session, author_key: str, *, now: datetime) -> Counter[str]:
    """Erase all of an author; return rows by table.

    Args:
        session: A writing session.
        author_key: The keyed hash that is stored.
        now: The clock, for what is cancelled by it.
    """
    ids = feedback_of(session, author_key)
    texts = texts_of(session, ids)
    emptied = Counter(
        outbox=withdraw_notices(session, author_key, now=now)
        + remake_digests(session, texts, now=now),
        stored_reply=forget_replies(session, texts),
        inlet_event=forget_pushes(session, ids),
    )
    counts = emptied + erase_feedback(session, ids)
    for one, column in _person_columns():
        for child, condition in reversed(list(_hanging(one, column == author_key))):
            counts[child.name] += _deleted(session, child, condition)
    return +counts


def erase_feedback(session: Session, ids: Sequence[int]) -> Counter[str]:
    """Erase feedback and all that hangs on it; return rows by table.

    Copies of an erased text stay with their own authors: the next of them becomes the root of
    the group.

    Args:
        session: A writing session.
        ids: Feedback ids.
    """
    forget_quotes(session, ids)
    return erase_rows(session, ids)


def erase_rows(session: Session, ids: Sequence[int]) -> Counter[str]:
    """Erase feedback whose quotes are forgotten already, see :func:`erase_feedback`."""
    counts: Counter[str] = Counter()
    feedback = _table(Feedback)
    for chunk in _chunks(sorted(set(ids))):
        counts["rejected_row"] += _erase_refused_twins(session, chunk)
        _move_roots(session, chunk)
        _unindex(session, chunk)
        for one, condition in reversed(list(_hanging(feedback, feedback.c.id.in_(chunk)))):
            counts[one.name] += _deleted(session, one, condition)
    session.expire_all()
    return +counts


def forget_quotes(session: Session, ids: Sequence[int]) -> None:
    """Take feedback and its units out of quotes of topics, stored digests and the ledger."""
    units: set[int] = set()
    for chunk in _chunks(sorted(set(ids))):
        of_chunk = select(col(FeedbackUnit.id)).where(col(FeedbackUnit.feedback_id).in_(chunk))
        units.update(id_ for id_ in session.scalars(of_chunk) if id_ is not None)
    _forget_ids(session, frozenset(units), frozenset(ids))


def merge_search_index(session: Session, *, first: bool) -> bool:
    """Merge some of the index, so that it forgets the words of what was erased.

    Args:
        session: A writing session; one short step a transaction, so that posts go on.
        first: Begin a merge of all segments; else go on with it.

    Returns:
        Whether there is more to do. PostgreSQL forgets at once.
    """
    if session.get_bind().dialect.name == "postgresql":
        return False
    changes = text("SELECT total_changes()")
    before = session.scalar(changes) or 0
    session.execute(
        text("INSERT INTO feedback_search (feedback_search, rank) VALUES ('merge', :pages)"),
        {"pages": -_MERGE_PAGES if first else _MERGE_PAGES},
    )
    # Source: https://www.sqlite.org/fts5.html#the_merge_command
    return (session.scalar(changes) or 0) - before >= 2


def _chunks(ids: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), _CHUNK):
        yield list(ids[start : start + _CHUNK])


def _table(model: Any) -> Table:
    found: Table = model.__table__
    return found


def _hanging(parent: Table, condition: ColumnElement[bool]) -> Iterator[tuple[Table, Any]]:
    """Yield a table and those that refer to it, each before its own, with what is meant of it."""
    yield parent, condition
    doomed = select(parent.c.id).where(condition)
    for child in metadata.sorted_tables:
        for column in child.c:
            if (
                any(key.column.table is parent for key in column.foreign_keys)
                and child is not parent
            ):
                yield from _hanging(child, column.in_(doomed))


def _person_columns() -> Iterator[tuple[Table, Any]]:
    for one in metadata.sorted_tables:
        if one is _table(Feedback):
            continue  # its person_key may be of a group of copies; its own author was asked for
        for name in _PERSON_COLUMNS:
            if name in one.c:
                yield one, one.c[name]


def _deleted(session: Session, of: Table, condition: Any) -> int:
    return int(session.connection().execute(delete(of).where(condition)).rowcount)


def _unindex(session: Session, ids: Collection[int]) -> None:
    name = "feedback_id" if session.get_bind().dialect.name == "postgresql" else "rowid"
    session.execute(delete(_SEARCH).where(literal_column(name).in_(list(ids))))


def _move_roots(session: Session, ids: Sequence[int]) -> None:
    """Let the next copy be the root of a group whose root goes."""
    left = col(Feedback.duplicate_of).in_(ids) & col(Feedback.id).not_in(ids)
    heirs = session.execute(
        select(col(Feedback.duplicate_of), func.min(col(Feedback.id)))
        .where(left)
        .group_by(col(Feedback.duplicate_of))
    )
    for root, heir in list(heirs):
        session.execute(
            update(Feedback)
            .where(col(Feedback.duplicate_of) == root, col(Feedback.id).not_in(ids))
            .values(duplicate_of=heir)
            .execution_options(synchronize_session=False)
        )
        session.execute(
            update(Feedback)
            .where(col(Feedback.id) == heir)
            .values(duplicate_of=None)
            .execution_options(synchronize_session=False)
        )


def _erase_refused_twins(session: Session, ids: Sequence[int]) -> int:
    """Erase rows that were refused because a feedback had their key: they are its author's."""
    gone = 0
    keys = session.execute(
        select(col(Feedback.source_id), col(Feedback.source_key)).where(col(Feedback.id).in_(ids))
    )
    for source_id, key in list(keys):
        batches = select(col(IngestBatch.id)).where(col(IngestBatch.source_id) == source_id)
        gone += _deleted(
            session,
            _table(RejectedRow),
            (col(RejectedRow.reason) == "key-conflict")
            & col(RejectedRow.batch_id).in_(batches)
            & col(RejectedRow.raw).startswith(f"{key}: ", autoescape=True),
        )
    return gone


def _forget_ids(session: Session, units: frozenset[int], ids: frozenset[int]) -> None:
    """Take units and feedback out of quotes of topics, stored digests and the ledger."""
    for topic in session.scalars(select(Topic)):
        if units.intersection(topic.quote_unit_ids):
            topic.quote_unit_ids = [id_ for id_ in topic.quote_unit_ids if id_ not in units]
            session.add(topic)
    for event in session.scalars(select(TopicEvent)):
        moved = event.detail.get("units")
        if isinstance(moved, list) and any(_unit_of(one) in units for one in moved):
            left = [one for one in moved if _unit_of(one) not in units]
            event.detail = {**event.detail, "units": left}
            session.add(event)
    for digest in session.scalars(select(Digest)):
        payload = _without(digest.payload, ids)
        if payload != digest.payload:
            digest.payload = payload
            session.add(digest)
    session.flush()


def _unit_of(moved: Any) -> Any:
    return moved[0] if isinstance(moved, list) and moved else moved


def _without(value: Any, ids: frozenset[int]) -> Any:
    """Return JSON without the objects that quote one of these feedback."""
    if isinstance(value, dict):
        return {
            key: None if _quotes(item, ids) else _without(item, ids) for key, item in value.items()
        }
    if isinstance(value, list):
        return [_without(item, ids) for item in value if not _quotes(item, ids)]
    return value


def _quotes(value: Any, ids: frozenset[int]) -> bool:
    return isinstance(value, dict) and value.get("feedback_id") in ids


def kept_by_source(session: Session) -> list[tuple[Source, int, Any, Any]]:
    """Return each source with how much of it is kept, and its first and last moment."""
    statement = (
        select(
            Source,
            func.count(col(Feedback.id)),
            func.min(col(Feedback.occurred_at)),
            func.max(col(Feedback.occurred_at)),
        )
        .outerjoin(Feedback, col(Feedback.source_id) == col(Source.id))
        .group_by(col(Source.id))
        .order_by(col(Source.id))
    )
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(statement)]
