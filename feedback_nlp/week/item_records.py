"""The single items of a weekly digest: a count, a topic, a request, a channel, a rating."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from feedback_nlp.labels import Measure, Movement
from feedback_nlp.rank import Priority


@dataclass(frozen=True, slots=True)
class Count:
    """One number, and which rows it counts.

    Attributes:
        value: The number.
        of: What it counts; people are distinct person keys.
        where: Conditions as :func:`feedback_nlp.week.counting.count` takes them.
    """

    value: int
    of: Measure
    where: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Quote:
    """One unit in the words of the person, after redaction."""

    unit_id: int
    feedback_id: int
    text: str
    channel: str
    on: date
    sentiment: str
    intent: str


@dataclass(frozen=True, slots=True)
class LinkedRequest:
    """The request that grew from a topic."""

    key: str
    status: str
    reporter_status: str
    owner: str | None


@dataclass(frozen=True, slots=True)
class TopicFigures:
    """One topic in one week.

    Attributes:
        movement: ``None`` if there is nothing to compare with.
        people, feedback: This week.
        people_last, feedback_last: The week before.
        people_total: Ever, up to the end of the week.
        series: People a week, oldest first; the last entry is this week.
        channels: People this week by channel, most first.
        segments: People this week by customer segment where it is known, most first.
        sentiments: Units this week by sentiment.
        priority: Standing in the ranking.
        why: The ranking's explanation in Chinese.
    """

    topic_id: int
    name: str
    keywords: tuple[str, ...]
    is_pinned: bool
    movement: Movement | None
    people: Count
    people_last: Count
    people_total: Count
    feedback: Count
    feedback_last: Count
    series: tuple[Count, ...]
    channels: Mapping[str, Count]
    segments: Mapping[str, Count]
    sentiments: Mapping[str, Count]
    quotes: tuple[Quote, ...]
    request: LinkedRequest | None
    priority: Priority
    why: str


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """One request that waits for a decision or for its release: a line of the second list.

    Attributes:
        topic_id: The topic it grew from, if any.
        priority, low, high: 0–100 as stored; ``None`` without a score.
        movement: The topic's, if it has one.
        people: This week, by its evidence.
        people_last: The week before.
        people_total: Ever, up to the end of the week.
        series: People a week, oldest first.
        why: Its place among the open requests, explained in Chinese.
    """

    key: str
    title: str
    status: str
    owner: str | None
    topic_id: int | None
    priority: float | None
    low: float | None
    high: float | None
    movement: Movement | None
    people: Count
    people_last: Count
    people_total: Count
    series: tuple[Count, ...]
    why: str


@dataclass(frozen=True, slots=True)
class ChannelFigures:
    """One channel in one week.

    Attributes:
        sentiments: Feedback by sentiment.
        units: All units.
        problem_units: Units that name a bug, a complaint, a wish or a question.
        copies: Feedback that repeats another one.
        spam: Feedback left out as advertising.
    """

    channel: str
    feedback: Count
    feedback_last: Count
    people: Count
    sentiments: Mapping[str, Count]
    units: Count
    problem_units: Count
    copies: Count
    spam: Count


@dataclass(frozen=True, slots=True)
class SegmentFigures:
    """One customer segment (会员, 企业版 …) in one week, as the feedback's source gave it."""

    segment: str
    feedback: Count
    people: Count
    people_last: Count
    negative: Count


@dataclass(frozen=True, slots=True)
class RatingFigures:
    """Star ratings of one kind of source.

    Attributes:
        rated: Feedback with a rating this week.
        mean: 1–5, two decimals.
        satisfied: Rated 4 or 5; its share of ``rated`` is the CSAT.
        mean_last: The week before; ``None`` without ratings.
    """

    source_kind: str
    rated: Count
    mean: float
    satisfied: Count
    mean_last: float | None


@dataclass(frozen=True, slots=True)
class SimilarTopics:
    """Two topics that may be one matter; nobody has decided yet.

    Attributes:
        into_id, into_name: The one to keep.
        topic_id, name: The one to merge into it.
        score: How likely they are one, 0–1.
        why: What speaks for it, in Chinese.
    """

    into_id: int
    into_name: str
    topic_id: int
    name: str
    score: float
    why: str
