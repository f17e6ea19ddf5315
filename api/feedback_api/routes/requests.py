"""Requests: the ranked list, one with its evidence and history, and its next step."""

from __future__ import annotations

import math
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request, Response
from fastapi.openapi.models import Example

from feedback_api.errors import document
from feedback_api.paging import bounded, cut_page, decode_cursor, encode_cursor
from feedback_api.parameters import RequestQuery
from feedback_api.schemas import (
    RequestDetail,
    RequestOut,
    RequestPage,
    StatusEventOut,
    Transitioned,
    TransitionIn,
)
from feedback_api.services import ServicesDep
from feedback_api.shapes import quote_out
from feedback_nlp.labels import RequestStatus
from feedback_nlp.loop import allowed_from
from feedback_nlp.requests import reading
from feedback_nlp.requests.moving import apply_transition, get_request
from feedback_nlp.requests.reading import RequestFilter, RequestPosition
from feedback_nlp.store.tables import FeatureRequest

router = APIRouter(prefix="/v1/requests", tags=["需求"])
_LIST = "requests"
_MAX_QUOTES = 50

RequestKey = Annotated[
    str,
    Path(pattern=r"^REQ-[1-9][0-9]{0,8}$", description="需求编号", examples=["REQ-12"]),
]


@router.get("", operation_id="list_requests", responses=document(422, 503))
def list_requests(
    request: Request,
    response: Response,
    services: ServicesDep,
    asked: Annotated[RequestQuery, Query()],
) -> RequestPage:
    """需求，优先级高的在前；带得分的构成和区间。"""
    after = decode_cursor(_LIST, asked.cursor, _position)
    wanted = RequestFilter(
        statuses=[item.value for item in asked.status or ()],
        intent=asked.intent,
        product=asked.product,
        owner=asked.owner,
        topic_id=asked.topic,
    )
    with services.database.read() as session:
        rows = reading.request_page(session, wanted, limit=asked.limit + 1, after=after)
    page, next_cursor = cut_page(rows, asked.limit, _cursor_of, request=request, response=response)
    return RequestPage(
        items=[RequestOut.model_validate(row) for row in page], next_cursor=next_cursor
    )


@router.get("/{key}", operation_id="get_request", responses=document(404, 422, 503))
def get_one(services: ServicesDep, key: RequestKey) -> RequestDetail:
    """一个需求：证据原话、状态历史、现在能改成什么。"""
    with services.database.read() as session:
        detail = reading.request_detail(session, key)
        evidence = reading.evidence_quotes(session, detail.request.id or 0, limit=_MAX_QUOTES)
    return RequestDetail(
        **RequestOut.model_validate(detail.request).model_dump(),
        evidence_count=detail.evidence_count,
        people_count=detail.people_count,
        evidence=[quote_out(quote) for quote in evidence],
        history=[StatusEventOut.model_validate(event) for event in detail.history],
        notices=detail.notices,
        allowed_transitions=list(allowed_from(RequestStatus(detail.request.status))),
    )


@router.post(
    "/{key}/transitions",
    operation_id="transition_request",
    responses=document(400, 404, 409, 413, 422, 503),
)
def transition_request(
    services: ServicesDep,
    key: RequestKey,
    wanted: Annotated[
        TransitionIn,
        Body(
            openapi_examples={
                "排期": Example(value={"to": "planned", "actor": "林晓", "reason": "排进 3.3 版"}),
                "不采纳": Example(
                    value={"to": "declined", "actor": "林晓", "reason": "与隐私政策冲突"}
                ),
                "重复": Example(
                    value={"to": "duplicate", "actor": "林晓", "duplicate_of": "REQ-3"}
                ),
            }
        ),
    ],
) -> Transitioned:
    """改状态。已经是这个状态就什么也不做，所以可以放心重试；不允许的流转返回 409。"""
    with services.database.write() as session:
        reading.lock_request(session, key)
        request = get_request(session, key)
        before = RequestStatus(request.status)
        done = before is wanted.to and wanted.duplicate_of in (None, request.duplicate_of_key)
        if not done:
            apply_transition(
                session,
                key,
                wanted.to,
                actor=wanted.actor,
                now=services.now(),
                reason=wanted.reason,
                duplicate_of=wanted.duplicate_of,
            )
        after = RequestOut.model_validate(get_request(session, key))
    return Transitioned(changed=not done, from_status=before, request=after)


def _cursor_of(request: FeatureRequest) -> str:
    return encode_cursor(_LIST, reading.position_of(request))


def _position(key: list[Any]) -> RequestPosition:
    priority, request_id = key
    score = float(priority)
    if not math.isfinite(score):
        raise ValueError(priority)
    return RequestPosition(score, bounded(request_id))
