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
from feedback_nlp.requests.comments import comments_of
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.requests.linking import Linked, linked
from feedback_nlp.requests.moving import get_request
from feedback_nlp.requests.quoting import EVIDENCE_SHOWN, RequestQuote, words_of
from feedback_nlp.store.rollup import SubjectKind, sums
from feedback_nlp.store.tables import (
    FeatureRequest,
    Notice,
    RequestComment,
    RequestEdit,
    StatusEvent,
)


class Counts(NamedTuple):
    """How much stands behind a request.

    Attributes:
        units: Pieces of evidence.
        posts: Feedback they come from, copy-paste bursts left out.
        people: Distinct people of these.
    """

    units: int = 0
    posts: int = 0
    people: int = 0


class RequestRow(NamedTuple):
    """A request with what stands behind it.

    Attributes:
        quotes: A few, of different people and words; empty where nobody asked for them.
    """

    request: FeatureRequest
    counts: Counts
    quotes: Sequence[RequestQuote] = ()

    @property
    def people_count(self) -> int:
        """Distinct people."""
        return self.counts.people

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


class RequestDetail(NamedTuple):
    """All that is shown of one request.

    Attributes:
        row: The request with its counts and quotes.
        evidence: The newest pieces, at most 50.
        history: Changes of status, oldest first.
        edits: Changes of what people wrote, oldest first.
        notices: How many messages in which state.
        comments: What the team says, oldest first.
        links: Requests that belong to it.
    """

    row: RequestRow
    evidence: list[RequestQuote]
    history: list[StatusEvent]
    edits: list[RequestEdit]
    notices: dict[str, int]
    comments: list[RequestComment]
    links: list[Linked]

    @property
    def since(self) -> datetime:
        """When the request came into its status; without a history it has been there from the start."""
        return self.history[-1].happened_at if self.history else self.row.request.created_at


def list_requests(
    session: Session,
    *,
    statuses: Sequence[RequestStatus] = (),
    product: str | None = None,
    owner: str | None = None,
    limit: int | None = None,
    order: RequestOrder = RequestOrder.PRIORITY,
    source_id: int | None = None,
) -> list[RequestRow]:
    """Return requests by priority, RICE or ICE, the unranked last.

    Args:
        session: A reading session.
        statuses: Only these; empty for all.
        product: Only this product's.
        owner: Only this person's; empty for those that nobody has.
        limit: At most so many.
        order: What the first has most of.
        source_id: Count only what came from this source, and leave requests without any out.
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
    if owner is not None:
        statement = statement.where(func.coalesce(col(FeatureRequest.owner), "") == owner)
    is_stored = order == RequestOrder.PRIORITY
    is_whole = is_stored and source_id is None
    requests = list(session.scalars(statement.limit(limit if is_whole else None)))
    rows = _rows(session, requests, source_id)
    if source_id is not None:
        rows = [row for row in rows if row.counts.units]
    if not is_stored:
        rows.sort(
            key=lambda row: -1.0 if (score := getattr(row, order)) is None else score, reverse=True
        )
    return rows[:limit]


def owners(session: Session) -> list[str]:
    """Return everybody who has a request, by name."""
    owner = col(FeatureRequest.owner)
    named = select(owner).where(owner.is_not(None), owner != "").distinct().order_by(owner)
    return [name for name in session.scalars(named) if name]


def request_row(session: Session, request: FeatureRequest) -> RequestRow:
    """Return one request with its counts and quotes."""
    return with_quotes(session, [request])[0]


def with_quotes(session: Session, requests: Sequence[FeatureRequest]) -> list[RequestRow]:
    """Return requests with their counts and quotes, in the same order."""
    words = words_of(session, [id_of(request) for request in requests])
    return [
        row._replace(quotes=words[id_of(row.request)].quotes) for row in _rows(session, requests)
    ]


def request_detail(session: Session, key: str) -> RequestDetail:
    """Return one request with evidence, history and notices; its evidence is read once.

    Raises:
        NotFound: If there is none.
    """
    request = get_request(session, key)
    id_ = id_of(request)
    words = words_of(session, [id_], shown=EVIDENCE_SHOWN)[id_]
    notices = session.execute(
        select(col(Notice.status), func.count())
        .where(col(Notice.request_id) == id_)
        .group_by(col(Notice.status))
    )
    history = session.scalars(
        select(StatusEvent).where(col(StatusEvent.request_id) == id_).order_by(col(StatusEvent.id))
    )
    edits = session.scalars(
        select(RequestEdit).where(col(RequestEdit.request_id) == id_).order_by(col(RequestEdit.id))
    )
    return RequestDetail(
        row=_rows(session, [request])[0]._replace(quotes=words.quotes),
        evidence=words.evidence,
        history=list(history),
        edits=list(edits),
        notices={row[0]: row[1] for row in notices},
        comments=comments_of(session, request),
        links=linked(session, request),
    )


def _rows(
    session: Session, requests: Sequence[FeatureRequest], source_id: int | None = None
) -> list[RequestRow]:
    ids = [id_of(request) for request in requests]
    found = sums(SubjectKind.REQUEST, only=ids, source_id=source_id)
    statement = select(found.c.subject_id, found.c.units, found.c.posts, found.c.people)
    counts = {row[0]: Counts(*row[1:]) for row in session.execute(statement)}
    return [RequestRow(request, counts.get(id_of(request), Counts())) for request in requests]


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
) -> list[RequestRow]:
    """Return up to ``limit`` requests with counts and quotes, highest priority first, after ``after``."""
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
    return with_quotes(session, list(session.scalars(statement)))


def topic_request(session: Session, topic_id: int) -> FeatureRequest | None:
    """Return the request that stands for a topic, of several the one of highest priority."""
    score = func.coalesce(col(FeatureRequest.priority), literal(_UNSCORED))
    return session.scalars(
        select(FeatureRequest)
        .where(*_conditions(RequestFilter(topic_id=topic_id)))
        .order_by(score.desc(), col(FeatureRequest.id))
        .limit(1)
    ).first()


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
