"""The weekly blind sample: people read some units without seeing what the engine read.

How often both agree is the engine's accuracy on the data of this deployment; each answer is a
judgement as well (:mod:`feedback_nlp.editing.judging`), so that none is wasted.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col

from feedback_nlp.editing.edit import Edit
from feedback_nlp.editing.judging import judge
from feedback_nlp.errors import InputError
from feedback_nlp.store.conditions import is_counted
from feedback_nlp.store.judgement_table import Judgement
from feedback_nlp.store.tables import Feedback, FeedbackUnit
from feedback_nlp.weeks import parse_period

SAMPLE_SIZE = 30


class SampleUnit(NamedTuple):
    """One unit to be read: the text, and what stands around it; not what the engine read."""

    unit_id: int
    feedback_id: int
    before: str
    text: str
    after: str


class Agreement(NamedTuple):
    """How often people and engine agreed in the sample of a week.

    Attributes:
        week: Which.
        judged: Units that people read.
        sentiment, intent: Of these, units in which both agreed.
    """

    week: str
    judged: int
    sentiment: int
    intent: int


def to_judge(session: Session, week: str, zone: ZoneInfo) -> list[SampleUnit]:
    """Return what is left of a week's sample; the same units for everybody who asks.

    Units are drawn from all that count, each as likely as any other, by the week's name.
    """
    done = {(row.feedback_id, row.start, row.end) for row in _answers(session, week)}
    start, end = parse_period(week).bounds(zone)
    ids = session.scalars(
        select(col(FeedbackUnit.id))
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .where(col(Feedback.occurred_at) >= start, col(Feedback.occurred_at) < end, is_counted())
        .order_by(col(FeedbackUnit.id))
    ).all()
    drawn = list(ids)
    random.Random(f"sample {week}").shuffle(drawn)  # noqa: S311 - the same for all, no secret
    rows = session.execute(
        select(FeedbackUnit, col(Feedback.text))
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .where(col(FeedbackUnit.id).in_(drawn[: SAMPLE_SIZE + len(done)]))
    )
    units = {
        unit.id: SampleUnit(
            unit.id or 0,
            unit.feedback_id,
            text[: unit.start],
            text[unit.start : unit.end],
            text[unit.end :],
        )
        for unit, text in rows
        if (unit.feedback_id, unit.start, unit.end) not in done
    }
    left = [units[id_] for id_ in drawn if id_ in units]
    return left[: max(0, SAMPLE_SIZE - len(done))]


def answer(session: Session, week: str, read: Mapping[int, tuple[str, str]], edit: Edit) -> int:
    """Store what a person read: unit id → sentiment, intent; return how many.

    Raises:
        InputError: If nothing was read, or a value is not known.
        NotFound: If a unit does not exist.
    """
    if not read:
        raise InputError("一句也没有判", hint="每句选一个情感、一个意图；拿不准的可以跳过")
    for unit_id, (sentiment, intent) in sorted(read.items()):
        judge(session, unit_id, sentiment, intent, edit, sample=week)
    return len(read)


def agreements(session: Session) -> list[Agreement]:
    """Return the agreement of each week that was sampled, the newest first."""
    found: dict[str, list[Judgement]] = {}
    rows = session.scalars(
        select(Judgement)
        .where(col(Judgement.sample).is_not(None), col(Judgement.undone_at).is_(None))
        .order_by(col(Judgement.sample).desc(), col(Judgement.id))
    )
    for row in rows:
        found.setdefault(row.sample or "", []).append(row)
    return [
        Agreement(
            week,
            len(answers),
            sum(one.sentiment == one.engine_sentiment for one in answers),
            sum(one.intent == one.engine_intent for one in answers),
        )
        for week, answers in found.items()
    ]


def _answers(session: Session, week: str) -> list[Judgement]:
    return list(
        session.scalars(
            select(Judgement).where(
                col(Judgement.sample) == week, col(Judgement.undone_at).is_(None)
            )
        )
    )
