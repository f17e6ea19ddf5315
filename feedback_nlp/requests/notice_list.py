"""Notices as people see them, and people who want none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from feedback_nlp.errors import NotFound
from feedback_nlp.labels import NoticeStatus
from feedback_nlp.store.contacts import forget_contacts
from feedback_nlp.store.tables import FeatureRequest, Feedback, Notice, NoticeRefusal, Source


class NoticeRow(NamedTuple):
    """One notice, with what it is about; whom it is owed to is not shown."""

    notice: Notice
    request_key: str
    title: str
    source: str


def notice_rows(
    session: Session,
    *,
    request: str | None = None,
    status: NoticeStatus | None = None,
    limit: int = 50,
    before_id: int | None = None,
    ids: Sequence[int] | None = None,
    source_id: int | None = None,
) -> list[NoticeRow]:
    """Return notices, newest first.

    Args:
        session: A reading session.
        request: Key of a request; of all of them if ``None``.
        status: Only these.
        limit: At most so many.
        before_id: Only older ones.
        ids: Only these, the newest first.
        source_id: Only of what came from this source.
    """
    chosen = select(col(Notice.id)).order_by(col(Notice.id).desc()).limit(limit)
    if request is not None:
        key = request.strip().upper()
        of_request = select(col(FeatureRequest.id)).where(col(FeatureRequest.key) == key)
        chosen = chosen.where(col(Notice.request_id) == of_request.scalar_subquery())
    if status is not None:
        chosen = chosen.where(col(Notice.status) == status.value)
    if before_id is not None:
        chosen = chosen.where(col(Notice.id) < before_id)
    if ids is not None:
        chosen = chosen.where(col(Notice.id).in_(ids[:limit]))
    if source_id is not None:
        chosen = chosen.where(_is_from(source_id))
    # first the ids: joined at once, SQLite begins with the sources and sorts all notices
    query = (
        select(Notice, col(FeatureRequest.key), col(FeatureRequest.title), col(Source.name))
        .join(FeatureRequest, col(FeatureRequest.id) == col(Notice.request_id))
        .join(Feedback, col(Feedback.id) == col(Notice.feedback_id))
        .join(Source, col(Source.id) == col(Feedback.source_id))
        .where(col(Notice.id).in_(list(session.scalars(chosen))))
        .order_by(col(Notice.id).desc())
    )
    return [NoticeRow(*row) for row in session.execute(query)]


#: What a click would try to send.
WAITING = (NoticeStatus.PENDING, NoticeStatus.UNREACHABLE)


class NoticeTally(NamedTuple):
    """How many messages about one request stand where."""

    request: FeatureRequest
    by_status: Mapping[str, int]

    @property
    def waiting(self) -> int:
        """Messages that a click would try to send."""
        return sum(self.by_status.get(status.value, 0) for status in WAITING)


def notice_tallies(session: Session, source_id: int | None = None) -> list[NoticeTally]:
    """Return the requests that owe or owed messages, those with most waiting first.

    Args:
        session: A reading session.
        source_id: Count only messages about what came from this source.
    """
    found: dict[int, dict[str, int]] = {}
    counted = select(col(Notice.request_id), col(Notice.status), func.count()).group_by(
        col(Notice.request_id), col(Notice.status)
    )
    if source_id is not None:
        counted = counted.where(_is_from(source_id))
    for request_id, status, number in session.execute(counted):
        found.setdefault(request_id, {})[status] = number
    requests = session.scalars(select(FeatureRequest).where(col(FeatureRequest.id).in_(found)))
    tallies = [NoticeTally(request, found[request.id or 0]) for request in requests]
    return sorted(tallies, key=lambda one: (-one.waiting, one.request.id or 0))


def _is_from(source_id: int) -> ColumnElement[bool]:
    """Return the condition "about what came from this source", looked up notice by notice."""
    said = select(col(Feedback.source_id)).where(col(Feedback.id) == col(Notice.feedback_id))
    return said.correlate(Notice).scalar_subquery() == source_id


def refuse_notices(
    session: Session, *, source: str, source_key: str, actor: str, now: datetime
) -> bool:
    """Note that whoever gave a feedback wants no notices; return whether that is new.

    Raises:
        NotFound: If there is no such feedback, or nobody is known to have given it.
    """
    person = session.scalars(
        select(col(Feedback.author_key))
        .join(Source, col(Source.id) == col(Feedback.source_id))
        .where(col(Source.name) == source, col(Feedback.source_key) == source_key)
    ).first()
    if person is None:
        raise NotFound("没有这条反馈，或不知道是谁写的", reason="unknown-feedback")
    return refuse_person(session, person, actor=actor, now=now)


def refuse_person(session: Session, person: str, *, actor: str, now: datetime) -> bool:
    """Note that a person wants no notices, and forget where to; return whether that is new."""
    forget_contacts(session, person)
    if refusals(session, [person]):
        return False
    session.add(NoticeRefusal(person_key=person, actor=actor, created_at=now))
    session.flush()
    return True


def refusals(session: Session, people: list[str]) -> set[str]:
    """Return those of some people who want no notices."""
    found: set[str] = set()
    for start in range(0, len(people), 500):
        chunk = people[start : start + 500]
        statement = select(col(NoticeRefusal.person_key))
        found |= set(session.scalars(statement.where(col(NoticeRefusal.person_key).in_(chunk))))
    return found
