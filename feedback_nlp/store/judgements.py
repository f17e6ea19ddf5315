"""Judgements of people on units: read, and laid over what an analysis wrote."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from sqlalchemy import select, update
from sqlmodel import Session, col

from feedback_nlp.labels import Intent, Origin, Sentiment
from feedback_nlp.store.judgement_table import Judgement
from feedback_nlp.store.tables import Feedback, FeedbackUnit

_CHUNK = 500
_MIN_SHARED = 0.5  # of both stretches together, so that one unit stands for the other
_SCORES = {Sentiment.POS: 1.0, Sentiment.NEG: -1.0}


class JudgedText(NamedTuple):
    """A stretch of text with what a person says it means: a label."""

    text: str
    sentiment: str
    intent: str
    actor: str


def standing(session: Session, feedback_ids: Collection[int]) -> list[Judgement]:
    """Return the judgements that hold on some feedback: the newest of each stretch."""
    newest: dict[tuple[int, int, int], Judgement] = {}
    wanted = sorted(feedback_ids)
    for at in range(0, len(wanted), _CHUNK):
        rows = session.scalars(
            select(Judgement)
            .where(
                col(Judgement.feedback_id).in_(wanted[at : at + _CHUNK]),
                col(Judgement.undone_at).is_(None),
            )
            .order_by(col(Judgement.id))
        )
        newest |= {(row.feedback_id, row.start, row.end): row for row in rows}
    return list(newest.values())


def lay_over(session: Session, feedback_ids: Collection[int]) -> int:
    """Write what people said over what an analysis read; return how many units it reached.

    A stretch that was cut anew is found again by what both share.
    """
    judged = standing(session, feedback_ids)
    if not judged:
        return 0
    session.flush()
    units: dict[int, list[FeedbackUnit]] = {}
    found = {row.feedback_id for row in judged}
    statement = select(FeedbackUnit).where(col(FeedbackUnit.feedback_id).in_(found))
    for unit in session.scalars(statement.execution_options(populate_existing=True)):
        units.setdefault(unit.feedback_id, []).append(unit)
    reached = 0
    for row in judged:
        meant = _same(units.get(row.feedback_id, []), row.start, row.end)
        if meant is not None:
            _write(session, meant, row, is_only=len(units[row.feedback_id]) == 1)
            reached += 1
    session.flush()
    return reached


def labels(session: Session) -> Iterator[JudgedText]:
    """Yield every judgement that holds, as a label with its text."""
    seen: set[tuple[int, int, int]] = set()
    rows = session.execute(
        select(Judgement, col(Feedback.text))
        .join(Feedback, col(Feedback.id) == col(Judgement.feedback_id))
        .where(col(Judgement.undone_at).is_(None))
        .order_by(col(Judgement.id).desc())
    )
    for row, text in rows:
        place = (row.feedback_id, row.start, row.end)
        if place not in seen:
            seen.add(place)
            said = text[row.start : row.end].strip()
            yield JudgedText(said, row.sentiment, row.intent, row.actor)


def _same(units: Collection[FeedbackUnit], start: int, end: int) -> FeedbackUnit | None:
    def shared(unit: FeedbackUnit) -> float:
        both = min(end, unit.end) - max(start, unit.start)
        return both / (max(end, unit.end) - min(start, unit.start))

    best = max(units, key=shared, default=None)
    return best if best is not None and shared(best) >= _MIN_SHARED else None


def set_meaning(
    session: Session, unit: FeedbackUnit, sentiment: str, intent: str, *, is_only: bool
) -> None:
    """Write what a unit means, with a score that agrees; if it is the only one, its feedback too."""
    if unit.sentiment != sentiment:
        unit.sentiment, unit.sentiment_score = sentiment, _SCORES.get(Sentiment(sentiment), 0.0)
    unit.intent = intent
    session.add(unit)
    if is_only:  # what a feedback of one unit means is what the unit means
        session.execute(
            update(Feedback)
            .where(col(Feedback.id) == unit.feedback_id)
            .values(
                sentiment=unit.sentiment, sentiment_score=unit.sentiment_score, intent=unit.intent
            )
        )


def _write(session: Session, unit: FeedbackUnit, judged: Judgement, *, is_only: bool) -> None:
    unit.sentiment_confidence = unit.intent_confidence = 1.0
    if judged.intent == Intent.OTHER and unit.assigned_by != Origin.PERSON:
        unit.topic_id = unit.topic_similarity = None  # it asks nothing, so it is about no topic
    set_meaning(session, unit, judged.sentiment, judged.intent, is_only=is_only)
