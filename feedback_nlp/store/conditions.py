"""Conditions that every count shares: what lies in a scope, who counts, what is a problem."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, literal, select
from sqlmodel import Session, col

from feedback_nlp.labels import Intent, Sentiment, Signal, SourceKind, TopicKind
from feedback_nlp.store.tables import (
    Evidence,
    FeatureRequest,
    Feedback,
    FeedbackUnit,
    Source,
    Topic,
)
from feedback_nlp.weeks import Scope

#: Intents that ask something of the team.
PROBLEM_INTENTS = (
    Intent.BUG.value,
    Intent.FEATURE.value,
    Intent.COMPLAINT.value,
    Intent.QUESTION.value,
)
# Sources whose stars are given to something else than to what the words speak of.
_STARS_APART = (SourceKind.SURVEY.value, SourceKind.SUPPORT.value)


def of_product(product: str | None) -> list[ColumnElement[bool]]:
    """Return the conditions "of this product": none if all are meant."""
    return [] if product is None else [col(Feedback.product) == product]


def said_in(scope: Scope) -> list[ColumnElement[bool]]:
    """Return the conditions "said in this week, of this product"."""
    return [
        col(Feedback.occurred_at) >= scope.start,
        col(Feedback.occurred_at) < scope.end,
        *of_product(scope.product),
    ]


def is_counted() -> ColumnElement[bool]:
    """Return the condition "neither spam nor part of a copy-paste burst"."""
    return col(Feedback.is_spam).is_(False) & col(Feedback.is_burst).is_(False)


def is_problem() -> ColumnElement[bool]:
    """Return the condition "this unit asks something of the team"."""
    return col(FeedbackUnit.intent).in_(PROBLEM_INTENTS) & ~is_vent()


def is_vent() -> ColumnElement[bool]:
    """Return the condition "this unit vents without content": it lies in a topic of that kind."""
    vents = select(col(Topic.id)).where(col(Topic.kind) == TopicKind.VENT.value)
    return func.coalesce(col(FeedbackUnit.topic_id), 0).in_(vents)


def has_signal(signal: Signal) -> ColumnElement[bool]:
    """Return the condition "this feedback carries that warning sign"."""
    return cast(col(Feedback.signals), String).contains(f'"{signal.value}"')


def is_rating_conflict() -> ColumnElement[bool]:
    """Return the condition "the stars of this feedback say the opposite of its words".

    The stars of a form rate the whole and those of a ticket how it was handled, while the words
    answer a question (有什么要改进的): five stars beside a complaint contradict nothing there.
    """
    apart = select(col(Source.id)).where(col(Source.kind).in_(_STARS_APART))
    return (
        has_signal(Signal.RATING_CONFLICT)
        & col(Feedback.rating).is_not(None)
        & col(Feedback.source_id).not_in(apart)
        & (col(Feedback.sentiment) != Sentiment.MIXED.value)
    )


def evidence_of(key: str) -> Select[Any]:
    """Return the ids of the units that stand behind a request."""
    return (
        select(col(Evidence.unit_id))
        .join(FeatureRequest, col(FeatureRequest.id) == col(Evidence.request_id))
        .where(col(FeatureRequest.key) == key)
    )


def is_evidence_of(key: str) -> ColumnElement[bool]:
    """Return the condition "this unit stands behind a request", looked up unit by unit."""
    request = select(col(FeatureRequest.id)).where(col(FeatureRequest.key) == key)
    return (
        select(col(Evidence.id))
        .where(
            col(Evidence.unit_id) == col(FeedbackUnit.id),
            col(Evidence.request_id) == request.scalar_subquery(),
        )
        .correlate(FeedbackUnit)
        .exists()
    )


#: What people see as the channel: the feedback's own, else its source's name.
CHANNEL: ColumnElement[str] = func.coalesce(col(Feedback.channel), col(Source.name))


def in_channel(session: Session, name: str) -> ColumnElement[bool]:
    """Return the condition "of this channel", so that an index serves it.

    ``coalesce(channel, source.name) = …`` is served by none: a channel that nobody writes in
    would cost a walk through everything.
    """
    feedback = select(literal(1)).select_from(Feedback)
    is_own = session.scalar(feedback.where(col(Feedback.channel) == name).limit(1)) is not None
    source_id = session.scalar(select(col(Source.id)).where(col(Source.name) == name))
    unnamed = col(Feedback.channel).is_(None) & (col(Feedback.source_id) == (source_id or 0))
    is_source = (
        source_id is not None and session.scalar(feedback.where(unnamed).limit(1)) is not None
    )
    if is_own and is_source:
        return (col(Feedback.channel) == name) | unnamed
    return unnamed if is_source else col(Feedback.channel) == name
