"""Requests that are split in two, and requests that belong together."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body
from fastapi.openapi.models import Example
from sqlmodel import Session

from feedback_api.errors import document
from feedback_api.request_schemas import (
    LinkedOut,
    LinkIn,
    LinksOut,
    RequestOut,
    SplitIn,
    SplitUndone,
    UndoIn,
    UnlinkIn,
)
from feedback_api.routes.versions import RequestKey
from feedback_api.services import ServicesDep
from feedback_api.shapes import request_out
from feedback_nlp.requests.linking import link_requests, linked, unlink_requests
from feedback_nlp.requests.moving import get_request

router = APIRouter(prefix="/v1/requests", tags=["需求"])


@router.post(
    "/{key}/split",
    operation_id="split_request",
    status_code=201,
    responses=document(400, 404, 409, 413, 422, 503),
)
def split(
    services: ServicesDep,
    key: RequestKey,
    wanted: Annotated[
        SplitIn,
        Body(
            openapi_examples={
                "拆出一半": Example(
                    value={
                        "actor": "林晓",
                        "title": "导出的表格缺列",
                        "unit_ids": [1],
                        "reason": "缺列和导不出是两回事",
                    }
                )
            }
        ),
    ],
) -> RequestOut:
    """把一部分证据拆成新的需求，从“新建”开始；只提过那部分的人，原需求不再通知。可以撤销。"""
    with services.database.write() as session:
        child = services.splitter(session, wanted.actor, wanted.reason).split(
            key, wanted.unit_ids, wanted.title
        )
        return request_out(session, child)


@router.post(
    "/{key}/split/undo",
    operation_id="undo_split",
    responses=document(400, 404, 409, 413, 422, 503),
)
def undo_split(
    services: ServicesDep,
    key: RequestKey,
    wanted: Annotated[UndoIn, Body(openapi_examples={"撤销": Example(value={"actor": "林晓"})})],
) -> SplitUndone:
    """撤销最近一次拆分：证据回来，拆出的需求收回。拆出的需求有人动过就返回 409。"""
    with services.database.write() as session:
        withdrawn = services.splitter(session, wanted.actor, wanted.reason).undo(key)
        return SplitUndone(
            withdrawn=withdrawn, request=request_out(session, get_request(session, key))
        )


@router.post(
    "/{key}/links", operation_id="link_requests", responses=document(400, 404, 409, 413, 422, 503)
)
def link(
    services: ServicesDep,
    key: RequestKey,
    wanted: Annotated[
        LinkIn, Body(openapi_examples={"相关": Example(value={"actor": "林晓", "to": "REQ-2"})})
    ],
) -> LinksOut:
    """关联两个需求：相关，或一个等另一个。两个需求之间只有一种关联，再写就是换一种。"""
    with services.database.write() as session:
        changed = link_requests(
            session,
            key,
            wanted.to,
            wanted.kind,
            actor=wanted.actor,
            now=services.now(),
            reason=wanted.reason,
        )
        return _links(session, key, changed=changed)


@router.post(
    "/{key}/links/remove",
    operation_id="unlink_requests",
    responses=document(400, 404, 409, 413, 422, 503),
)
def unlink(
    services: ServicesDep,
    key: RequestKey,
    wanted: Annotated[
        UnlinkIn, Body(openapi_examples={"取消": Example(value={"actor": "林晓", "to": "REQ-2"})})
    ],
) -> LinksOut:
    """取消两个需求的关联。"""
    with services.database.write() as session:
        changed = unlink_requests(
            session,
            key,
            wanted.to,
            actor=wanted.actor,
            now=services.now(),
            reason=wanted.reason,
        )
        return _links(session, key, changed=changed)


def _links(session: Session, key: str, *, changed: bool) -> LinksOut:
    found = linked(session, get_request(session, key))
    return LinksOut(changed=changed, links=[LinkedOut.model_validate(one) for one in found])
