"""Requests: the ranked list, one with its evidence and history."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from feedback_api.errors import document
from feedback_api.paging import bounded, cut_page, decode_cursor, encode_cursor
from feedback_api.parameters import PageQuery, RequestQuery
from feedback_api.request_schemas import (
    ClockOut,
    CommentOut,
    EvidencePage,
    LinkedOut,
    RequestDetail,
    RequestEditOut,
    RequestOut,
    RequestPage,
    StatusEventOut,
    VerificationOut,
)
from feedback_api.routes.versions import RequestKey, etag
from feedback_api.services import ServicesDep
from feedback_api.shapes import evidence_out, request_fields
from feedback_nlp.labels import RequestStatus
from feedback_nlp.loop import allowed_from, clock_of
from feedback_nlp.requests import reading
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.requests.moving import get_request
from feedback_nlp.requests.quoting import EvidencePosition, RequestQuote, evidence_page
from feedback_nlp.requests.reading import RequestFilter, RequestPosition, RequestRow
from feedback_nlp.requests.verifying import verifications, words_of

router = APIRouter(prefix="/v1/requests", tags=["需求"])
_LIST = "requests"
_EVIDENCE = "evidence"


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
        items=[RequestOut.model_validate(request_fields(row)) for row in page],
        next_cursor=next_cursor,
    )


@router.get("/{key}", operation_id="get_request", responses=document(404, 422, 503))
def get_one(services: ServicesDep, response: Response, key: RequestKey) -> RequestDetail:
    """一个需求：证据原话、状态历史、现在能改成什么。响应头 ETag 是它的版本，改它时写进 If-Match。"""
    with services.database.read() as session:
        detail = reading.request_detail(session, key)
        checks = verifications(session, id_of(detail.row.request))
    request = detail.row.request
    response.headers["ETag"] = etag(request.version)
    clock = clock_of(
        RequestStatus(request.status),
        detail.since,
        limits=services.config.loop.business_days,
        now=services.local_now(),
    )
    return RequestDetail(
        **request_fields(detail.row),
        evidence=evidence_out(detail.evidence),
        history=[StatusEventOut.model_validate(event) for event in detail.history],
        edits=[RequestEditOut.model_validate(edit) for edit in detail.edits],
        verifications=[VerificationOut.of(found, words_of(found)) for found in checks],
        notices=detail.notices,
        comments=[CommentOut.model_validate(comment) for comment in detail.comments],
        links=[LinkedOut.model_validate(link) for link in detail.links],
        clock=ClockOut.model_validate(clock),
        allowed_transitions=list(allowed_from(RequestStatus(request.status))),
    )


@router.get(
    "/{key}/verification", operation_id="get_verification", responses=document(404, 422, 503)
)
def get_verification(services: ServicesDep, key: RequestKey) -> list[VerificationOut]:
    """每次发布有没有见效：发布前后多少人说，和同期别的主题比，带区间。新的在前，没发布过就是空。"""
    with services.database.read() as session:
        checks = verifications(session, id_of(get_request(session, key)))
        return [VerificationOut.of(found, words_of(found)) for found in checks]


@router.get("/{key}/evidence", operation_id="list_evidence", responses=document(404, 422, 503))
def list_evidence(
    request: Request,
    response: Response,
    services: ServicesDep,
    key: RequestKey,
    asked: Annotated[PageQuery, Query()],
) -> EvidencePage:
    """一个需求的全部证据，最新的在前。"""
    list_name = f"{_EVIDENCE} {key}"
    after = decode_cursor(list_name, asked.cursor, _evidence_position)
    with services.database.read() as session:
        request_id = id_of(get_request(session, key))
        quotes = evidence_page(session, request_id, limit=asked.limit + 1, after=after)

    def cursor_of(quote: RequestQuote) -> str:
        return encode_cursor(list_name, (quote.occurred_at.isoformat(), quote.unit_id))

    page, next_cursor = cut_page(quotes, asked.limit, cursor_of, request=request, response=response)
    return EvidencePage(items=evidence_out(page), next_cursor=next_cursor)


def _cursor_of(row: RequestRow) -> str:
    return encode_cursor(_LIST, reading.position_of(row.request))


def _evidence_position(key: list[Any]) -> EvidencePosition:
    occurred_at, unit_id = key
    moment = datetime.fromisoformat(occurred_at)
    if moment.tzinfo is None:
        raise ValueError(occurred_at)
    return EvidencePosition(moment, bounded(unit_id))


def _position(key: list[Any]) -> RequestPosition:
    priority, request_id = key
    score = float(priority)
    if not math.isfinite(score):
        raise ValueError(priority)
    return RequestPosition(score, bounded(request_id))
