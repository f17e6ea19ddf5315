"""The weekly digest as plain records. Every count names the query that gives it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from feedback_nlp.labels import Movement
from feedback_nlp.special_days import SpecialDays
from feedback_nlp.week.item_records import (
    ChannelFigures,
    Count,
    OpenRequest,
    Quote,
    RatingFigures,
    SegmentFigures,
    SimilarTopics,
    TopicFigures,
)
from feedback_nlp.week.loop_records import LoopFigures

SCHEMA_VERSION = 2


@dataclass(frozen=True, slots=True)
class Totals:
    """The whole week.

    Attributes:
        authorless: Feedback of the week whose source named no author: each counts for itself.
        unassigned_units: Problem units that belong to no topic.
        vents: Units that vent without content.
        bursts: Feedback in copy-paste bursts; shown here, counted nowhere else.
    """

    feedback: Count
    feedback_last: Count
    people: Count
    people_last: Count
    authorless: Count
    sentiments: Mapping[str, Count]
    units: Count
    problem_units: Count
    unassigned_units: Count
    vents: Count
    vent_people: Count
    bursts: Count
    copies: Count
    spam: Count
    no_content: Count

    @property
    def people_word(self) -> str:
        """What people are counted in: ``人``, or ``条`` where no feedback names its author."""
        return "条" if 0 < self.feedback.value == self.authorless.value else "人"


@dataclass(frozen=True, slots=True)
class PraiseFigures:
    """A topic of praise, in short."""

    topic_id: int
    name: str
    people: Count
    quote: Quote | None


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A feedback whose stars say the opposite of its words: for a person to look at."""

    feedback_id: int
    text: str
    rating: float
    sentiment: str
    channel: str
    on: date


@dataclass(frozen=True, slots=True)
class LaterWeek:
    """A week with data after the one that is told.

    Attributes:
        is_over: Whether it has ended; if so, it has too little data to be told.
    """

    week: str
    first_day: date
    last_day: date
    people: Count
    is_over: bool


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The numbers that the movements of a digest were judged by, in its weeks or months."""

    new_after_quiet: int
    new_min_people: int
    baseline: int
    min_change_count: int
    min_change_ratio: float


@dataclass(frozen=True, slots=True)
class BatchNote:
    """What came in with files and calls during the week, by source.

    Attributes:
        remarks: What people should know of how the files were read, in Chinese, each once.
    """

    source: str
    kind: str
    batches: Count
    read: Count
    accepted: Count
    duplicate: Count
    rejected: Count
    rejected_reasons: Mapping[str, Count]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Driver:
    """A topic that moves the stars or the NPS, see :mod:`feedback_nlp.week.drivers`.

    Attributes:
        effect: Difference in stars or NPS points; ``low`` and ``high`` are its 95 % interval.
        mentions: Rated feedback, or answer sheets, that mention the topic.
    """

    topic_id: int
    name: str
    effect: float
    low: float
    high: float
    mentions: Count


@dataclass(frozen=True, slots=True)
class NpsFigures:
    """Net promoter score of surveys that ask, each answer sheet once.

    Attributes:
        score: −100 … 100.
        answers: Answer sheets of the week.
        promoters: Answers of 9 and 10.
        detractors: Answers of 0 to 6.
        drivers: Topics that move it, over the weeks of the series.
    """

    score: int
    answers: Count
    promoters: Count
    detractors: Count
    drivers: tuple[Driver, ...]


@dataclass(frozen=True, slots=True)
class LoopStep:
    """One step of a request that a review should hear of."""

    key: str
    title: str
    to_status: str
    actor: str
    reason: str
    on: date


@dataclass(frozen=True, slots=True)
class OldPromise:
    """A request that reporters have been seeing as planned for long.

    Attributes:
        weeks: Whole weeks since it was planned.
    """

    key: str
    title: str
    owner: str | None
    planned_on: date
    weeks: int


@dataclass(frozen=True, slots=True)
class WeeklyDigest:
    """Everything the renderers show.

    Attributes:
        week: ``2026-W47``, or ``2026-11`` for a month.
        first_day, last_day: Monday and Sunday in the zone.
        is_over: Whether the week had ended when it was told.
        later: Weeks with data after this one, the newest first, where this one was chosen
            because they are unfinished or thin.
        product: ``None`` for all.
        weeks: Names of the series' weeks, oldest first.
        history_weeks: Weeks of data before this one.
        exposure: People of the week against the median of the weeks before; above 1 only as
            far as the calendar (a shopping festival) explains it.
        special_days: Holidays, worked weekends and shopping festivals of the week.
        holidays_known: Whether the calendar has the year's public holidays.
        topics: What somebody spoke of this week, in the order of the ranking; pinned topics
            are always there.
        silent: What somebody spoke of last week and nobody this week.
        backlog: All open requests by stored priority.
        similar: Pairs of the digest's topics that may be one matter and wait for a person.
        doubtful: Stars against words, at most a handful; ``doubtful_count`` has them all.
        drivers: Topics that move the stars, over the weeks of the series.
        without_time: Feedback whose source gave no time; dated by its arrival.
        weights_version: Edition of the ranking's weights.
        top_count: Length of the ranking that people see.
    """

    week: str
    first_day: date
    last_day: date
    is_over: bool
    later: tuple[LaterWeek, ...]
    zone: str
    product: str | None
    weeks: tuple[str, ...]
    history_weeks: int
    exposure: float
    special_days: tuple[SpecialDays, ...]
    holidays_known: bool
    totals: Totals
    topics: tuple[TopicFigures, ...]
    silent: tuple[TopicFigures, ...]
    backlog: tuple[OpenRequest, ...]
    similar: tuple[SimilarTopics, ...]
    praise: tuple[PraiseFigures, ...]
    doubtful: tuple[Doubtful, ...]
    doubtful_count: Count
    channels: tuple[ChannelFigures, ...]
    segments: tuple[SegmentFigures, ...]
    ratings: tuple[RatingFigures, ...]
    drivers: tuple[Driver, ...]
    nps: NpsFigures | None
    loop: tuple[LoopStep, ...]
    old_promises: tuple[OldPromise, ...]
    loop_figures: LoopFigures
    batches: tuple[BatchNote, ...]
    without_time: Count
    weights_version: str
    thresholds: Thresholds
    top_count: int

    @property
    def compared_weeks(self) -> int:
        """Weeks of the series that have data, this one included."""
        return min(len(self.weeks), self.history_weeks + 1)

    @property
    def span(self) -> str:
        """What the digest covers: ``周`` or ``月``."""
        return "周" if "W" in self.week else "月"

    @property
    def is_nameless(self) -> bool:
        """Whether no feedback of the week names its author: then people are pieces."""
        return self.totals.people_word != "人"

    def moved(self, *kinds: Movement) -> tuple[TopicFigures, ...]:
        """Return the topics that moved so, the largest change first."""
        return _largest_change_first(
            topic for topic in (*self.topics, *self.silent) if topic.movement in kinds
        )

    def swings(self) -> tuple[TopicFigures, ...]:
        """Return what changed much against last week though not against the weeks before."""
        wanted = self.thresholds
        return _largest_change_first(
            topic
            for topic in self.moved(Movement.STEADY)
            if abs(topic.people.value - topic.people_last.value) >= wanted.min_change_count
            and max(topic.people.value, topic.people_last.value)
            >= wanted.min_change_ratio * min(topic.people.value, topic.people_last.value)
        )

    def topic(self, topic_id: int | None) -> TopicFigures | None:
        """Return a topic of this week or the last by its id."""
        return next(
            (topic for topic in (*self.topics, *self.silent) if topic.topic_id == topic_id), None
        )


def _largest_change_first(topics: Iterable[TopicFigures]) -> tuple[TopicFigures, ...]:
    return tuple(
        sorted(
            topics,
            key=lambda topic: (
                -abs(topic.people.value - topic.people_last.value),
                -topic.people.value,
                topic.topic_id,
            ),
        )
    )
