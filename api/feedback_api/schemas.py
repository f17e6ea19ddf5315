"""Shapes of requests and responses. Field names are the words of the design, in snake_case.

Requests refuse unknown fields, so a misspelt one is not silently lost.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from feedback_api.validation import Plain
from feedback_nlp.labels import (
    Intent,
    Origin,
    ReporterStatus,
    RequestStatus,
    Sentiment,
    Signal,
    TopicEventKind,
    TopicKind,
    TopicState,
)

MAX_CLASSIFY_ITEMS = 500
MAX_CLASSIFY_CHARS = 20_000


class Incoming(BaseModel):
    """What callers send; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Outgoing(BaseModel):
    """What callers get."""

    model_config = ConfigDict(from_attributes=True)


# ── topics ───────────────────────────────────────────────────────────────────


class TopicOut(Outgoing):
    """A topic and its size in the asked stretch of time."""

    id: int
    name: str
    named_by: Origin = Field(description="名字从哪来：引擎、人、语言模型（模型命名）")
    keywords: list[str]
    parent_id: int | None
    is_theme: bool
    kind: TopicKind
    state: TopicState
    merged_into_id: int | None
    pinned: bool
    muted: bool
    unit_count: int
    feedback_count: int
    people_count: int = Field(description="多少人；同一人、同一份内容只算一次")
    last_seen_at: datetime | None


class TopicPage(Outgoing):
    """One page of topics, those with most feedback first."""

    items: list[TopicOut]
    next_cursor: str | None


class QuoteOut(Outgoing):
    """What somebody said, word for word after redaction."""

    unit_id: int
    feedback_id: int
    text: str
    source: str
    channel: str | None
    rating: float | None
    app_version: str | None
    occurred_at: datetime
    sentiment: Sentiment
    intent: Intent


class TopicEventOut(Outgoing):
    """One entry of the ledger."""

    kind: TopicEventKind
    summary: str = Field(description="一句中文", examples=["改名：闪退 → 记账闪退"])
    actor: str
    detail: dict[str, Any]
    happened_at: datetime


class TopicDetail(TopicOut):
    """A topic with its quotes and its whole life."""

    quotes: list[QuoteOut]
    history: list[TopicEventOut] = Field(description="从早到晚，只增不改")


# ── requests ─────────────────────────────────────────────────────────────────


class RequestOut(Outgoing):
    """The actionable thing the team decides about."""

    key: str = Field(examples=["REQ-12"])
    title: str
    intent: Intent
    status: RequestStatus = Field(description="内部状态")
    reporter_status: ReporterStatus = Field(description="用户看到的状态")
    product: str | None
    topic_id: int | None
    owner: str | None
    effort: float | None = Field(description="工作量 0–1，由人填写")
    strategic_weight: float | None = Field(description="战略权重 0–1，由人填写")
    duplicate_of_key: str | None
    priority: float | None = Field(description="0–100")
    priority_low: float | None = Field(description="区间下限")
    priority_high: float | None = Field(description="区间上限")
    priority_parts: dict[str, float] = Field(description="得分的构成，每项 0–1")
    created_at: datetime
    updated_at: datetime


class RequestPage(Outgoing):
    """One page of requests, highest priority first."""

    items: list[RequestOut]
    next_cursor: str | None


class StatusEventOut(Outgoing):
    """One change of status, both tracks."""

    from_status: RequestStatus | None
    to_status: RequestStatus
    from_reporter_status: ReporterStatus | None
    to_reporter_status: ReporterStatus
    actor: str
    reason: str
    happened_at: datetime


class RequestDetail(RequestOut):
    """A request with its evidence and history."""

    evidence_count: int = Field(description="证据共多少条，evidence 里最多 50 条")
    people_count: int
    evidence: list[QuoteOut] = Field(description="最新的在前")
    history: list[StatusEventOut] = Field(description="从早到晚，只增不改")
    notices: dict[str, int] = Field(
        description="欠反馈者的通知，各种状态各多少条", examples=[{"pending": 12}]
    )
    allowed_transitions: list[RequestStatus] = Field(description="现在可以改成哪些状态")


class TransitionIn(Incoming):
    """A wanted change of status."""

    to: RequestStatus = Field(description="改成什么", examples=["planned"])
    actor: Plain = Field(max_length=100, min_length=1, description="谁改的", examples=["林晓"])
    reason: Plain = Field(
        max_length=2_000,
        default="",
        description="为什么；不采纳、退回和重开时必填",
        examples=["排进 3.3 版"],
    )
    duplicate_of: Annotated[str, Field(pattern=r"^REQ-[1-9][0-9]{0,8}$")] | None = Field(
        default=None, description="标为重复时，与哪个需求重复", examples=[None]
    )


class Transitioned(Outgoing):
    """What became of a wanted change."""

    changed: bool = Field(description="false 表示已经是这个状态（重复的调用），什么也没有再记")
    from_status: RequestStatus
    request: RequestOut


# ── classify ─────────────────────────────────────────────────────────────────


class TextIn(Incoming):
    """One text to read."""

    id: Plain | None = Field(max_length=300, default=None, description="原样带回", examples=["1"])
    text: Plain = Field(
        max_length=MAX_CLASSIFY_CHARS,
        description="原文",
        examples=["质量还行，要是能再送个小礼品就更好了"],
    )
    rating: float | None = Field(
        default=None, strict=True, ge=1, le=5, description="星级 1–5，可不填"
    )


class ClassifyPost(Incoming):
    """Texts to read; nothing is stored."""

    items: list[TextIn] = Field(min_length=1, max_length=MAX_CLASSIFY_ITEMS)


class ReadUnit(Outgoing):
    """A unit of a text that was only read."""

    start: int
    end: int
    text: str
    sentiment: Sentiment
    sentiment_score: float
    intent: Intent
    confidence: float


class ReadText(Outgoing):
    """All that the engine reads out of one text."""

    id: str | None
    text: str
    sentiment: Sentiment
    sentiment_score: float
    intent: Intent
    signals: list[Signal]
    units: list[ReadUnit]


class Classified(Outgoing):
    """The texts in the order they came."""

    items: list[ReadText]


# ── health ───────────────────────────────────────────────────────────────────


class Health(Outgoing):
    """The process answers."""

    status: Literal["ok"]
    version: str


class Readiness(Outgoing):
    """Whether this process can do its work; ``checks`` says what is wrong, in Chinese."""

    status: Literal["ok", "unready"]
    checks: dict[str, str] = Field(examples=[{"database": "ok", "schema": "ok", "models": "ok"}])
