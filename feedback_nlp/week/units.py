"""The units that topics are counted by, and their numbers by topic, week and column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.labels import Sentiment
from feedback_nlp.store.conditions import is_counted, is_rating_conflict, of_product
from feedback_nlp.store.tables import Feedback, FeedbackUnit, Source
from feedback_nlp.store.voices import weeks_ago
from feedback_nlp.weeks import Scope

PEOPLE = func.count(func.distinct(col(Feedback.person_key)))
UNITS = func.count(func.distinct(col(FeedbackUnit.id)))


@dataclass(frozen=True, slots=True)
class TopicUnits:
    """The counted units in topics up to the end of a week: no spam, no bursts."""

    session: Session
    scope: Scope
    source: str | None = None
    """Name of the only source that is counted; all by default."""

    def where(self, statement: Any) -> Any:
        """Narrow a statement over units, feedback and sources to these units."""
        return (
            statement.select_from(FeedbackUnit)
            .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
            .join(Source, col(Source.id) == col(Feedback.source_id))
            .where(
                col(FeedbackUnit.topic_id).is_not(None),
                col(Feedback.occurred_at) < self.scope.end,
                is_counted(),
                *of_product(self.scope.product),
                *([] if self.source is None else [col(Source.name) == self.source]),
            )
        )

    def by_week(
        self, starts: Sequence[datetime]
    ) -> tuple[dict[tuple[int, int], int], dict[tuple[int, int], int]]:
        """Return people and feedback by (topic, weeks ago); absent pairs are 0.

        Args:
            starts: Starts of the weeks, the ranked one first, going back.
        """
        back = weeks_ago(starts).label("back")
        statement = self.where(
            select(
                col(FeedbackUnit.topic_id),
                back,
                PEOPLE,
                func.count(func.distinct(col(Feedback.id))),
            )
        ).where(col(Feedback.occurred_at) >= starts[-1])
        people: dict[tuple[int, int], int] = defaultdict(int)
        feedback: dict[tuple[int, int], int] = defaultdict(int)
        for topic_id, week, people_count, feedback_count in self.session.execute(
            statement.group_by(col(FeedbackUnit.topic_id), back)
        ):
            people[topic_id, week] = people_count
            feedback[topic_id, week] = feedback_count
        return people, feedback

    def past(self, topic_ids: Sequence[int]) -> dict[int, tuple[int, datetime]]:
        """Return people by topic, ever, and when the first of them spoke."""
        statement = self.where(
            select(col(FeedbackUnit.topic_id), PEOPLE, func.min(col(Feedback.occurred_at)))
        ).where(col(FeedbackUnit.topic_id).in_(topic_ids))
        rows = self.session.execute(statement.group_by(col(FeedbackUnit.topic_id)))
        return {row[0]: (row[1], row[2]) for row in rows}

    def praised(self) -> dict[int, int]:
        """Return this week's people by topic whose words, and stars if any, are kind."""
        statement = self.where(select(col(FeedbackUnit.topic_id), PEOPLE)).where(
            col(Feedback.occurred_at) >= self.scope.start,
            col(FeedbackUnit.sentiment) == Sentiment.POS.value,
            ~is_rating_conflict(),
        )
        return {
            row[0]: row[1]
            for row in self.session.execute(statement.group_by(col(FeedbackUnit.topic_id)))
        }

    def this_week(self, key: Any, measure: Any) -> dict[int, dict[str, int]]:
        """Return a measure of this week by topic and by ``key``, where the key is known."""
        statement = self.where(select(col(FeedbackUnit.topic_id), key, measure)).where(
            col(Feedback.occurred_at) >= self.scope.start, key.is_not(None)
        )
        found: dict[int, dict[str, int]] = defaultdict(dict)
        for topic_id, value, number in self.session.execute(
            statement.group_by(col(FeedbackUnit.topic_id), key)
        ):
            found[topic_id][value] = number
        return found
