"""Quotes for the topics of a week: what the topic stage chose, and this week's best."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from feedback_nlp.labels import TopicKind
from feedback_nlp.requests.quotes import QuoteCandidate, choose_quotes
from feedback_nlp.store.conditions import CHANNEL, PROBLEM_INTENTS
from feedback_nlp.store.tables import Feedback, FeedbackUnit, Topic
from feedback_nlp.week.records import Quote
from feedback_nlp.week.units import TopicUnits
from feedback_nlp.weeks import Scope


def week_quotes(
    units: TopicUnits, topics: Iterable[Topic], limit: int
) -> dict[int, tuple[Quote, ...]]:
    """Return up to ``limit`` differing quotes by topic, this week's before older ones.

    For an issue, units that ask something of the team come before praise and chat.
    """
    rows = {topic.id: topic for topic in topics if topic.id is not None}
    wanted = [unit_id for topic in rows.values() for unit_id in topic.quote_unit_ids]
    fields = select(
        col(FeedbackUnit.topic_id),
        col(FeedbackUnit.id),
        col(FeedbackUnit.topic_similarity),
        col(FeedbackUnit.intent),
        col(Feedback.id),
        col(Feedback.text),
        col(FeedbackUnit.start),
        col(FeedbackUnit.end),
        col(Feedback.person_key),
        CHANNEL,
        col(Feedback.occurred_at),
    )
    of_topics = units.where(fields).where(col(FeedbackUnit.topic_id).in_(rows))
    this_week = of_topics.where(col(Feedback.occurred_at) >= units.scope.start)
    chosen = of_topics.where(col(FeedbackUnit.id).in_(wanted))
    found: dict[int, dict[int, tuple[QuoteCandidate, Quote]]] = defaultdict(dict)
    for statement in (this_week, chosen):
        for topic_id, *values in units.session.execute(statement):
            candidate, quote = _candidate(rows[topic_id], units.scope, *values)
            found[topic_id][quote.unit_id] = candidate, quote
    return {
        topic_id: tuple(
            candidates[unit_id][1]
            for unit_id in choose_quotes([candidate for candidate, _ in candidates.values()], limit)
        )
        for topic_id, candidates in found.items()
    }


def _candidate(topic: Topic, scope: Scope, *values: Any) -> tuple[QuoteCandidate, Quote]:
    """Return a unit as a quote, and how welcome it is: lower is better."""
    unit_id, similarity, intent, feedback_id, text, start, end, person, channel, moment = values
    words = text[start:end].strip()
    is_old = moment < scope.start
    is_beside_the_point = topic.kind == TopicKind.ISSUE and intent not in PROBLEM_INTENTS
    favourites = topic.quote_unit_ids
    preference = (
        favourites.index(unit_id) / len(favourites) - 1
        if unit_id in favourites
        else 1 - (similarity or 0)
    )
    preference += 5 * is_beside_the_point + 10 * is_old
    return (
        QuoteCandidate(preference, unit_id, person, words),
        Quote(unit_id, feedback_id, words, channel, moment.astimezone(scope.zone).date()),
    )
