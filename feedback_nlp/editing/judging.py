"""改判断: a person says what a unit means; it stands against every analysis until it is undone."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import Session, col

from feedback_nlp.editing.edit import Edit
from feedback_nlp.errors import InputError, NotFound
from feedback_nlp.labels import Intent, Sentiment
from feedback_nlp.store.judgement_table import Judgement
from feedback_nlp.store.judgements import lay_over, set_meaning, standing
from feedback_nlp.store.tables import FeedbackUnit


def judge(
    session: Session,
    unit_id: int,
    sentiment: str | None,
    intent: str | None,
    edit: Edit,
    *,
    sample: str | None = None,
) -> Judgement:
    """Say what a unit means; what is left out stays as it is.

    Args:
        session: The writing session; nothing is committed.
        unit_id: Which unit.
        sentiment: ``pos``, ``neu`` or ``neg``.
        intent: Of :class:`~feedback_nlp.labels.Intent`.
        edit: Who says it, and when.
        sample: Week whose blind sample this answers.

    Raises:
        NotFound: If there is no such unit.
        InputError: If nobody says it, nothing is said, or a value is not known.
    """
    unit = _unit(session, unit_id)
    wanted = Sentiment(_known(sentiment or unit.sentiment, Sentiment, "情感"))
    meant = Intent(_known(intent or unit.intent, Intent, "意图"))
    if wanted is Sentiment.MIXED:
        raise InputError("一句话只说一个观点，没有“褒贬都有”", hint="选正面、中性或负面")
    if sentiment is None and intent is None:
        raise InputError("没有写要改成什么", reason="nothing-to-judge")
    if not edit.actor.strip():
        raise InputError("没有写是谁改的", reason="no-actor")
    before = _holding(session, unit)
    row = Judgement(
        feedback_id=unit.feedback_id,
        start=unit.start,
        end=unit.end,
        sentiment=wanted.value,
        intent=meant.value,
        engine_sentiment=before.engine_sentiment if before else unit.sentiment,
        engine_intent=before.engine_intent if before else unit.intent,
        sample=sample,
        actor=edit.actor.strip(),
        judged_at=edit.now,
    )
    session.add(row)
    session.flush()
    lay_over(session, [unit.feedback_id])
    return row


def undo(session: Session, unit_id: int, edit: Edit) -> Judgement:
    """Take back the last judgement of a unit: the one before holds, or what the engine said.

    Raises:
        NotFound: If there is no such unit, or nobody judged it.
    """
    unit = _unit(session, unit_id)
    row = _holding(session, unit)
    if row is None:
        raise NotFound(f"观点 {unit_id} 没有人改过判断", reason="not-judged")
    row.undone_by, row.undone_at = edit.actor, edit.now
    session.add(row)
    session.flush()
    lay_over(session, [unit.feedback_id])
    if _holding(session, unit) is None:
        others = select(col(FeedbackUnit.id)).where(
            col(FeedbackUnit.feedback_id) == unit.feedback_id, col(FeedbackUnit.id) != unit.id
        )
        is_only = session.scalar(others.limit(1)) is None
        set_meaning(session, unit, row.engine_sentiment, row.engine_intent, is_only=is_only)
    session.flush()
    return row


def _unit(session: Session, unit_id: int) -> FeedbackUnit:
    unit = session.get(FeedbackUnit, unit_id)
    if unit is None:
        raise NotFound(f"没有观点 {unit_id}", hint="它可能已被重新分析，刷新后再试")
    return unit


def _holding(session: Session, unit: FeedbackUnit) -> Judgement | None:
    return next(
        (
            row
            for row in standing(session, [unit.feedback_id])
            if (row.start, row.end) == (unit.start, unit.end)
        ),
        None,
    )


def _known(value: str, words: type[Sentiment | Intent], name: str) -> str:
    if value not in set(words):
        raise InputError(f"没有 {value[:20]!r} 这种{name}", hint="可用：" + "、".join(words))
    return value
