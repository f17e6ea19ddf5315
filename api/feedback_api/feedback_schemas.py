"""Shapes of feedback: what callers send, what became of it, and what they read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from feedback_api.schemas import Incoming, Outgoing
from feedback_api.validation import Moment, Plain, Seen, Word
from feedback_nlp.labels import Intent, ItemStatus, Sentiment, Signal, SourceKind

MAX_ITEMS = 1_000
MAX_TEXT_CHARS = 100_000

Key = Annotated[Plain, Field(min_length=1, max_length=300)]
MetaText = Annotated[Plain, Field(max_length=2_000)]
MetaNumber = Annotated[int, Field(ge=-(2**53), le=2**53)]
MetaValue = MetaText | bool | MetaNumber | float | list[MetaText] | None


class SourceIn(Incoming):
    """Where the feedback comes from; made at first use, found by its name afterwards."""

    name: Seen = Field(description="来源名称", examples=["官网反馈"])
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
    status: ItemStatus
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
