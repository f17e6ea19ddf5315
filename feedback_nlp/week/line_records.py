"""The rows behind a digest, as the lines of its workbook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FeedbackLine:
    """One feedback of the week as a line of the workbook.

    Attributes:
        occurred_at: Aware.
        topics: Names of the topics of its units.
    """

    feedback_id: int
    occurred_at: datetime
    channel: str
    product: str | None
    app_version: str | None
    region: str | None
    segment: str | None
    rating: float | None
    text: str
    sentiment: str | None
    intent: str | None
    topics: tuple[str, ...]
    is_burst: bool
    is_spam: bool
    is_copy: bool


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One counted unit in a topic, of the week or the one before, as a line of the workbook.

    Attributes:
        weeks_ago: 0 for the week itself, 1 for the one before.
        occurred_at: Aware.
    """

    topic_id: int
    topic: str
    weeks_ago: int
    feedback_id: int
    occurred_at: datetime
    channel: str
    rating: float | None
    text: str
    sentiment: str
    intent: str


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request as a line of the workbook."""

    key: str
    title: str
    intent: str
    status: str
    reporter_status: str
    owner: str | None
    product: str | None
    priority: float | None
    priority_low: float | None
    priority_high: float | None
    rice: float | None
    ice: float | None
    people_count: int
    effort: float | None
    strategic_weight: float | None
    duplicate_of_key: str | None
    updated_at: datetime
