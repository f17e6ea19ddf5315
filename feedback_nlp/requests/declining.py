"""Reasons for 不采纳, offered again: first those given when the same was asked before."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from feedback_nlp.labels import RequestStatus
from feedback_nlp.requests.moving import get_request
from feedback_nlp.store.tables import FeatureRequest, StatusEvent


class DeclineReason(NamedTuple):
    """A reason that was given.

    Attributes:
        reason: Word for word, the latest writing.
        times: How often.
        last_at: When last.
        keys: For which requests, the latest first.
        is_same_ask: Given for this request itself, for one of the same topic, product and
            title included, or for one that is a duplicate of it.
    """

    reason: str
    times: int
    last_at: datetime
    keys: list[str]
    is_same_ask: bool


def decline_reasons(session: Session, key: str | None = None) -> list[DeclineReason]:
    """Return the reasons that were given: for the same ask first, then the most used.

    Args:
        session: A reading session.
        key: The request that is to be declined; without one, nothing is the same ask.

    Raises:
        NotFound: If there is no such request.
    """
    asked = get_request(session, key) if key is not None else None
    rows = session.execute(
        select(StatusEvent, FeatureRequest)
        .join(FeatureRequest, col(FeatureRequest.id) == col(StatusEvent.request_id))
        .where(
            col(StatusEvent.to_status) == RequestStatus.DECLINED.value,
            col(StatusEvent.reason) != "",
        )
        .order_by(col(StatusEvent.happened_at).desc(), col(StatusEvent.id).desc())
    )
    found: dict[str, list[tuple[StatusEvent, FeatureRequest]]] = {}
    for event, request in rows:
        found.setdefault(_folded(event.reason), []).append((event, request))
    reasons = [
        DeclineReason(
            reason=given[0][0].reason,
            times=len(given),
            last_at=given[0][0].happened_at,
            keys=list(dict.fromkeys(request.key for _, request in given)),
            is_same_ask=asked is not None and any(_is_same(asked, request) for _, request in given),
        )
        for given in found.values()
    ]
    reasons.sort(key=lambda item: item.last_at, reverse=True)
    return sorted(reasons, key=lambda item: (not item.is_same_ask, -item.times))


def _is_same(asked: FeatureRequest, other: FeatureRequest) -> bool:
    return (
        asked.id == other.id
        or (asked.topic_id is not None and asked.topic_id == other.topic_id)
        or asked.key == other.duplicate_of_key
        or asked.duplicate_of_key == other.key
        or (_folded(asked.title), asked.product) == (_folded(other.title), other.product)
    )


def _folded(text: str) -> str:
    return "".join(text.split()).rstrip("。.!！").casefold()
