"""What people do to a request: make it by hand, write about it, move it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response
from fastapi.openapi.models import Example
from sqlmodel import Session

from feedback_api.errors import document
from feedback_api.request_schemas import (
    Edited,
    RequestIn,
    RequestOut,
    RequestPatch,
    Transitioned,
    TransitionIn,
)
from feedback_api.routes.versions import RequestKey, SeenVersion, etag
from feedback_api.services import ServicesDep
from feedback_api.shapes import request_out
from feedback_nlp.errors import InputError
from feedback_nlp.requests.estimating import edit_request
from feedback_nlp.requests.making import NewRequest, make_request
from feedback_nlp.requests.moving import Move, move_request
from feedback_nlp.requests.versions import Expected
from feedback_nlp.store.tables import FeatureRequest

router = APIRouter(prefix="/v1/requests", tags=["需求"])

_MADE_BEFORE: dict[int | str, dict[str, Any]] = {
    200: {"model": RequestOut, "description": "同一个人以前提过同样的需求，没有再建"}
}


@router.post(
    "",
    operation_id="make_request",
    status_code=201,
    responses={**_MADE_BEFORE, **document(400, 404, 409, 413, 422, 503)},
)
def make(
    services: ServicesDep,
    response: Response,
    wanted: Annotated[
        RequestIn,
        Body(
            openapi_examples={
                "手工提一个": Example(
                    value={"title": "记账支持语音输入", "intent": "feature", "actor": "林晓"}
                )
            }
        ),
    ],
) -> RequestOut:
    """手工提一个需求，可以指定证据来自哪个主题。同一个人重复提同样的，返回原来那个（200）。"""
    with services.database.write() as session:
        made = make_request(
            session,
            NewRequest(**wanted.model_dump()),
            now=services.local_now(),
            config=services.config.rank,
            zone=services.settings.zone,
        )
        shown = _shown(session, made.request, response)
    if not made.created:
        response.status_code = 200
    response.headers["Location"] = f"/v1/requests/{shown.key}"
    return shown


@router.patch(
    "/{key}",
    operation_id="edit_request",
    responses=document(400, 404, 409, 413, 422, 503),
)
def edit(
    services: ServicesDep,
    response: Response,
    key: RequestKey,
    seen: SeenVersion,
    wanted: Annotated[
        RequestPatch,
        Body(
            openapi_examples={
                "估工作量": Example(value={"actor": "林晓", "effort": 0.3, "owner": "小王"}),
                "清空截止日": Example(value={"actor": "林晓", "due": None}),
            }
        ),
    ],
) -> Edited:
    """写负责人、工作量、战略权重、标题、截止日、计划版本、标签、任务链接；没写的不动，null 清空。改动记入历史，全部需求重新排序。"""
    values = {name: getattr(wanted, name) for name in wanted.model_fields_set - {"actor", "reason"}}
    if not values:
        raise InputError("没有写要改什么", reason="nothing-to-edit")
    with services.database.write() as session:
        edited = edit_request(
            session,
            key,
            values,
            actor=wanted.actor,
            now=services.local_now(),
            config=services.config.rank,
            zone=services.settings.zone,
            expected=Expected(version=seen),
            reason=wanted.reason,
        )
        return Edited(changed=edited.changed, request=_shown(session, edited.request, response))


@router.post(
    "/{key}/transitions",
    operation_id="transition_request",
    responses=document(400, 404, 409, 413, 422, 503),
)
def transition_request(
    services: ServicesDep,
    response: Response,
    key: RequestKey,
    seen: SeenVersion,
    wanted: Annotated[
        TransitionIn,
        Body(
            openapi_examples={
                "排期": Example(
                    value={
                        "to": "planned",
                        "actor": "林晓",
                        "reason": "排进 3.3 版",
                        "expected_status": "new",
                    }
                ),
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
    """改状态。同一个人重发同一步什么也不做，可以放心重试；别人抢先改了、不允许的流转都返回 409。"""
    move = Move(
        to=wanted.to,
        actor=wanted.actor,
        reason=wanted.reason,
        duplicate_of=wanted.duplicate_of,
        expected=Expected(version=seen, status=wanted.expected_status),
    )
    with services.database.write() as session:
        moved = move_request(session, key, move, now=services.local_now())
        return Transitioned(
            changed=moved.changed,
            from_status=moved.from_status,
            request=_shown(session, moved.request, response),
        )


def _shown(session: Session, request: FeatureRequest, response: Response) -> RequestOut:
    response.headers["ETag"] = etag(request.version)
    return request_out(session, request)
