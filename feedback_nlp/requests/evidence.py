"""Which units stand behind each request: those of its topics, and those that people added."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, insert, literal, select
from sqlmodel import Session, col

from feedback_nlp.labels import Origin
from feedback_nlp.store.tables import (
    Evidence,
    FeatureRequest,
    Feedback,
    FeedbackUnit,
)

_AUTO = Origin.AUTO.value


def refresh_evidence(session: Session, only: Collection[int] | None = None) -> None:
    """Set the automatic evidence: the units of the request's topic and of its duplicates' topics.

    A duplicate keeps its own evidence too, so that it can be reopened. Evidence that
    people added or that belongs to no topic is not touched.

    Args:
        session: The writing session; nothing is committed.
        only: Ids of the requests that may have changed; all if ``None``.
    """
    for request_id, topic_ids in topics_behind(session).items():
        if only is None or request_id in only:
            set_evidence(session, request_id, topic_ids)


def topics_behind(session: Session) -> dict[int, list[int]]:
    """Return for each request, by id, the topics whose units stand behind it."""
    requests = session.execute(
        select(
            col(FeatureRequest.id),
            col(FeatureRequest.key),
            col(FeatureRequest.topic_id),
            col(FeatureRequest.duplicate_of_key),
        ).order_by(col(FeatureRequest.id))
    ).all()
    by_key = {key: (request_id, into) for request_id, key, _, into in requests}
    behind: dict[int, set[int]] = {request_id: set() for request_id, *_ in requests}
    for request_id, _, topic_id, into in requests:
        if topic_id is None:
            continue
        behind[request_id].add(topic_id)
        while into:
            target_id, into = by_key[into]  # noqa: PLW2901 - along the chain of duplicates
            behind[target_id].add(topic_id)
    return {request_id: sorted(topic_ids) for request_id, topic_ids in behind.items()}


def wanted_units(topic_ids: Collection[int]) -> Any:
    """Return the statement for the units of topics that may be evidence; spam stays out."""
    return (
        select(col(FeedbackUnit.id))
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .where(col(FeedbackUnit.topic_id).in_(topic_ids), col(Feedback.is_spam).is_(False))
    )


def set_evidence(
    session: Session,
    request_id: int,
    topic_ids: Collection[int],
    *,
    only: Collection[int] | None = None,
) -> None:
    """Set the automatic evidence of a request to the units of some topics.

    Args:
        session: The writing session; nothing is committed.
        request_id: The request.
        topic_ids: Its topics.
        only: Look at these units alone; at all of them if ``None``.
    """
    units = wanted_units(topic_ids)
    gone = [
        col(Evidence.request_id) == request_id,
        col(Evidence.added_by) == _AUTO,
    ]
    if only is not None:
        units = units.where(col(FeedbackUnit.id).in_(only))
        gone.append(col(Evidence.unit_id).in_(only))
    session.execute(delete(Evidence).where(*gone, col(Evidence.unit_id).not_in(units)))
    present = select(col(Evidence.unit_id)).where(col(Evidence.request_id) == request_id)
    new = units.where(col(FeedbackUnit.id).not_in(present)).order_by(col(FeedbackUnit.id))
    session.execute(
        insert(Evidence).from_select(
            ["request_id", "unit_id", "added_by"],
            new.with_only_columns(literal(request_id), col(FeedbackUnit.id), literal(_AUTO)),
        )
    )


def id_of(request: FeatureRequest) -> int:
    """Return the id of a stored request."""
    assert request.id is not None
    return request.id
