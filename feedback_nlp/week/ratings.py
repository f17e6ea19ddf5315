"""Ratings of a week: the NPS of surveys that ask, and the topics that drive stars and NPS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from feedback_nlp.labels import Measure, SourceKind, TopicKind
from feedback_nlp.store.conditions import is_counted, of_product
from feedback_nlp.store.tables import Feedback, FeedbackUnit, Source, Topic
from feedback_nlp.week.counting import count, nps_answers, within
from feedback_nlp.week.drivers import nps_points, rating_effects
from feedback_nlp.week.item_records import Count
from feedback_nlp.week.records import Driver, NpsFigures
from feedback_nlp.weeks import Scope

_PROMOTER, _DETRACTOR = {"min_answer": 9}, {"max_answer": 6}


def rating_drivers(
    session: Session,
    scope: Scope,
    *,
    window_weeks: int,
    min_count: int,
) -> tuple[Driver, ...]:
    """Return the topics that surely move the stars, over the weeks up to a week."""
    start, end = scope.shift(1 - window_weeks).start, scope.end
    rated = (
        select(col(Feedback.id), col(Feedback.rating))
        .where(
            col(Feedback.rating).is_not(None),
            is_counted(),
            col(Feedback.occurred_at) >= start,
            col(Feedback.occurred_at) < end,
            *of_product(scope.product),
        )
        .order_by(col(Feedback.id))
    )
    stars: dict[Any, float] = {row[0]: row[1] for row in session.execute(rated)}
    mentions = (
        select(col(FeedbackUnit.feedback_id), col(Topic.id), col(Topic.name))
        .select_from(Feedback)
        .where(
            col(Feedback.rating).is_not(None),
            col(Feedback.occurred_at) >= start,
            col(Feedback.occurred_at) < end,
        )
    )
    where = {**_window(scope, window_weeks), "rated": True}
    return _drivers(
        stars, _of_issues(session, mentions), where, Measure.FEEDBACK, min_count=min_count
    )


def nps(
    session: Session,
    scope: Scope,
    *,
    window_weeks: int,
    min_count: int,
) -> NpsFigures | None:
    """Return the NPS of the week's surveys, each answer sheet once; ``None`` if none asks."""
    where = within(scope, counted=True)
    answers = nps_answers(session, where, scope.zone)
    if not answers:
        return None
    points = [nps_points(answer) for answer in answers.values()]

    def number(**more: int) -> Count:
        return Count(
            count(session, Measure.ANSWERS, {**where, **more}, scope.zone),
            Measure.ANSWERS,
            where | more,
        )

    window = _window(scope, window_weeks)
    sheets = {
        sheet: float(nps_points(answer))
        for sheet, answer in nps_answers(session, window, scope.zone).items()
    }
    start, end = scope.shift(1 - window_weeks).start, scope.end
    mentions = (
        select(
            col(Feedback.source_id),
            col(Feedback.thread_key),
            col(Feedback.source_key),
            col(Topic.id),
            col(Topic.name),
        )
        .select_from(Feedback)
        .join(Source, col(Source.id) == col(Feedback.source_id))
        .where(
            col(Source.kind) == SourceKind.SURVEY.value,
            col(Feedback.occurred_at) >= start,
            col(Feedback.occurred_at) < end,
            is_counted(),
        )
    )
    found = [
        ((source_id, thread_key or source_key), topic_id, name)
        for source_id, thread_key, source_key, topic_id, name in _of_issues(session, mentions)
    ]
    return NpsFigures(
        score=round(sum(points) / len(points)),
        answers=number(),
        promoters=number(**_PROMOTER),
        detractors=number(**_DETRACTOR),
        drivers=_drivers(sheets, found, window, Measure.ANSWERS, min_count=min_count),
    )


def _window(scope: Scope, weeks: int) -> dict[str, Any]:
    until = within(scope, counted=True)
    return {
        "since_week": str(scope.week.shift(1 - weeks)),
        "until_week": until.pop("week"),
        **until,
    }


def _of_issues(session: Session, mentions: Any) -> Iterable[Any]:
    """Run a statement over feedback and topics for the issue topics that people may see."""
    return session.execute(
        mentions.join(FeedbackUnit, col(FeedbackUnit.feedback_id) == col(Feedback.id))
        .join(Topic, col(Topic.id) == col(FeedbackUnit.topic_id))
        .where(
            col(Topic.kind) == TopicKind.ISSUE.value,
            col(Topic.muted).is_(False),
        )
    )


def _drivers(
    ratings: Mapping[Any, float],
    mentions: Iterable[Any],
    where: Mapping[str, Any],
    of: Measure,
    *,
    min_count: int,
) -> tuple[Driver, ...]:
    places = {key: place for place, key in enumerate(ratings)}
    names: dict[int, str] = {}
    pairs = []
    for key, topic_id, name in mentions:
        if (place := places.get(key)) is not None:
            pairs.append((place, topic_id))
            names[topic_id] = name
    return tuple(
        Driver(
            topic_id=effect.topic_id,
            name=names[effect.topic_id],
            effect=effect.size,
            low=effect.low,
            high=effect.high,
            mentions=Count(
                effect.mentions,
                of,
                {**where, "topic_id": effect.topic_id, "vent": False},
            ),
        )
        for effect in rating_effects(list(ratings.values()), pairs, min_count=min_count)
    )
