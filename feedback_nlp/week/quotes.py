"""Quotes for the topics of a week: of this week, in agreement with the topic, differing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from feedback_nlp.requests.aboutness import OFF_TOPIC, Matter, matters_of
from feedback_nlp.requests.quotes import (
    DOUBTFUL,
    QuoteCandidate,
    agrees,
    as_quoted,
    choose_quotes,
    is_aside,
    only_asks,
)
from feedback_nlp.store.conditions import CHANNEL
from feedback_nlp.store.tables import Feedback, FeedbackUnit, Topic
from feedback_nlp.week.item_records import Quote
from feedback_nlp.week.units import TopicUnits
from feedback_nlp.weeks import Scope


def week_quotes(
    units: TopicUnits, topics: Iterable[Topic], limit: int
) -> dict[int, tuple[Quote, ...]]:
    """Return up to ``limit`` differing quotes of this week by topic, its favourites first.

    A quote agrees with what it stands under (:func:`~feedback_nlp.requests.quotes.agrees`) and speaks of it
    (:mod:`~feedback_nlp.requests.aboutness`); what names the matter goes before what lies near
    it. A topic may have fewer quotes than people, or none.
    """
    rows = {topic.id: topic for topic in topics if topic.id is not None}
    matters = matters_of(units.session, rows.values())
    fields = select(
        col(FeedbackUnit.topic_id),
        col(FeedbackUnit.id),
        col(FeedbackUnit.topic_similarity),
        col(FeedbackUnit.sentiment),
        col(FeedbackUnit.intent),
        col(Feedback.signals),
        col(Feedback.id),
        col(Feedback.text),
        col(FeedbackUnit.start),
        col(FeedbackUnit.end),
        col(Feedback.person_key),
        CHANNEL,
        col(Feedback.occurred_at),
    )
    said = units.where(fields).where(
        col(FeedbackUnit.topic_id).in_(rows),
        col(Feedback.occurred_at) >= units.scope.start,
    )
    found: dict[int, dict[int, tuple[QuoteCandidate, Quote]]] = defaultdict(dict)
    for topic_id, *values in units.session.execute(said):
        candidate = _candidate(rows[topic_id], matters[topic_id], units.scope, *values)
        if candidate is not None:
            found[topic_id][candidate[1].unit_id] = candidate
    return {
        topic_id: tuple(
            candidates[unit_id][1]
            for unit_id in choose_quotes([candidate for candidate, _ in candidates.values()], limit)
        )
        for topic_id, candidates in found.items()
    }


def _candidate(
    topic: Topic, matter: Matter, scope: Scope, *values: Any
) -> tuple[QuoteCandidate, Quote] | None:
    """Return a unit as a quote with how welcome it is (lower is better), if it may be one."""
    unit_id, similarity, sentiment, intent, signals, *where = values
    feedback_id, text, start, end, person, channel, moment = where
    words = as_quoted(text[start:end])
    if not agrees(topic.kind, words, sentiment, intent, signals) or is_aside(words):
        return None
    distance = matter.distance(words, similarity or 0.0)
    if distance == OFF_TOPIC:
        return None
    favourites = topic.quote_unit_ids
    preference = (
        favourites.index(unit_id) / len(favourites) - 1
        if unit_id in favourites
        else 1 - (similarity or 0)
    )
    preference += distance + 5 * bool(DOUBTFUL & set(signals))
    day = moment.astimezone(scope.zone).date()
    return (
        QuoteCandidate(preference, unit_id, person, words, only_asks(words, sentiment, intent)),
        Quote(unit_id, feedback_id, words, channel, day, sentiment, intent),
    )
