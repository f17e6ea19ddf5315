"""What people see of requests: the list by priority, and one request with its whole life."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, func, literal, or_, select
from sqlalchemy.sql import ColumnElement
from sqlmodel import Session, col

from feedback_nlp.labels import RequestOrder, RequestStatus
from feedback_nlp.rank import ice, rice
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.requests.moving import get_request
from feedback_nlp.requests.quotes import QuoteCandidate, choose_quotes
from feedback_nlp.store.conditions import CHANNEL, is_counted
from feedback_nlp.store.queries import QuotedUnit
from feedback_nlp.store.tables import (
    Evidence,
    FeatureRequest,
    Feedback,
    FeedbackUnit,
    Notice,
    Source,
    StatusEvent,
)

_QUOTE_COUNT = 5


class RequestRow(NamedTuple):
    """A request with the people behind it."""

    request: FeatureRequest
    people_count: int

    @property
    def parts(self) -> Mapping[str, float]:
        """Parts of the stored priority, 0–1."""
        return self.request.priority_parts

    @property
    def low(self) -> float:
        """Lower end of the priority's interval."""
        return self.request.priority_low or 0.0

    @property
    def high(self) -> float:
        """Upper end of the priority's interval."""
        return self.request.priority_high or 0.0

    @property
    def rice(self) -> float | None:
        """RICE, ``None`` without a priority."""
        return None if self.request.priority is None else rice(self)

    @property
    def ice(self) -> float | None:
        """ICE, ``None`` without a priority."""
        return None if self.request.priority is None else ice(self)


class RequestQuote(NamedTuple):
    """One piece of evidence in the words of the person."""

    unit_id: int
    feedback_id: int
    text: str
    channel: str
    occurred_at: datetime


class RequestDetail(NamedTuple):
    """All that is shown of one request.

    Attributes:
        people_count: Distinct people in the evidence, bursts left out.
        evidence_count: Units.
        quotes: Up to five, of different people and words.
        history: Oldest first.
        notices: How many messages in which state.
    """

    request: FeatureRequest
    people_count: int
    evidence_count: int
    quotes: list[RequestQuote]
    history: list[StatusEvent]
    notices: dict[str, int]


def list_requests(
    session: Session,
    *,
    statuses: Sequence[RequestStatus] = (),
    product: str | None = None,
    limit: int | None = None,
    order: RequestOrder = RequestOrder.PRIORITY,
) -> list[RequestRow]:
    """Return requests by priority, RICE or ICE, the unranked last.

    Args:
        session: A reading session.
        statuses: Only these; empty for all.
        product: Only this product's.
        limit: At most so many.
        order: What the first has most of.
    """
    priority = col(FeatureRequest.priority)
    statement = select(FeatureRequest).order_by(
        priority.is_(None), priority.desc(), col(FeatureRequest.id)
    )
    if statuses:
        statement = statement.where(
            col(FeatureRequest.status).in_([status.value for status in statuses])
        )
    if product is not None:
        statement = statement.where(col(FeatureRequest.product) == product)
    is_stored = order == RequestOrder.PRIORITY
    requests = list(session.scalars(statement.limit(limit if is_stored else None)))
    people = _evidence_people(session, [id_of(request) for request in requests])
    rows = [RequestRow(request, people.get(id_of(request), 0)) for request in requests]
    if not is_stored:
        rows.sort(
            key=lambda row: -1.0 if (score := getattr(row, order)) is None else score, reverse=True
        )
    return rows[:limit]


def request_detail(session: Session, key: str) -> RequestDetail:
    """Return one request with evidence, history and notices.

    Raises:
        NotFound: If there is none.
    """
    request = get_request(session, key)
    id_ = id_of(request)
    rows = session.execute(
        select(
            col(FeedbackUnit.id),
            col(Feedback.id),
            col(Feedback.text),
            col(FeedbackUnit.start),
            col(FeedbackUnit.end),
            CHANNEL,
            col(Feedback.occurred_at),
            col(Feedback.person_key),
            col(FeedbackUnit.topic_similarity),
        )
        .select_from(Evidence)
        .join(FeedbackUnit, col(FeedbackUnit.id) == col(Evidence.unit_id))
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .join(Source, col(Source.id) == col(Feedback.source_id))
        .where(col(Evidence.request_id) == id_)
        .order_by(col(Feedback.occurred_at).desc(), col(FeedbackUnit.id).desc())
    ).all()
    quotes = {
        row[0]: RequestQuote(row[0], row[1], row[2][row[3] : row[4]].strip(), row[5], row[6])
        for row in rows
    }
    candidates = [
        QuoteCandidate(1 - (row[8] or 0), row[0], row[7] or str(row[1]), quotes[row[0]].text)
        for row in rows
    ]
    notices = session.execute(
        select(col(Notice.status), func.count())
        .where(col(Notice.request_id) == id_)
        .group_by(col(Notice.status))
    )
    history = session.scalars(
        select(StatusEvent).where(col(StatusEvent.request_id) == id_).order_by(col(StatusEvent.id))
    )
    return RequestDetail(
        request=request,
        people_count=_evidence_people(session, [id_]).get(id_, 0),
        evidence_count=len(rows),
        quotes=[quotes[unit_id] for unit_id in choose_quotes(candidates, _QUOTE_COUNT)],
        history=list(history),
        notices={row[0]: row[1] for row in notices},
    )


def _evidence_people(session: Session, request_ids: Sequence[int]) -> dict[int, int]:
    statement = (
        select(col(Evidence.request_id), func.count(func.distinct(col(Feedback.person_key))))
        .join(FeedbackUnit, col(FeedbackUnit.id) == col(Evidence.unit_id))
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .where(col(Evidence.request_id).in_(request_ids), is_counted())
        .group_by(col(Evidence.request_id))
    )
    return {row[0]: row[1] for row in session.execute(statement)}


# Requests without a score come last.
_UNSCORED = -1.0


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Which requests are wanted; ``None`` and an empty ``statuses`` mean any."""

    statuses: Sequence[str] = ()
    intent: str | None = None
    product: str | None = None
    owner: str | None = None
    topic_id: int | None = None


class RequestPosition(NamedTuple):
    """Where a page of requests ended: highest priority first, then the lower id."""

    priority: float
    id: int


def position_of(request: FeatureRequest) -> RequestPosition:
    """Return where a request stands in the list."""
    priority = _UNSCORED if request.priority is None else request.priority
    return RequestPosition(priority, request.id or 0)


def request_page(
    session: Session,
    wanted: RequestFilter,
    *,
    limit: int,
    after: RequestPosition | None = None,
) -> list[FeatureRequest]:
    """Return up to ``limit`` requests, highest priority first, that follow ``after``."""
    score = func.coalesce(col(FeatureRequest.priority), literal(_UNSCORED))
    statement = select(FeatureRequest).where(*_conditions(wanted))
    if after is not None:
        statement = statement.where(
            or_(
                score < after.priority,
                and_(score == after.priority, col(FeatureRequest.id) > after.id),
            )
        )
    statement = statement.order_by(score.desc(), col(FeatureRequest.id)).limit(limit)
    return list(session.scalars(statement))


def lock_request(session: Session, key: str) -> None:
    """Hold a request until the transaction ends, so that two changes of it cannot cross."""
    session.execute(
        select(col(FeatureRequest.id)).where(col(FeatureRequest.key) == key).with_for_update()
    )


def evidence_quotes(session: Session, request_id: int, *, limit: int) -> list[QuotedUnit]:
    """Return the evidence of a request in people's words, newest first."""
    statement = (
        select(FeedbackUnit, Feedback, Source)
        .join(Evidence, col(Evidence.unit_id) == col(FeedbackUnit.id))
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .join(Source, col(Source.id) == col(Feedback.source_id))
        .where(col(Evidence.request_id) == request_id)
        .order_by(col(Feedback.occurred_at).desc(), col(FeedbackUnit.id).desc())
        .limit(limit)
    )
    return [QuotedUnit(*row) for row in session.execute(statement)]


def _conditions(wanted: RequestFilter) -> list[ColumnElement[bool]]:
    equal = [
        (col(FeatureRequest.intent), wanted.intent),
        (col(FeatureRequest.product), wanted.product),
        (col(FeatureRequest.owner), wanted.owner),
    ]
    conditions = [column == value for column, value in equal if value is not None]
    if wanted.topic_id is not None:
        conditions.append(col(FeatureRequest.topic_id) == wanted.topic_id)
    if wanted.statuses:
        conditions.append(col(FeatureRequest.status).in_(wanted.statuses))
    return conditions
