"""Feedback in and out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from feedback_api.errors import document
from feedback_api.paging import Cursor, Limit, bounded, cut_page, decode_cursor, encode_cursor
from feedback_api.schemas import FeedbackPage
from feedback_api.services import ServicesDep, StretchDep
from feedback_api.shapes import feedback_out
from feedback_api.validation import MAX_ID, Word
from feedback_nlp.labels import Intent, Sentiment
from feedback_nlp.store import queries
from feedback_nlp.store.queries import FeedbackFilter, FeedbackPosition, FeedbackRow

router = APIRouter(prefix="/v1/feedback", tags=["反馈"])
_LIST = "feedback"


@router.get("", operation_id="list_feedback", responses=document(422, 503))
def list_feedback(
    request: Request,
    response: Response,
    services: ServicesDep,
    stretch: StretchDep,
    q: Annotated[
        Word | None, Query(description="中文全文检索；空格隔开的词都要出现", examples=["退款"])
    ] = None,
    source: Annotated[Word | None, Query(description="来源名称")] = None,
    product: Annotated[Word | None, Query(description="产品")] = None,
    channel: Annotated[Word | None, Query(description="渠道")] = None,
    sentiment: Annotated[Sentiment | None, Query(description="整条反馈的情感")] = None,
    intent: Annotated[Intent | None, Query(description="整条反馈的意图")] = None,
    topic: Annotated[int | None, Query(ge=1, le=MAX_ID, description="主题编号，含下级")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> FeedbackPage:
    """反馈和其中的每个观点，新的在前。"""
    wanted = FeedbackFilter(
        source=source,
        product=product,
        channel=channel,
        sentiment=sentiment,
        intent=intent,
        topic_id=topic,
        since=stretch.since,
        until=stretch.until,
        query=q,
    )
    after = decode_cursor(_LIST, cursor, _position)
    with services.database.read() as session:
        rows = queries.feedback_page(session, wanted, limit=limit + 1, after=after)
        page, next_cursor = cut_page(rows, limit, _cursor_of, request=request, response=response)
        return FeedbackPage(items=feedback_out(session, page), next_cursor=next_cursor)


def _cursor_of(row: FeedbackRow) -> str:
    return encode_cursor(_LIST, (row.feedback.occurred_at.isoformat(), row.feedback.id or 0))


def _position(key: list[Any]) -> FeedbackPosition:
    occurred_at, feedback_id = key
    moment = datetime.fromisoformat(occurred_at)
    if moment.tzinfo is None:
        raise ValueError(occurred_at)
    return FeedbackPosition(moment, bounded(feedback_id))
