"""The heat maps of a digest as plain tables: topic by week, by channel, by customer segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from feedback_nlp.labels import Measure
from feedback_nlp.report.wording import people_noun
from feedback_nlp.week.item_records import Count, TopicFigures
from feedback_nlp.week.records import WeeklyDigest


@dataclass(frozen=True, slots=True)
class HeatMap:
    """People by topic and column.

    Attributes:
        key: ``week``, ``channel`` or ``segment``.
        title: Chinese heading.
        caption: What a number is.
        columns: Headings, in order.
        topics: Names of the rows with their places in the ranking.
        people: One row of counts a topic, as long as ``columns``.
    """

    key: str
    title: str
    caption: str
    columns: tuple[str, ...]
    topics: tuple[tuple[int, str], ...]
    people: tuple[tuple[Count, ...], ...]

    @property
    def most(self) -> int:
        """The largest number on the map, at least 1."""
        return max(1, *(number.value for row in self.people for number in row))

    def shade(self, number: Count) -> str:
        """Return the class of a cell: ``h0`` for nobody, ``h1`` for few to ``h5`` for the most."""
        if number.value <= 0:
            return "h0"
        return f"h{min(5, 1 + int((number.value / self.most) ** 0.5 * 4.99))}"

    def leaders(self, column: int, limit: int) -> list[tuple[str, Count]]:
        """Return the topics with most people in a column, most first."""
        named = [
            (name, row[column]) for (_, name), row in zip(self.topics, self.people, strict=True)
        ]
        spoken = [item for item in named if item[1].value]
        return sorted(spoken, key=lambda item: -item[1].value)[:limit]


def heat_maps(digest: WeeklyDigest, limit: int = 12, columns: int = 8) -> list[HeatMap]:
    """Return the maps that have something to show, over the first topics of the ranking.

    Args:
        digest: The figures.
        limit: Topics to show.
        columns: Most channels or segments to show, the busiest first.
    """
    span, counted = digest.span, people_noun(digest)
    spoken = [topic for topic in digest.topics[:limit] if topic.people.value]
    channels = [figures.channel for figures in digest.channels[:columns]]
    segments = [figures.segment for figures in digest.segments[:columns]]
    maps = [
        _by_week(digest, digest.topics[:limit]),
        _by_name("channel", "主题 × 渠道", f"本{span}在各渠道提到的{counted}。", channels, spoken),
        _by_name(
            "segment",
            "主题 × 用户类型",
            f"本{span}各类用户提到的{counted}；来源没有给出用户类型的反馈不在图里。",
            segments,
            spoken,
        ),
    ]
    return [found for found in maps if found.topics and found.columns]


def _by_week(digest: WeeklyDigest, topics: Sequence[TopicFigures]) -> HeatMap:
    kept = digest.compared_weeks
    return HeatMap(
        key="week",
        title=f"主题 × {digest.span}",
        caption=f"每{digest.span}提到的{people_noun(digest)}，颜色越深越多。",
        columns=tuple(_week_name(week) for week in digest.weeks[-kept:]),
        topics=_rows(topics),
        people=tuple(topic.series[-kept:] for topic in topics),
    )


def _by_name(
    key: str, title: str, caption: str, names: Sequence[str], topics: Sequence[TopicFigures]
) -> HeatMap:
    def row(topic: TopicFigures) -> tuple[Count, ...]:
        numbers: Mapping[str, Count] = topic.channels if key == "channel" else topic.segments
        where = dict(topic.people.where)
        return tuple(
            numbers.get(name) or Count(0, Measure.PEOPLE, {**where, key: name}) for name in names
        )

    people = tuple(row(topic) for topic in topics)
    return HeatMap(key, title, caption, tuple(names), _rows(topics), people)


def _rows(topics: Sequence[TopicFigures]) -> tuple[tuple[int, str], ...]:
    return tuple((topic.priority.position, topic.name) for topic in topics)


def _week_name(week: str) -> str:
    number = week.split("-")[1]
    return f"{number[1:]} 周" if number.startswith("W") else f"{int(number)} 月"
