"""The topics of a week: people, movement, place in the ranking, quotes, request."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import col

from feedback_nlp.config import RankConfig, ReportConfig
from feedback_nlp.labels import (
    Measure,
    Movement,
    RequestStatus,
    Sentiment,
    TopicKind,
    label,
)
from feedback_nlp.loop import SETTLED
from feedback_nlp.rank import Priority, explain, ranked_last
from feedback_nlp.store.conditions import CHANNEL
from feedback_nlp.store.tables import FeatureRequest, Feedback, FeedbackUnit, Topic
from feedback_nlp.week.counting import within
from feedback_nlp.week.item_records import Count, LinkedRequest, Quote, TopicFigures
from feedback_nlp.week.movement import movement
from feedback_nlp.week.quotes import week_quotes
from feedback_nlp.week.records import PraiseFigures
from feedback_nlp.week.standing import (
    Volume,
    living_topics,
    requests_by_topic,
    statuses_before,
    topic_standings,
)
from feedback_nlp.week.units import PEOPLE, UNITS, TopicUnits
from feedback_nlp.weeks import Month


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the topics besides their people, by topic."""

    totals: Mapping[int, int]
    channels: Mapping[int, Mapping[str, int]]
    segments: Mapping[int, Mapping[str, int]]
    moods: Mapping[int, Mapping[str, int]]
    quotes: Mapping[int, tuple[Quote, ...]]
    requests: Mapping[int, FeatureRequest]


@dataclass
class WeekTopics:
    """What was said of the topics in one week and in the weeks before it."""

    units: TopicUnits
    volume: Volume
    rank_config: RankConfig
    report_config: ReportConfig
    people_word: str = "人"
    _people: Mapping[tuple[int, int], int] = field(init=False)
    _feedback: Mapping[tuple[int, int], int] = field(init=False)

    def __post_init__(self) -> None:
        report = self.report_config
        self.length = report.series_weeks
        window = max(self.length, report.new_after_quiet_weeks + 1, report.baseline_weeks + 1)
        self._scope = self.units.scope
        self._starts = self._scope.starts(window)
        self._people, self._feedback = self.units.by_week(self._starts)

    def topics(self) -> tuple[tuple[TopicFigures, ...], tuple[TopicFigures, ...]]:
        """Return the issue topics of this week by rank, and those that only last week had."""
        rows = self._living(TopicKind.ISSUE)
        requests = requests_by_topic(self.units.session)
        before, by_now = (
            statuses_before(self.units.session, requests, moment)
            for moment in (self._starts[0], self._scope.end)
        )
        past = topic_standings(self.units, rows, requests, self.rank_config, self.volume)
        ranking = past.ranking
        earlier = {id_ for id_, at in past.first_at.items() if at < self._starts[-1]}
        moves = {
            item.subject_id: self._movement(
                item.subject_id, before.get(item.subject_id), is_known=item.subject_id in earlier
            )
            for item in ranking
        }
        done = {
            topic_id
            for topic_id, status in by_now.items()
            if status in (*SETTLED, RequestStatus.DECLINED)
            and moves.get(topic_id) is not Movement.REOPENED
        }
        silent = {
            item.subject_id
            for item in ranking
            if not self._people[item.subject_id, 0] and not rows[item.subject_id].pinned
        }
        ranking = ranked_last(ranked_last(ranking, done), silent)
        shown = [
            item
            for item in ranking
            if item.subject_id not in silent or self._people[item.subject_id, 1]
        ]
        known = _Known(
            totals=past.people,
            channels=self.units.this_week(CHANNEL, PEOPLE),
            segments=self.units.this_week(col(Feedback.segment), PEOPLE),
            moods=self.units.this_week(col(FeedbackUnit.sentiment), UNITS),
            quotes=self._quotes([rows[item.subject_id] for item in shown]),
            requests=requests,
        )
        told = [
            self._topic(
                rows[item.subject_id],
                item,
                moves[item.subject_id],
                known,
                why=self._why(item, ranking, by_now, done, silent),
            )
            for item in shown
        ]
        return (
            tuple(topic for topic in told if topic.topic_id not in silent),
            tuple(topic for topic in told if topic.topic_id in silent),
        )

    def praise(self) -> tuple[PraiseFigures, ...]:
        """Return the topics of praise with most people this week."""
        rows = self._living(TopicKind.PRAISE)
        people = self.units.praised()
        order = sorted(
            (topic_id for topic_id in rows if people.get(topic_id)),
            key=lambda topic_id: (-people[topic_id], topic_id),
        )[: self.report_config.praise_count]
        quotes = self._quotes([rows[topic_id] for topic_id in order])
        return tuple(
            PraiseFigures(
                topic_id=topic_id,
                name=rows[topic_id].name,
                people=Count(
                    people[topic_id],
                    Measure.PEOPLE,
                    {**self._where(topic_id), "unit_sentiment": "pos", "rating_conflict": False},
                ),
                quote=next(iter(quotes.get(topic_id, ())), None),
            )
            for topic_id in order
        )

    def _movement(
        self, topic_id: int, status: RequestStatus | None, *, is_known: bool
    ) -> Movement | None:
        return movement(
            [self._people[topic_id, back] for back in range(len(self._starts))],
            self.report_config,
            history_weeks=self.volume.history_weeks,
            exposure=self.volume.exposure,
            is_settled=status in SETTLED,
            is_known=is_known,
        )

    def _why(
        self,
        item: Priority,
        ranking: Sequence[Priority],
        statuses: Mapping[int, RequestStatus],
        done: Collection[int],
        silent: Collection[int],
    ) -> str:
        """Explain a place in the ranking."""
        span = "月" if isinstance(self._scope.week, Month) else "周"
        if item.subject_id in done:
            status = label(statuses[item.subject_id])
            return f"{explain(item, span=span, people=self.people_word)}需求{status}，排在未解决的后面。"
        if item.subject_id in silent:
            return f"{explain(item, span=span, people=self.people_word)}本{span}没有人提到，排在有人提到的后面。"
        return explain(item, ranking, span=span, people=self.people_word)

    def _topic(
        self,
        row: Topic,
        priority: Priority,
        move: Movement | None,
        known: _Known,
        *,
        why: str,
    ) -> TopicFigures:
        id_ = priority.subject_id
        here, by_mood = self._where(id_), known.moods.get(id_, {})
        request = known.requests.get(id_)
        until = {
            **{key: value for key, value in here.items() if key != "week"},
            "until_week": str(self._scope.week),
        }
        return TopicFigures(
            topic_id=id_,
            name=row.name,
            keywords=tuple(row.keywords),
            is_pinned=row.pinned,
            movement=move,
            people=self._back(self._people, id_, 0, Measure.PEOPLE),
            people_last=self._back(self._people, id_, 1, Measure.PEOPLE),
            people_total=Count(known.totals.get(id_, 0), Measure.PEOPLE, until),
            feedback=self._back(self._feedback, id_, 0, Measure.FEEDBACK),
            feedback_last=self._back(self._feedback, id_, 1, Measure.FEEDBACK),
            series=tuple(
                self._back(self._people, id_, back, Measure.PEOPLE)
                for back in range(self.length - 1, -1, -1)
            ),
            channels=_most_first(known.channels.get(id_, {}), "channel", here),
            segments=_most_first(known.segments.get(id_, {}), "segment", here),
            sentiments={
                mood.value: Count(
                    by_mood.get(mood.value, 0),
                    Measure.UNITS,
                    {**here, "unit_sentiment": mood.value},
                )
                for mood in (Sentiment.NEG, Sentiment.NEU, Sentiment.POS)
            },
            quotes=tuple(known.quotes.get(id_, ())),
            request=None
            if request is None
            else LinkedRequest(request.key, request.status, request.reporter_status, request.owner),
            priority=priority,
            why=why,
        )

    def _back(
        self, numbers: Mapping[tuple[int, int], int], topic_id: int, back: int, of: Measure
    ) -> Count:
        where = self._where(topic_id, back)
        return Count(numbers[topic_id, back], of, where)

    def _where(self, topic_id: int, back: int = 0) -> dict[str, Any]:
        return within(self._scope.shift(-back), topic_id=topic_id, counted=True, vent=False)

    def _living(self, kind: TopicKind) -> dict[int, Topic]:
        rows = self.units.session.scalars(living_topics(kind))
        return {topic.id: topic for topic in rows if topic.id}

    def _quotes(self, topics: Sequence[Topic]) -> dict[int, tuple[Quote, ...]]:
        return week_quotes(self.units, topics, self.report_config.quote_count)


def _most_first(people: Mapping[str, int], key: str, where: Mapping[str, Any]) -> dict[str, Count]:
    return {
        name: Count(value, Measure.PEOPLE, {**where, key: name})
        for name, value in sorted(people.items(), key=lambda item: (-item[1], item[0]))
    }
