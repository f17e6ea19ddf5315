"""The evidence of requests in people's words, newest first, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, or_, select, union_all
from sqlmodel import Session, col

from feedback_nlp.labels import TopicKind
from feedback_nlp.requests.aboutness import OFF_TOPIC, Matter, matters_of
from feedback_nlp.requests.quotes import (
    QuoteCandidate,
    agrees,
    as_quoted,
    choose_quotes,
    is_aside,
    only_asks,
)
from feedback_nlp.store.tables import Evidence, Feedback, FeedbackUnit, Source, Topic

QUOTE_COUNT = 5
"""Quotes of one request, where a few have to do."""

EVIDENCE_SHOWN = 50
"""The newest pieces of evidence: shown with one request."""

QUOTED_FROM = 30
"""The newest of these, from which quotes are chosen: a list of fifty requests reads no more."""


class RequestQuote(NamedTuple):
    """One piece of evidence in the words of the person."""

    unit_id: int
    feedback_id: int
    text: str
    source: str
    channel: str | None
    rating: float | None
    app_version: str | None
    occurred_at: datetime
    sentiment: str
    intent: str

    @property
    def shown_channel(self) -> str:
        """Where it was said, as people see it."""
        return self.channel or self.source


class EvidencePosition(NamedTuple):
    """Where a page of evidence ended: newest first, then the higher unit."""

    occurred_at: datetime
    unit_id: int


class _Voice(NamedTuple):
    """A quote, with what decides whether it is shown; the person never leaves this module."""

    quote: RequestQuote
    person_key: str
    similarity: float
    topic_id: int | None


class Words(NamedTuple):
    """What people said about one request.

    Attributes:
        evidence: The newest pieces.
        quotes: At most :data:`QUOTE_COUNT` of the newest :data:`QUOTED_FROM`, of different
            people and words, that ask something and speak of their topic; there may be none.
    """

    evidence: list[RequestQuote]
    quotes: list[RequestQuote]


_NO_WORDS = Words([], [])
_ANY_MATTER = Matter()  # what people put together from units of no topic
_FIELDS: tuple[Any, ...] = (
    col(FeedbackUnit.id),
    col(Feedback.id).label("feedback_id"),
    col(Feedback.text),
    col(FeedbackUnit.start),
    col(FeedbackUnit.end),
    col(Source.name),
    col(Feedback.channel),
    col(Feedback.rating),
    col(Feedback.app_version),
    col(Feedback.occurred_at),
    col(FeedbackUnit.sentiment),
    col(FeedbackUnit.intent),
    col(Feedback.person_key),
    col(FeedbackUnit.topic_similarity),
    col(FeedbackUnit.topic_id),
)


def words_of(
    session: Session, request_ids: Sequence[int], *, shown: int = QUOTED_FROM
) -> dict[int, Words]:
    """Return what people said about each request, in one query.

    Args:
        session: A reading session.
        request_ids: The requests.
        shown: Pieces of evidence of each, at least :data:`QUOTED_FROM`: quotes are the same
            however many are shown.
    """
    if not request_ids:
        return {}
    statement = _newest_of(len(request_ids), shown)
    ids = {f"request_{place}": id_ for place, id_ in enumerate(request_ids)}
    found: dict[int, list[_Voice]] = {}
    # Past the ORM: it takes as long again to hand over fifteen hundred rows of columns.
    for request_id, *fields in session.connection().execute(statement, ids):
        found.setdefault(request_id, []).append(_voice(fields))
    spoken_of = {voice.topic_id for voices in found.values() for voice in voices}
    topics = session.scalars(select(Topic).where(col(Topic.id).in_(spoken_of)))
    matters = matters_of(session, topics)
    return {id_: _words(found[id_], matters) if id_ in found else _NO_WORDS for id_ in request_ids}


@lru_cache(maxsize=64)
def _newest_of(count: int, shown: int) -> Any:
    """Return the statement for so many requests: putting it together costs more than running it.

    One short walk along the index for each request: a window over all its evidence would read
    every piece to show a few.
    """
    walks = [
        select(col(Evidence.request_id), col(Evidence.unit_id), col(Evidence.said_at))
        .where(col(Evidence.request_id) == bindparam(f"request_{place}"))
        .order_by(col(Evidence.said_at).desc(), col(Evidence.unit_id).desc())
        .limit(shown)
        .subquery()
        for place in range(count)
    ]
    newest = union_all(*(select(walk) for walk in walks)).subquery()
    return (
        _from_units(select(newest.c.request_id, *_FIELDS))
        .join(newest, newest.c.unit_id == col(FeedbackUnit.id))
        .order_by(newest.c.request_id, newest.c.said_at.desc(), newest.c.unit_id.desc())
    )


def evidence_page(
    session: Session, request_id: int, *, limit: int, after: EvidencePosition | None = None
) -> list[RequestQuote]:
    """Return up to ``limit`` pieces of evidence, newest first, that follow ``after``."""
    statement = (
        _from_units(select(*_FIELDS))
        .join(Evidence, col(Evidence.unit_id) == col(FeedbackUnit.id))
        .where(col(Evidence.request_id) == request_id)
        .order_by(col(Evidence.said_at).desc(), col(Evidence.unit_id).desc())
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(
            or_(
                col(Evidence.said_at) < after.occurred_at,
                and_(
                    col(Evidence.said_at) == after.occurred_at,
                    col(Evidence.unit_id) < after.unit_id,
                ),
            )
        )
    return [_voice(row).quote for row in session.execute(statement)]


def _from_units(statement: Any) -> Any:
    return (
        statement.select_from(FeedbackUnit)
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .join(Source, col(Source.id) == col(Feedback.source_id))
    )


def _voice(fields: Sequence[Any]) -> _Voice:
    unit_id, feedback_id, text, start, end, *shown, person, similarity, topic_id = fields
    return _Voice(
        RequestQuote(unit_id, feedback_id, as_quoted(text[start:end]), *shown),
        person or str(feedback_id),
        similarity or 0.0,
        topic_id,
    )


def _words(voices: Sequence[_Voice], matters: Mapping[int, Matter]) -> Words:
    candidates = []
    for voice in voices[:QUOTED_FROM]:
        quote, matter = voice.quote, matters.get(voice.topic_id or 0, _ANY_MATTER)
        if not agrees(TopicKind.ISSUE, quote.text, quote.sentiment, quote.intent, ()):
            continue
        distance = matter.distance(quote.text, voice.similarity)
        if distance < OFF_TOPIC and not is_aside(quote.text):
            preference = distance + 1 - voice.similarity
            candidates.append(
                QuoteCandidate(
                    preference,
                    quote.unit_id,
                    voice.person_key,
                    quote.text,
                    only_asks(quote.text, quote.sentiment, quote.intent),
                )
            )
    by_unit = {voice.quote.unit_id: voice.quote for voice in voices}
    return Words(
        evidence=[voice.quote for voice in voices],
        quotes=[by_unit[unit_id] for unit_id in choose_quotes(candidates, QUOTE_COUNT)],
    )
