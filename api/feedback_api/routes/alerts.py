"""What stood out, day by day, and the themes above the topics."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from feedback_api.errors import document
from feedback_api.schemas import Incoming, Outgoing
from feedback_api.services import ServicesDep
from feedback_api.validation import Day
from feedback_nlp.labels import TopicState
from feedback_nlp.store import topic_reading, topic_writing
from feedback_nlp.store.alerts import list_alerts

router = APIRouter(prefix="/v1", tags=["主题"])


class AlertQuery(Incoming):
    """Which alerts are wanted."""

    since: Day | None = Field(default=None, description="从哪天起还在继续的，例如 2026-11-16")
    limit: int = Field(default=50, ge=1, le=200, description="最多多少条")


class AlertOut(Outgoing):
    """One episode of one topic."""

    id: int
    topic_id: int
    topic_name: str
    kind: str
    day: date = Field(description="从哪天起")
    last_day: date
    days: int = Field(description="按几天一起看")
    people: int = Field(description="这几天里多少人说到")
    expected: float = Field(description="平时多少人")
    p_value: float
    is_useful: bool | None = Field(description="有人标过有用没用；没标为 null")
    marked_by: str | None
    marked_at: datetime | None


class AlertList(Outgoing):
    """The latest first."""

    items: list[AlertOut]
    total: int = Field(description="一共多少条；超过 limit 的没有列出")


class ThemeOut(Outgoing):
    """A handful of topics that belong together."""

    id: int
    name: str
    topic_ids: list[int] = Field(description="归在它下面的活跃主题，人多的在前")
    unit_count: int


class ThemeList(Outgoing):
    """The largest first."""

    items: list[ThemeOut]


@router.get("/alerts", operation_id="list_alerts", responses=document(422, 503))
def get_alerts(services: ServicesDep, asked: Annotated[AlertQuery, Query()]) -> AlertList:
    """预警：新增、再次出现、上升、复发，最近的在前。每次分析和整理主题之后重新算。"""
    with services.database.read() as session:
        rows = list_alerts(session, since=asked.since)
    items = [
        AlertOut(
            topic_name=row.topic_name,
            **row.alert.model_dump(include=set(AlertOut.model_fields) - {"topic_name"}),
        )
        for row in rows[: asked.limit]
    ]
    return AlertList(items=items, total=len(rows))


@router.get("/themes", operation_id="list_themes", responses=document(422, 503))
def get_themes(services: ServicesDep) -> ThemeList:
    """主题的上一级：哪些主题归在一起，观点多的在前。"""
    with services.database.read() as session:
        themes = topic_writing.themes(session)
        rows = topic_reading.list_topics(session)
    found = []
    for theme in themes:
        own = [row for row in rows if row.topic.parent_id == theme.id]
        if own and theme.state == TopicState.ACTIVE:
            found.append(
                ThemeOut(
                    id=theme.id or 0,
                    name=theme.name,
                    topic_ids=[row.topic.id or 0 for row in own],
                    unit_count=sum(row.unit_count for row in own),
                )
            )
    return ThemeList(items=sorted(found, key=lambda theme: (-theme.unit_count, theme.id)))
