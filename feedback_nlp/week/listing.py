"""The rows behind a number: what :func:`~feedback_nlp.week.counting.count` counts, as a list.

Pages are keyset pages, newest first, like those of :mod:`feedback_nlp.store.queries`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select
from sqlmodel import Session, col

from feedback_nlp.labels import Measure
from feedback_nlp.store.conditions import is_evidence_of
from feedback_nlp.store.queries import FeedbackPosition, FeedbackRow
from feedback_nlp.store.tables import Feedback, FeedbackUnit, Source
from feedback_nlp.week.counting import SOURCE_KEYS, UNIT_KEYS, narrowed, nps_answers, walked

_ANSWER_KEYS = ("min_answer", "max_answer")
_CHUNK = 500


def rows_behind(
    session: Session,
    of: str,
    where: Mapping[str, Any],
    zone: ZoneInfo,
    *,
    limit: int,
    after: FeedbackPosition | None = None,
) -> list[FeedbackRow]:
    """Return up to ``limit`` feedback that a count is made of, newest first, after ``after``.

    Args:
        session: A reading session.
        of: A measure of feedback: people, feedback, units or answers.
        where: Conditions as :func:`feedback_nlp.week.counting.count` takes them.
        zone: Where weeks begin.
        limit: At most so many.
        after: Where the page before ended.

    Raises:
        InputError: If a condition is not known.
    """
    statement = _ids_of_feedback(session, of, where, zone)
    if after is not None:
        statement = statement.where(
            or_(
                col(Feedback.occurred_at) < after.occurred_at,
                and_(col(Feedback.occurred_at) == after.occurred_at, col(Feedback.id) < after.id),
            )
        )
    newest = (col(Feedback.occurred_at).desc(), col(Feedback.id).desc())
    # first the ids: whole rows would be sorted with all their texts, for one page of them
    ids = list(session.scalars(statement.order_by(*newest).limit(limit)))
    rows = (
        select(Feedback, Source)
        .join(Source, col(Source.id) == col(Feedback.source_id))
        .where(col(Feedback.id).in_(ids))
        .order_by(*newest)
    )
    return [FeedbackRow(*row) for row in session.execute(rows)]


def all_rows_behind(
    session: Session, of: str, where: Mapping[str, Any], zone: ZoneInfo
) -> Iterator[FeedbackRow]:
    """Yield all feedback that a count is made of, newest first, a few hundred at a time."""
    after = None
    while page := rows_behind(session, of, where, zone, limit=_CHUNK, after=after):
        yield from page
        last = page[-1].feedback
        after = FeedbackPosition(last.occurred_at, last.id or 0)


def matching_units(
    session: Session, where: Mapping[str, Any], zone: ZoneInfo, feedback_ids: list[int]
) -> set[int]:
    """Return which units of feedback that a count is about are meant; all without a condition."""
    of_units = {key: value for key, value in where.items() if key in UNIT_KEYS}
    request = of_units.pop("request", None)
    statement = narrowed(
        session, select(col(FeedbackUnit.id)), of_units, zone, units=True, source=False
    )
    if request is not None:  # asked of the few units of a page, not read for all of its evidence
        statement = statement.where(is_evidence_of(str(request)))
    return set(session.scalars(statement.where(col(FeedbackUnit.feedback_id).in_(feedback_ids))))


def _ids_of_feedback(session: Session, of: str, where: Mapping[str, Any], zone: ZoneInfo) -> Any:
    if of == Measure.ANSWERS:
        return _with_answers(session, where, zone)
    if (found := walked(session, where, zone)) is not None:
        return found
    source = not SOURCE_KEYS.isdisjoint(where)
    ids = narrowed(session, select(col(Feedback.id)), where, zone, source=source)
    if UNIT_KEYS.isdisjoint(where):
        return ids
    # a feedback with two such units is one row
    return select(col(Feedback.id)).where(col(Feedback.id).in_(ids))


def _with_answers(session: Session, where: Mapping[str, Any], zone: ZoneInfo) -> Any:
    """Return the feedback of answer sheets; the sheet's answer lies in the row's extras."""
    lowest, highest = where.get("min_answer", 0), where.get("max_answer", 10)
    rest = {key: value for key, value in where.items() if key not in _ANSWER_KEYS}
    sheets = [
        sheet
        for sheet, answer in nps_answers(session, rest, zone).items()
        if lowest <= answer <= highest
    ]
    statement = narrowed(session, select(col(Feedback.id)), rest, zone)
    by_source: dict[int, list[str]] = {}
    for source_id, key in sheets:
        by_source.setdefault(source_id, []).append(key)
    return statement.where(
        or_(
            *(
                and_(
                    col(Feedback.source_id) == source_id,
                    or_(
                        col(Feedback.thread_key).in_(keys),
                        and_(
                            col(Feedback.thread_key).is_(None), col(Feedback.source_key).in_(keys)
                        ),
                    ),
                )
                for source_id, keys in by_source.items()
            ),
            col(Feedback.id).is_(None),
        )
    )
