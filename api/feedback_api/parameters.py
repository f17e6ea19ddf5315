"""The query parameters of the list routes, one shape each, and no other parameter anywhere.

A parameter that a route does not know is refused: a misspelt filter must not silently
answer with everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import Path, Query, Request
from pydantic import Field

from feedback_api.errors import ProblemError
from feedback_api.schemas import Incoming
from feedback_api.validation import MAX_ID, EndMoment, FieldError, Moment, Word, in_zone, pointer
from feedback_nlp.clean.characters import clean_characters
from feedback_nlp.errors import InputError
from feedback_nlp.labels import Intent, RequestStatus, Sentiment, TopicState
from feedback_nlp.store.queries import FeedbackFilter
from feedback_nlp.weeks import Week

RowId = Annotated[int, Path(ge=1, le=MAX_ID, description="编号")]
Before = Annotated[int | None, Query(ge=1, le=MAX_ID, description="只要编号更小的")]
# Years that end with a 53rd ISO week: 28 December is always in a year's last one.
_LONG = "|".join(
    f"{year % 100:02}" for year in range(2000, 2100) if date(year, 12, 28).isocalendar().week == 53
)
_WEEK = rf"20(?:[0-9]{{2}}-W(?:0[1-9]|[1-4][0-9]|5[0-2])|(?:{_LONG})-W53)"
_MONTH = r"20[0-9]{2}-(?:0[1-9]|1[0-2])"
WEEK = rf"^{_WEEK}$"
PERIOD = rf"^(?:{_WEEK}|{_MONTH})$"
LATEST_OR_PERIOD = rf"^(?:latest|{_WEEK}|{_MONTH})$"


class PageQuery(Incoming):
    """Which page of a list."""

    limit: int = Field(default=50, ge=1, le=200, description="每页多少条")
    cursor: Word | None = Field(
        default=None, max_length=200, description="上一页返回的 next_cursor；不填从头开始"
    )


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time ``[since, until)``, aware; ``None`` is open."""

    since: datetime | None
    until: datetime | None


class StretchQuery(PageQuery):
    """A page of a list over a stretch of time."""

    week: str | None = Field(
        default=None,
        pattern=WEEK,
        description="哪一周（周一到周日），例如 2026-W47",
    )
    from_: Moment | None = Field(
        default=None, alias="from", description="从何时起，日期或时刻，例如 2026-11-16"
    )
    to: EndMoment | None = Field(
        default=None, description="到何时止；写日期则含当天，写时刻则不含该时刻"
    )

    def stretch(self, zone: ZoneInfo) -> Stretch:
        """Return the stretch that all three name together.

        Raises:
            InputError: If the year has no such week.
        """
        since = in_zone(self.from_, zone) if self.from_ else None
        until = in_zone(self.to, zone) if self.to else None
        if self.week is not None:
            start, end = Week.parse(self.week).bounds(zone)
            since = max(since, start) if since else start
            until = min(until, end) if until else end
        return Stretch(since, until)


class FeedbackQuery(StretchQuery):
    """Which feedback is wanted."""

    q: Word | None = Field(
        default=None, description="中文全文检索；空格隔开的词都要出现", examples=["退款"]
    )
    source: Word | None = Field(default=None, description="来源名称")
    product: Word | None = Field(default=None, description="产品")
    channel: Word | None = Field(default=None, description="渠道")
    sentiment: Sentiment | None = Field(default=None, description="整条反馈的情感")
    intent: Intent | None = Field(default=None, description="整条反馈的意图")
    topic: int | None = Field(default=None, ge=1, le=MAX_ID, description="主题编号，含下级")

    def wanted(self, zone: ZoneInfo) -> FeedbackFilter:
        """Return which stored feedback is meant.

        Raises:
            InputError: If the year has no such week.
        """
        stretch = self.stretch(zone)
        return FeedbackFilter(
            source=self.source,
            product=self.product,
            channel=self.channel,
            sentiment=self.sentiment,
            intent=self.intent,
            topic_id=self.topic,
            since=stretch.since,
            until=stretch.until,
            query=self.q,
        )


class TopicQuery(StretchQuery):
    """Which topics are wanted."""

    state: TopicState | None = Field(default=TopicState.ACTIVE, description="主题的状态")
    kind: Literal["issue", "vent", "praise", "all"] = Field(
        default="issue",
        description="issue 具体问题，vent 泛泛的情绪，praise 表扬，all 全部",
    )
    include_muted: bool = Field(default=False, description="连静音的主题一起列")
    product: Word | None = Field(default=None, description="只数这个产品的反馈")


class RequestQuery(PageQuery):
    """Which requests are wanted."""

    status: list[RequestStatus] | None = Field(
        default=None, max_length=10, description="内部状态，可写多个：status=new&status=triaged"
    )
    intent: Intent | None = Field(default=None, description="证据里最多的意图")
    product: Word | None = Field(default=None, description="产品")
    owner: Word | None = Field(default=None, description="负责人")
    topic: int | None = Field(default=None, ge=1, le=MAX_ID, description="主题编号")


async def refuse_unknown(request: Request) -> None:
    """Refuse query parameters that the route's document does not name.

    Raises:
        ProblemError: 422, one entry a parameter, each with the list of the known ones.
    """
    if not request.query_params:
        return
    known = _known(request)
    errors = [
        FieldError(
            pointer=pointer(["query", name]), code="extra_forbidden", detail=_detail(name, known)
        )
        for name in request.query_params
        if name not in known
    ]
    if errors:
        raise ProblemError(
            422,
            InputError.code,
            InputError.title,
            f"{len(errors)} 处不合要求，见 errors",
            errors=errors,
        )


def _known(request: Request) -> list[str]:
    operation = request.app.openapi()["paths"][request.scope["route"].path_format][
        request.method.lower()
    ]
    return [item["name"] for item in operation.get("parameters", ()) if item["in"] == "query"]


def _detail(name: str, known: list[str]) -> str:
    shown = clean_characters(name)[:100]
    if not known:
        return f"没有 {shown} 这个参数；这个地址不收查询参数"
    return f"没有 {shown} 这个参数；可用的参数：{'、'.join(known)}"
