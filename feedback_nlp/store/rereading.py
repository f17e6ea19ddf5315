"""Units of feedback that is read again: a stretch of text keeps its unit, and what people did to it.

A unit whose stretch is found again keeps its id, its topic and whatever people added; of
the others, each new stretch takes over the old unit that it shares most with, those that
people touched first. Old units that no new stretch overlaps go, unless people touched them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update
from sqlmodel import Session, col

from feedback_nlp.labels import Intent, Origin
from feedback_nlp.store.tables import Evidence, FeedbackUnit

_AUTO = Origin.AUTO.value
_ASIDE = 1_000_000  # positions out of the way while the new ones are given


class OldUnit(NamedTuple):
    """A unit as an earlier run left it.

    Attributes:
        is_kept: People placed it, or made it evidence.
    """

    unit_id: int
    start: int
    end: int
    is_kept: bool


def match_spans(old: Sequence[OldUnit], new: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Return which old unit each new stretch continues: place in ``new`` → unit id.

    >>> match_spans([OldUnit(7, 0, 4, False), OldUnit(8, 5, 9, True)], [(0, 4), (6, 9)])
    {0: 7, 1: 8}
    """
    pairs = []
    for place, (start, end) in enumerate(new):
        for unit in old:
            shared = min(end, unit.end) - max(start, unit.start)
            if shared > 0:
                whole = max(end, unit.end) - min(start, unit.start)
                same = shared == whole
                pairs.append((not same, not unit.is_kept, -shared / whole, unit.unit_id, place))
    matched: dict[int, int] = {}
    taken: set[int] = set()
    for *_, unit_id, place in sorted(pairs):
        if place not in matched and unit_id not in taken:
            matched[place] = unit_id
            taken.add(unit_id)
    return matched


def write_units(session: Session, units: Mapping[int, Sequence[dict[str, Any]]]) -> None:
    """Write the units of a chunk of feedback, new or read again.

    Args:
        session: The writing session; nothing is committed.
        units: Column values of the units in text order, by feedback id.
    """
    known = _stored(session, list(units))
    fresh: list[dict[str, Any]] = []
    again: list[dict[str, Any]] = []
    behind: list[dict[str, Any]] = []
    gone: list[int] = []
    for feedback_id, rows in units.items():
        old = known.get(feedback_id, [])
        matched = match_spans(old, [(row["start"], row["end"]) for row in rows])
        for place, row in enumerate(rows):
            if place in matched:
                again.append({**row, "b_id": matched[place]})
            else:
                fresh.append({**row, "assigned_by": _AUTO})
        left = [unit for unit in old if unit.unit_id not in matched.values()]
        gone += [unit.unit_id for unit in left if not unit.is_kept]
        kept = [unit.unit_id for unit in left if unit.is_kept]
        behind += [
            {"b_id": unit_id, "position": len(rows) + place} for place, unit_id in enumerate(kept)
        ]
    if known:
        session.execute(
            update(FeedbackUnit)
            .where(col(FeedbackUnit.feedback_id).in_(known))
            .values(position=FeedbackUnit.position + _ASIDE)
            .execution_options(synchronize_session=False)
        )
    for changed in (again, behind):
        if changed:
            session.connection().execute(
                update(FeedbackUnit).where(col(FeedbackUnit.id) == bindparam("b_id")), changed
            )
    if fresh:  # before old ones go: a database may give a freed id again
        session.connection().execute(insert(FeedbackUnit), fresh)
    if gone:
        for table, column in ((Evidence, Evidence.unit_id), (FeedbackUnit, FeedbackUnit.id)):
            session.execute(
                delete(table)
                .where(col(column).in_(gone))
                .execution_options(synchronize_session=False)
            )
    if again:
        _let_go(session, list(known))


def _stored(session: Session, feedback_ids: Sequence[int]) -> dict[int, list[OldUnit]]:
    added = set(
        session.scalars(
            select(col(Evidence.unit_id))
            .join(FeedbackUnit, col(FeedbackUnit.id) == col(Evidence.unit_id))
            .where(col(FeedbackUnit.feedback_id).in_(feedback_ids), col(Evidence.added_by) != _AUTO)
        )
    )
    known: dict[int, list[OldUnit]] = {}
    for unit_id, feedback_id, start, end, by in session.execute(
        select(
            col(FeedbackUnit.id),
            col(FeedbackUnit.feedback_id),
            col(FeedbackUnit.start),
            col(FeedbackUnit.end),
            col(FeedbackUnit.assigned_by),
        )
        .where(col(FeedbackUnit.feedback_id).in_(feedback_ids))
        .order_by(col(FeedbackUnit.id))
    ):
        is_kept = by == Origin.PERSON or unit_id in added
        known.setdefault(feedback_id, []).append(OldUnit(unit_id, start, end, is_kept))
    return known


def _let_go(session: Session, feedback_ids: Sequence[int]) -> None:
    """Take units that now ask nothing out of the topics they were put in by an analysis."""
    session.execute(
        update(FeedbackUnit)
        .where(
            col(FeedbackUnit.feedback_id).in_(feedback_ids),
            col(FeedbackUnit.intent) == Intent.OTHER.value,
            col(FeedbackUnit.assigned_by) != Origin.PERSON.value,
        )
        .values(topic_id=None, topic_similarity=None)
        .execution_options(synchronize_session=False)
    )
