"""Turns stored rows into response shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from feedback_api.feedback_schemas import FeedbackOut, UnitOut
from feedback_api.request_schemas import RequestOut
from feedback_api.schemas import QuoteOut, TopicOut
from feedback_nlp.requests.quoting import RequestQuote
from feedback_nlp.requests.reading import RequestRow, request_row
from feedback_nlp.store.queries import FeedbackRow, QuotedUnit, UnitWithTopic, units_of
from feedback_nlp.store.tables import FeatureRequest
from feedback_nlp.store.topic_reading import TopicRow


def feedback_out(session: Session, rows: Sequence[FeedbackRow]) -> list[FeedbackOut]:
    """Return feedback with its units."""
    units = units_of(session, [row.feedback.id or 0 for row in rows])
    return [
        FeedbackOut.model_validate(
            {
                **row.feedback.model_dump(),
                "source": row.source.name,
                "kind": row.source.kind,
                "units": [
                    _unit_out(unit, row.feedback.text) for unit in units[row.feedback.id or 0]
                ],
            }
        )
        for row in rows
    ]


def topic_out(row: TopicRow) -> TopicOut:
    """Return a topic with its size."""
    return TopicOut.model_validate({**row.topic.model_dump(exclude={"centroid"}), **row.sizes()})


def quote_out(quote: QuotedUnit) -> QuoteOut:
    """Return a unit as a quote."""
    return QuoteOut.model_validate(
        {
            **quote.feedback.model_dump(
                include={"channel", "rating", "app_version", "occurred_at"}
            ),
            "unit_id": quote.unit.id,
            "feedback_id": quote.feedback.id,
            "text": quote.text,
            "source": quote.source.name,
            "sentiment": quote.unit.sentiment,
            "intent": quote.unit.intent,
        }
    )


def request_out(session: Session, request: FeatureRequest) -> RequestOut:
    """Return a request as it stands now, with its counts."""
    return RequestOut.model_validate(request_fields(request_row(session, request)))


def request_fields(row: RequestRow) -> dict[str, Any]:
    """Return the fields of a request with what stands behind it."""
    return {
        **row.request.model_dump(),
        "rice": row.rice,
        "ice": row.ice,
        "people_count": row.counts.people,
        "post_count": row.counts.posts,
        "evidence_count": row.counts.units,
        "quotes": evidence_out(row.quotes),
    }


def evidence_out(quotes: Sequence[RequestQuote]) -> list[QuoteOut]:
    """Return evidence of a request as quotes."""
    return [QuoteOut.model_validate(quote) for quote in quotes]


def _unit_out(row: UnitWithTopic, text: str) -> UnitOut:
    unit = row.unit
    return UnitOut.model_validate(
        {
            **unit.model_dump(),
            "text": text[unit.start : unit.end],
            "confidence": unit.intent_confidence,
            "topic_name": row.topic_name,
        }
    )
