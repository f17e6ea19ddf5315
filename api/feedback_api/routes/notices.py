"""Notices: tell the people who asked what became of it, each of them once."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Body, Query
from fastapi.openapi.models import Example

from feedback_api.errors import document
from feedback_api.notice_schemas import (
    NoticeCancel,
    NoticeOut,
    NoticePage,
    NoticePreviewOut,
    NoticeSettingsOut,
    NoticeSettingsPatch,
    NoticesSentOut,
    NoticeStep,
    Unsubscribed,
    Unsubscription,
)
from feedback_api.parameters import Before, RowId
from feedback_api.routes.versions import RequestKey
from feedback_api.services import ServicesDep
from feedback_nlp.access.caller import current
from feedback_nlp.jobs import notices as jobs
from feedback_nlp.labels import NoticeStatus
from feedback_nlp.requests.notice_list import notice_rows, refuse_notices
from feedback_nlp.requests.notice_words import notice_settings, set_route, set_template

router = APIRouter(prefix="/v1", tags=["通知"])


@router.get("/notices", operation_id="list_notices", responses=document(422, 503))
def list_notices(
    services: ServicesDep,
    request: Annotated[
        str | None, Query(pattern=r"^REQ-[0-9]{1,9}$", description="只看这条需求的")
    ] = None,
    status: Annotated[NoticeStatus | None, Query(description="只看这种状态")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="最多几条")] = 50,
    before: Before = None,
) -> NoticePage:
    """要告诉提过需求的人的话，每人每个状态一条，新的在前。"""
    with services.database.read() as session:
        rows = notice_rows(session, request=request, status=status, limit=limit, before_id=before)
        return NoticePage(items=[NoticeOut.of(row) for row in rows])


@router.get(
    "/requests/{key}/notices/preview",
    operation_id="preview_notices",
    responses=document(404, 422, 503),
)
def preview_notices(services: ServicesDep, key: RequestKey) -> NoticePreviewOut:
    """能通知到几人、通知不到几人和原因，第一个人会看到什么；什么也不发。"""
    with services.database.read() as session:
        seen = jobs.preview_notices(session, key, services.outlets, zone=services.settings.zone)
        return NoticePreviewOut(**asdict(seen))


@router.post(
    "/requests/{key}/notices/send",
    operation_id="send_notices",
    responses=document(400, 404, 422, 503),
)
def send_notices(services: ServicesDep, key: RequestKey) -> NoticesSentOut:
    """把一条需求的通知交给发件箱；重复调用不会重复通知。worker 随后发出。"""
    with services.database.write() as session:
        done = jobs.send_notices(
            session, key, services.outlets, zone=services.settings.zone, now=services.now()
        )
        return NoticesSentOut(**asdict(done))


@router.post(
    "/notices/{notice_id}/retry",
    operation_id="retry_notice",
    responses=document(404, 409, 422, 503),
)
def retry_notice(services: ServicesDep, notice_id: RowId) -> NoticeStep:
    """重发一条失败的通知。"""
    with services.database.write() as session:
        notice = jobs.retry_notice(session, notice_id, now=services.now())
        return NoticeStep(id=notice_id, status=NoticeStatus(notice.status))


@router.post(
    "/notices/{notice_id}/cancel",
    operation_id="cancel_notice",
    responses=document(400, 404, 409, 413, 422, 503),
)
def cancel_notice(
    services: ServicesDep,
    notice_id: RowId,
    wanted: Annotated[
        NoticeCancel, Body(openapi_examples={"取消": Example(value={"reason": "改为电话告知"})})
    ],
) -> NoticeStep:
    """取消一条还没有发出的通知。"""
    with services.database.write() as session:
        notice = jobs.cancel_notice(session, notice_id, reason=wanted.reason, now=services.now())
        return NoticeStep(id=notice_id, status=NoticeStatus(notice.status))


@router.post(
    "/notices/unsubscribe",
    operation_id="unsubscribe_notices",
    responses=document(400, 404, 413, 422, 503),
)
def unsubscribe(services: ServicesDep, wanted: Unsubscription) -> Unsubscribed:
    """写这条反馈的人不再收任何通知；已在发件箱里的也不再发出。"""
    caller = current()
    with services.database.write() as session:
        changed = refuse_notices(
            session,
            source=wanted.source,
            source_key=wanted.source_key,
            actor=caller.name if caller else "API",
            now=services.now(),
        )
        return Unsubscribed(changed=changed)


@router.get("/notice-settings", operation_id="get_notice_settings", responses=document(503))
def get_notice_settings(services: ServicesDep) -> NoticeSettingsOut:
    """通知的文字，和每个来源用哪个出口回复。"""
    with services.database.read() as session:
        return NoticeSettingsOut.model_validate(notice_settings(session))


@router.patch(
    "/notice-settings",
    operation_id="edit_notice_settings",
    responses=document(400, 404, 413, 422, 503),
)
def edit_notice_settings(services: ServicesDep, wanted: NoticeSettingsPatch) -> NoticeSettingsOut:
    """改通知的文字和出口；没写的不动，null 改回自带的文字，或不再回复那个来源。"""
    for outlet in wanted.routes.values():
        if outlet is not None:
            services.outlets.sender(outlet)
    with services.database.write() as session:
        for status, text in wanted.templates.items():
            set_template(session, status, text)
        for source, outlet in wanted.routes.items():
            set_route(session, source, outlet)
        return NoticeSettingsOut.model_validate(notice_settings(session))
