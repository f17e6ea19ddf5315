"""Evidence for the ranking: one voice a unit."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, case, cast, select
from sqlmodel import Session, col

from feedback_nlp.records import Voice
from feedback_nlp.store.columns import sound_json
from feedback_nlp.store.conditions import CHANNEL, of_product
from feedback_nlp.store.tables import Evidence, Feedback, FeedbackUnit, Source
from feedback_nlp.weeks import Scope

_FEW = 500
"""Up to so many topics are named in the statement, so that only their units are read."""

_FIELDS = (
    col(Feedback.person_key),
    col(Feedback.occurred_at),
    col(FeedbackUnit.intent),
    col(FeedbackUnit.sentiment_score),
    cast(col(Feedback.signals), Text),  # parsed once for each of the few that there are
    CHANNEL,
    col(Feedback.app_version),
    col(Feedback.region),
    col(Feedback.segment),
    col(Feedback.is_burst),
)


def weeks_ago(starts: Sequence[datetime]) -> ColumnElement[int]:
    """Return SQL for "weeks before the first of ``starts``"; rows must lie in their range."""
    moment = col(Feedback.occurred_at)
    return case(*((moment >= start, back) for back, start in enumerate(starts)), else_=len(starts))


def topic_voices(
    session: Session, topic_ids: Iterable[int], scope: Scope, *, horizon_weeks: int
) -> list[Voice]:
    """Return what was said about each topic, up to the end of a week."""
    wanted = set(topic_ids)
    if not wanted:
        return []
    statement = select(col(FeedbackUnit.topic_id), *_FIELDS).select_from(FeedbackUnit)
    statement = statement.where(
        col(FeedbackUnit.topic_id).in_(sorted(wanted))
        if len(wanted) <= _FEW
        else col(FeedbackUnit.topic_id).is_not(None)
    )
    rows = _run(session, statement, scope, horizon_weeks)
    return [voice for voice in rows if voice.subject_id in wanted]


def request_voices(
    session: Session, scope: Scope, *, horizon_weeks: int, only: Collection[int] | None = None
) -> list[Voice]:
    """Return the evidence of every request, or of those with these ids, up to the end of a week."""
    statement = (
        select(col(Evidence.request_id), *_FIELDS)
        .select_from(FeedbackUnit)
        .join(Evidence, col(Evidence.unit_id) == col(FeedbackUnit.id))
    )
    if only is not None:
        statement = statement.where(col(Evidence.request_id).in_(only))
    return _run(session, statement, scope, horizon_weeks)


class _Parsed(dict[str, tuple[str, ...]]):
    """Lists of signals by the JSON that they are kept as."""

    def __missing__(self, written: str) -> tuple[str, ...]:
        self[written] = tuple(sound_json(written))
        return self[written]


def _run(session: Session, statement: Any, scope: Scope, horizon_weeks: int) -> list[Voice]:
    starts = scope.starts(horizon_weeks)
    statement = (
        statement.join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .join(Source, col(Source.id) == col(Feedback.source_id))
        .where(
            col(Feedback.occurred_at) >= starts[-1],
            col(Feedback.occurred_at) < scope.end,
            col(Feedback.is_spam).is_(False),
            col(Feedback.person_key).is_not(None),
            *of_product(scope.product),
        )
        .order_by(col(FeedbackUnit.id))
    )
    oldest_first = starts[::-1]
    parsed = _Parsed()
    return [
        Voice(
            subject_id=subject_id,
            person_key=person,
            weeks_ago=len(starts) - bisect_right(oldest_first, moment),
            intent=intent,
            sentiment_score=score,
            signals=parsed[signals],
            channel=channel,
            app_version=version,
            region=region,
            segment=segment,
            is_burst=is_burst,
        )
        for (
            subject_id,
            person,
            moment,
            intent,
            score,
            signals,
            channel,
            version,
            region,
            segment,
            is_burst,
        ) in session.execute(statement)
    ]
