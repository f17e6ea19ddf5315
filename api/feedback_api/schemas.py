"""Shapes of requests and responses. Field names are the words of the design, in snake_case.

Requests refuse unknown fields, so a misspelt one is not silently lost.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from feedback_api.validation import Moment, Plain, Word
from feedback_nlp.labels import (
    Intent,
    Sentiment,
    Signal,
    SourceKind,
    TopicEventKind,
    TopicState,
)

MAX_ITEMS = 1_000
MAX_TEXT_CHARS = 100_000
MAX_CLASSIFY_ITEMS = 500
MAX_CLASSIFY_CHARS = 20_000

Key = Annotated[Plain, Field(min_length=1, max_length=300)]
MetaText = Annotated[Plain, Field(max_length=2_000)]
MetaNumber = Annotated[int, Field(ge=-(2**53), le=2**53)]
MetaValue = MetaText | bool | MetaNumber | float | list[MetaText] | None


class Incoming(BaseModel):
    """What callers send; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Outgoing(BaseModel):
    """What callers get."""

    model_config = ConfigDict(from_attributes=True)


# ── feedback in ──────────────────────────────────────────────────────────────


class SourceIn(Incoming):
    """Where the feedback comes from; made at first use, found by its name afterwards."""

    name: Word = Field(description="来源名称", examples=["官网反馈"])
    kind: SourceKind = Field(description="来源类型；已有来源的类型不能改", examples=["in_app"])
    product: Word | None = Field(
        default=None, description="没写产品的条目用它，也记作来源的默认产品", examples=["小岛记账"]
    )


class FeedbackIn(Incoming):
    """One thing one person said once."""

    source_key: Key = Field(
        description="在来源里唯一；同一个键再发一次算重复，不会存两份", examples=["fb-1001"]
    )
    text: Plain = Field(
        max_length=MAX_TEXT_CHARS,
        min_length=1,
        description="说了什么；个人信息在入库前脱敏",
        examples=["升级到 3.2 以后一点记账就闪退"],
    )
    title: Plain = Field(max_length=500, default="", description="标题，会并入正文一起分析")
    thread_key: Key | None = Field(default=None, description="同一串对话的编号")
    author: Key | None = Field(
        default=None, description="作者标识，只存带密钥的哈希", examples=["user-87"]
    )
    rating: float | None = Field(
        default=None, strict=True, ge=1, le=5, description="星级 1–5", examples=[1]
    )
    product: Word | None = Field(default=None, description="产品", examples=["小岛记账"])
    channel: Plain | None = Field(
        max_length=100, default=None, description="渠道", examples=["官网"]
    )
    app_version: Plain | None = Field(
        max_length=60, default=None, description="版本", examples=["3.2.0"]
    )
    device: Word | None = Field(default=None, description="设备", examples=["iPhone 15"])
    region: Plain | None = Field(
        max_length=100, default=None, description="地区", examples=["浙江"]
    )
    segment: Plain | None = Field(
        max_length=100, default=None, description="用户分层", examples=["付费"]
    )
    occurred_at: Moment | None = Field(
        default=None,
        description="什么时候说的；不带时区按服务的时区，不填记为收到的时间",
        examples=["2026-11-16T09:30:00+08:00"],
    )
    meta: dict[Key, MetaValue] = Field(
        default_factory=dict, max_length=50, description="其他信息，例如问卷的选择题"
    )


class FeedbackPost(Incoming):
    """One or many feedback of one source."""

    source: SourceIn
    items: Annotated[
        list[Any],
        Field(min_length=1, max_length=MAX_ITEMS),
        # Items are checked one by one, so that one bad item does not hold up the others.
        WithJsonSchema(
            {
                "type": "array",
                "title": "Items",
                "description": f"一次 1–{MAX_ITEMS} 条；不合格的条目单独拒收，不影响其他条目",
                "items": {"$ref": "#/components/schemas/FeedbackIn"},
                "minItems": 1,
                "maxItems": MAX_ITEMS,
            }
        ),
    ]


class ItemOutcome(Outgoing):
    """What became of one item."""

    index: int = Field(description="在 items 里的位置，从 0 起")
    source_key: str | None
    status: Literal["accepted", "duplicate", "rejected"]
    id: int | None = Field(default=None, description="存成了哪一条反馈；拒收的没有")
    reason: str | None = Field(default=None, description="拒收原因，英文代码")
    detail: str | None = Field(default=None, description="拒收原因，中文")


class FeedbackPosted(Outgoing):
    """What became of a post. read = accepted + duplicate + rejected."""

    batch_id: int
    read_count: int
    accepted_count: int
    duplicate_count: int
    rejected_count: int
    items: list[ItemOutcome]


# ── feedback out ─────────────────────────────────────────────────────────────


class UnitOut(Outgoing):
    """The smallest stretch that makes one point: ``text`` = feedback.text[start:end]."""

    id: int
    start: int = Field(description="起点，按 Unicode 字符计")
    end: int = Field(description="终点（不含）")
    text: str
    sentiment: Sentiment
    sentiment_score: float = Field(description="−1…1")
    intent: Intent
    confidence: float = Field(description="意图的把握，0–1")
    topic_id: int | None
    topic_name: str | None


class FeedbackOut(Outgoing):
    """One stored feedback; the analysis fields are null until the next ``analyze``."""

    id: int
    source: str
    kind: SourceKind
    source_key: str
    thread_key: str | None
    title: str
    text: str
    rating: float | None
    product: str | None
    channel: str | None
    app_version: str | None
    device: str | None
    region: str | None
    segment: str | None
    occurred_at: datetime
    ingested_at: datetime
    sentiment: Sentiment | None
    sentiment_score: float | None
    intent: Intent | None
    signals: list[Signal]
    is_spam: bool
    is_burst: bool = Field(description="短时间内大量复制粘贴的一条")
    duplicate_of: int | None = Field(description="与哪一条是同一份内容")
    units: list[UnitOut]
    meta: dict[str, Any]


class FeedbackPage(Outgoing):
    """One page of feedback, newest first."""

    items: list[FeedbackOut]
    next_cursor: str | None


# ── topics ───────────────────────────────────────────────────────────────────


class TopicOut(Outgoing):
    """A topic and its size in the asked stretch of time."""

    id: int
    name: str
    named_by: Literal["auto", "person", "llm"] = Field(
        description="名字从哪来：引擎、人、语言模型（模型命名）"
    )
    keywords: list[str]
    parent_id: int | None
    is_theme: bool
    kind: Literal["issue", "vent", "praise"]
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
