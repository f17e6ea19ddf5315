"""Shapes of notices."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, WithJsonSchema

from feedback_api.schemas import Incoming, Outgoing
from feedback_api.validation import Plain, Word
from feedback_nlp.labels import NoticeStatus, ReporterStatus
from feedback_nlp.loop import NOTIFYING
from feedback_nlp.requests.notice_list import NoticeRow
from feedback_nlp.requests.notice_words import TEMPLATE_FIELDS

_WHY_NOT = Field(description="通知不到多少人，按原因", examples=[{"对方已退订": 1}])


class NoticeOut(Outgoing):
    """One notice; whom it is owed to is not shown."""

    id: int
    request: str = Field(description="需求编号", examples=["REQ-12"])
    reporter_status: ReporterStatus = Field(description="告知的是什么")
    source: str = Field(description="这个人从哪个来源来")
    status: NoticeStatus = Field(
        description="pending 待发，queued 发送中，sent 已发，failed 失败，unreachable 联系不上，"
        "superseded 已被新状态取代，cancelled 已取消"
    )
    reason: str = Field(description="为什么没有发到")
    created_at: datetime
    settled_at: datetime | None

    @classmethod
    def of(cls, row: NoticeRow) -> Self:
        """Return what callers see of a row."""
        notice = row.notice
        return cls(
            id=notice.id or 0,
            request=row.request_key,
            reporter_status=ReporterStatus(notice.reporter_status),
            source=row.source,
            status=NoticeStatus(notice.status),
            reason=notice.reason,
            created_at=notice.created_at,
            settled_at=notice.settled_at,
        )


class NoticePage(Outgoing):
    """Notices, the newest first."""

    items: list[NoticeOut]


class NoticePreviewOut(Outgoing):
    """What sending would do."""

    request: str
    reporter_status: ReporterStatus
    reachable: int = Field(description="可触达多少人")
    unreachable: dict[str, int] = _WHY_NOT
    unnamed: int = Field(description="多少条反馈不知道是谁写的")
    told: int = Field(description="已经告知或正在告知多少人，不会再发")
    sample: str = Field(description="第一个人会看到的文字")


class NoticesSentOut(Outgoing):
    """What is owed now; the worker sends it."""

    queued: int = Field(description="发件箱里新增几条；0 是都发过了，或通知不到")
    unreachable: dict[str, int] = _WHY_NOT


class NoticeCancel(Incoming):
    """Why a notice is not to be sent."""

    reason: Plain = Field(default="", max_length=500, description="为什么")


class NoticeStep(Outgoing):
    """How a notice stands now."""

    id: int
    status: NoticeStatus


class Unsubscription(Incoming):
    """Whose notices are to end: whoever gave this feedback."""

    source: Word = Field(description="来源的名字")
    source_key: Word = Field(max_length=200, description="反馈在来源里的编号")


class Unsubscribed(Outgoing):
    """Whether anything changed."""

    changed: bool = Field(description="false 是以前已经退订过")


class NoticeSettingsOut(Outgoing):
    """Texts of notices, and through which outlet each source is answered."""

    templates: dict[ReporterStatus, str]
    routes: dict[str, str] = Field(description="来源的名字 → 出口的名字")


_BRACES = rf"\{{\{{|\}}\}}|\{{({'|'.join(TEMPLATE_FIELDS)})\}}"  # doubled, or around a field
_TEMPLATE = rf"^\s*([^{{}}\x00\s]|{_BRACES})([^{{}}\x00]|{_BRACES})*$"


def _of_words(schema: dict[str, Any]) -> None:
    """Say that every name is a word: pydantic's document leaves those that are none unbound."""
    ((pattern, value),) = schema.pop("patternProperties").items()
    schema["additionalProperties"] = value
    schema["propertyNames"] = {"pattern": pattern, "minLength": 1, "maxLength": 200}


class NoticeSettingsPatch(Incoming):
    """What is to change; ``null`` takes the shipped text, or answers a source no more."""

    templates: dict[
        ReporterStatus,
        Annotated[
            Plain,
            StringConstraints(min_length=1, max_length=500),
            WithJsonSchema({"type": "string", "maxLength": 500, "pattern": _TEMPLATE}),
        ]
        | None,
    ] = Field(
        default_factory=dict,
        description="可用 {title}、{product}、{date}",
        json_schema_extra={
            "propertyNames": {"enum": [status.value for status in sorted(NOTIFYING)]}
        },
    )
    routes: dict[Word, Word | None] = Field(
        default_factory=dict, max_length=200, json_schema_extra=_of_words
    )
