"""Ratings of a week: the topics that drive the stars, and the NPS of surveys that ask."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col

from feedback_nlp.labels import SourceKind
from feedback_nlp.report.digest import Driver, NpsFigures
from feedback_nlp.report.drivers import net_promoter_score, nps_answer, rating_effects
from feedback_nlp.store.counting import is_counted
from feedback_nlp.store.tables import Feedback, FeedbackUnit, Source, Topic
from feedback_nlp.weeks import Period


def rating_drivers(
    session: Session,
    week: Period,
    zone: ZoneInfo,
    product: str | None,
    *,
    window_weeks: int,
    min_count: int,
) -> tuple[Driver, ...]:
    """Return the topics that surely move the stars, over the weeks up to ``week``."""
    start, end = week.shift(1 - window_weeks).bounds(zone)[0], week.bounds(zone)[1]
    rated = (
        select(col(Feedback.id), col(Feedback.rating))
        .where(
            col(Feedback.rating).is_not(None),
            is_counted(),
            col(Feedback.occurred_at) >= start,
            col(Feedback.occurred_at) < end,
        )
        .order_by(col(Feedback.id))
    )
    if product is not None:
        rated = rated.where(col(Feedback.product) == product)
    stars = {row[0]: row[1] for row in session.execute(rated)}
    mentioned: dict[int, set[int]] = {feedback_id: set() for feedback_id in stars}
    names: dict[int, str] = {}
    statement = (
        select(col(FeedbackUnit.feedback_id), col(Topic.id), col(Topic.name))
        .join(Topic, col(Topic.id) == col(FeedbackUnit.topic_id))
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .where(
            col(Feedback.rating).is_not(None),
            col(Feedback.occurred_at) >= start,
            col(Feedback.occurred_at) < end,
            col(Topic.kind) == "issue",
            col(Topic.muted).is_(False),
            col(FeedbackUnit.is_vent).is_(False),
        )
    )
    for feedback_id, topic_id, name in session.execute(statement):
        if feedback_id in mentioned:
            mentioned[feedback_id].add(topic_id)
            names[topic_id] = name
    effects = rating_effects(
        list(stars.values()),
        [frozenset(mentioned[feedback_id]) for feedback_id in stars],
        min_count=min_count,
    )
    return tuple(
        Driver(
            topic_id=effect.topic_id,
            name=names[effect.topic_id],
            stars=effect.stars,
            low=effect.low,
            high=effect.high,
            rated_count=effect.rated_count,
        )
        for effect in effects
    )


def nps(session: Session, week: Period, zone: ZoneInfo, product: str | None) -> NpsFigures | None:
    """Return the NPS of the week's surveys, each answer sheet once; ``None`` if none asks."""
    start, end = week.bounds(zone)
    statement = (
        select(
            col(Feedback.source_id),
            col(Feedback.thread_key),
            col(Feedback.source_key),
            col(Feedback.meta),
        )
        .join(Source, col(Source.id) == col(Feedback.source_id))
        .where(
            col(Source.kind) == SourceKind.SURVEY.value,
            col(Feedback.occurred_at) >= start,
            col(Feedback.occurred_at) < end,
            is_counted(),
        )
    )
    if product is not None:
        statement = statement.where(col(Feedback.product) == product)
    answers: dict[tuple[int, str], float] = {}
    for source_id, thread_key, source_key, meta in session.execute(statement):
        answer = nps_answer(meta)
        if answer is not None:
            answers[source_id, thread_key or source_key] = answer
    score = net_promoter_score(list(answers.values()))
    return None if score is None else NpsFigures(score=score, answer_count=len(answers))
