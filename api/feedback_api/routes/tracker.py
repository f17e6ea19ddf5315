"""Around a request: comments, the card for a tracker, reasons to decline it with."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Response
from fastapi.openapi.models import Example

from feedback_api.errors import document
from feedback_api.parameters import PERIOD
from feedback_api.request_schemas import (
    BrokenPromiseOut,
    Card,
    Commented,
    CommentIn,
    CommentOut,
    DeclineReasonOut,
    DeclineReasons,
    LateRequestOut,
    LoopOut,
)
from feedback_api.routes.versions import RequestKey
from feedback_api.services import ServicesDep
from feedback_api.validation import REQUEST_KEY, Word
from feedback_nlp.clean.pseudonyms import Pseudonymizer
from feedback_nlp.requests.card import markdown_card
from feedback_nlp.requests.comments import add_comment
from feedback_nlp.requests.declining import decline_reasons
from feedback_nlp.requests.late import late_requests
from feedback_nlp.requests.moving import get_request
from feedback_nlp.requests.reading import request_row
from feedback_nlp.store.keys import deployment_secret
from feedback_nlp.store.topic_reading import people_word

router = APIRouter(prefix="/v1", tags=["需求"])


@router.post(
    "/requests/{key}/comments",
    operation_id="comment_on_request",
    status_code=201,
    responses={
        200: {"model": Commented, "description": "同一个人刚说过同样的话，没有再记"},
        **document(400, 404, 413, 422, 503),
    },
)
def comment(
    services: ServicesDep,
    response: Response,
    key: RequestKey,
    wanted: Annotated[
        CommentIn,
        Body(
            openapi_examples={
                "对过方案": Example(value={"actor": "林晓", "text": "和相册组对过，下周给方案"})
            }
        ),
    ],
) -> Commented:
    """团队内的评论，只增不改，反馈者看不到。手机号等个人信息先替换再存。"""
    with services.database.write() as session:
        pseudonymizer = Pseudonymizer(deployment_secret(session, services.settings.plain_secret))
        added, said = add_comment(
            session,
            key,
            wanted.text,
            actor=wanted.actor,
            now=services.now(),
            pseudonymizer=pseudonymizer,
        )
        shown = CommentOut.model_validate(said)
    if not added:
        response.status_code = 200
    return Commented(added=added, comment=shown)


@router.get(
    "/requests/{key}/card", operation_id="get_request_card", responses=document(404, 422, 503)
)
def card(services: ServicesDep, key: RequestKey) -> Card:
    """一个需求写成 Markdown，整段复制到 Jira、TAPD、禅道或 GitHub；原话里的链接和 @ 不会生效。"""
    with services.database.read() as session:
        row = request_row(session, get_request(session, key))
        people = people_word(session)
        return Card(markdown=markdown_card(row, zone=services.settings.zone, people=people))


@router.get(
    "/decline-reasons", operation_id="list_decline_reasons", responses=document(404, 422, 503)
)
def reasons(
    services: ServicesDep,
    request: Annotated[
        str | None,
        Query(
            pattern=REQUEST_KEY,
            description="要不采纳的需求；为同样的诉求用过的理由排在前面",
            examples=["REQ-12"],
        ),
    ] = None,
) -> DeclineReasons:
    """以前不采纳的理由，可以再用。"""
    with services.database.read() as session:
        found = decline_reasons(session, request)
    return DeclineReasons(items=[DeclineReasonOut.model_validate(item) for item in found])


@router.get("/loop", operation_id="get_loop", responses=document(404, 422, 503))
def loop(
    services: ServicesDep,
    week: Annotated[
        str | None,
        Query(
            pattern=PERIOD,
            description="截至哪一周或哪一月；不写是最近一个已结束、数据量正常的周",
            examples=["2026-W47"],
        ),
    ] = None,
    product: Annotated[Word | None, Query(description="只看这个产品")] = None,
) -> LoopOut:
    """闭环率、首次答复天数、失约、不采纳后又来提的人，截至一周结束；还有现在超期的需求。"""
    digest = services.week(week, product)
    figures = digest.loop_figures
    with services.database.read() as session:
        late = late_requests(
            session,
            limits=services.config.loop.business_days,
            now=services.local_now(),
            product=product,
        )
    return LoopOut(
        week=digest.week,
        closure_rate=figures.closure_rate,
        broken=[BrokenPromiseOut.model_validate(item) for item in figures.broken],
        late=[LateRequestOut.model_validate(item) for item in late],
        repeat_keys=list(figures.repeat_keys),
        **{
            name: getattr(figures, name)
            for name in (
                "requests",
                "closed",
                "answered",
                "median_days",
                "told_people",
                "told_notices",
                "repeat_people",
            )
        },
    )
