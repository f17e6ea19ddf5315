"""Who changed what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from feedback_api.errors import document
from feedback_api.paging import bounded, cut_page, decode_cursor, encode_cursor
from feedback_api.parameters import StretchQuery
from feedback_api.schemas import Outgoing
from feedback_api.services import ServicesDep
from feedback_api.validation import Word
from feedback_nlp.access.audit import AuditFilter, audit_page

router = APIRouter(prefix="/v1/audit", tags=["管理"])
_LIST = "audit"


class AuditQuery(StretchQuery):
    """Which lines of the audit trail are wanted."""

    actor: Word | None = Field(default=None, description="密钥名")
    action: Word | None = Field(default=None, description="做了什么，例如 request.move")
    subject: Word | None = Field(default=None, description="对什么，例如 request:REQ-12")


class AuditOut(Outgoing):
    """One line."""

    id: int
    happened_at: datetime
    actor: str = Field(description="密钥名；在终端里是系统用户名")
    via: str = Field(description="key、session、local 或 cli")
    action: str
    subject: str
    detail: dict[str, Any] = Field(description="改前改后的摘要，不含个人信息")
    request_id: str = Field(description="哪次请求，同响应头 X-Request-ID")


class AuditPage(Outgoing):
    """A page of the audit trail."""

    items: list[AuditOut]
    next_cursor: str | None


@router.get("", operation_id="list_audit", responses=document(422, 503))
def list_audit(
    request: Request,
    response: Response,
    services: ServicesDep,
    asked: Annotated[AuditQuery, Query()],
) -> AuditPage:
    """谁在什么时候改了什么，新的在前；只增不改。"""
    stretch = asked.stretch(services.settings.zone)
    wanted = AuditFilter(asked.actor, asked.action, asked.subject, stretch.since, stretch.until)
    before = decode_cursor(_LIST, asked.cursor, lambda key: bounded(key[0]))
    with services.database.read() as session:
        rows = audit_page(session, wanted, limit=asked.limit + 1, before_id=before)
    page, cursor = cut_page(
        rows,
        asked.limit,
        lambda row: encode_cursor(_LIST, (row.id or 0,)),
        request=request,
        response=response,
    )
    return AuditPage(items=[AuditOut.model_validate(row) for row in page], next_cursor=cursor)
