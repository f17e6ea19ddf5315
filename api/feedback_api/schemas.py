"""Shapes of requests and responses. Field names are the words of the design, in snake_case.

Requests refuse unknown fields, so a misspelt one is not silently lost.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from feedback_api.validation import Plain
from feedback_nlp.labels import (
    Intent,
    Origin,
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
