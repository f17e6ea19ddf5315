"""Topics and their ledger."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from feedback_api.errors import document
from feedback_api.paging import bounded, cut_page, decode_cursor, encode_cursor
from feedback_api.parameters import TopicQuery
from feedback_api.schemas import TopicDetail, TopicEventOut, TopicPage
from feedback_api.services import ServicesDep
from feedback_api.shapes import quote_out, topic_out
from feedback_api.validation import MAX_ID
from feedback_nlp.editing import telling
from feedback_nlp.labels import TopicKind
from feedback_nlp.store import queries, topic_reading
from feedback_nlp.store.topic_reading import TopicFilter, TopicPosition, TopicRow

router = APIRouter(prefix="/v1/topics", tags=["主题"])
_LIST = "topics"


@router.get("", operation_id="list_topics", responses=document(422, 503))
def list_topics(
    request: Request,
    response: Response,
    services: ServicesDep,
    asked: Annotated[TopicQuery, Query()],
) -> TopicPage:
    """主题，反馈多的在前。给了产品或时间，就只数其中的反馈，没有反馈的主题不列。"""
    stretch = asked.stretch(services.settings.zone)
    wanted = TopicFilter(
        state=asked.state,
        kind=None if asked.kind == "all" else TopicKind(asked.kind),
        include_muted=asked.include_muted,
        product=asked.product,
        since=stretch.since,
        until=stretch.until,
    )
    after = decode_cursor(_LIST, asked.cursor, _position)
    with services.database.read() as session:
        rows = topic_reading.topic_page(session, wanted, limit=asked.limit + 1, after=after)
    page, next_cursor = cut_page(rows, asked.limit, _cursor_of, request=request, response=response)
    return TopicPage(items=[topic_out(row) for row in page], next_cursor=next_cursor)


@router.get("/{topic_id}", operation_id="get_topic", responses=document(404, 422, 503))
def get_topic(
    services: ServicesDep,
    topic_id: Annotated[int, Path(ge=1, le=MAX_ID, description="主题编号，永久不变")],
) -> TopicDetail:
    """一个主题：原话和它的一生（出现、改名、合并……）。"""
    with services.database.read() as session:
        row = topic_reading.topic_row(session, topic_id)
        events = topic_reading.history(session, topic_id)
        chosen = queries.quotes(session, row.topic.quote_unit_ids)
        quotes = [quote for quote in chosen if quote.unit.topic_id == topic_id]  # people move units
    return TopicDetail(
        **topic_out(row).model_dump(),
        quotes=[quote_out(quote) for quote in quotes],
        history=[
            TopicEventOut.model_validate({**event.model_dump(), "summary": telling.describe(event)})
            for event in events
        ],
    )


def _cursor_of(row: TopicRow) -> str:
    return encode_cursor(_LIST, (row.feedback_count, row.topic.id or 0))


def _position(key: list[Any]) -> TopicPosition:
    count, topic_id = key
    return TopicPosition(bounded(count), bounded(topic_id))
