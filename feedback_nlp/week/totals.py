"""The figures of a week beside its topics: totals, segments, ratings, what came in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from feedback_nlp.labels import Measure, Sentiment
from feedback_nlp.store.conditions import is_counted, said_in
from feedback_nlp.store.tables import Feedback, IngestBatch, RejectedRow, Source
from feedback_nlp.week.counting import count, within
from feedback_nlp.week.item_records import Count, RatingFigures, SegmentFigures
from feedback_nlp.week.records import BatchNote, Totals
from feedback_nlp.weeks import Scope


def totals(session: Session, scope: Scope, **only: Any) -> Totals:
    """Return the whole week's numbers.

    Args:
        session: A reading session.
        scope: Which week.
        only: More conditions, as :func:`feedback_nlp.week.counting.count` takes them.
    """

    def number(of: Measure, when: Scope = scope, **where: Any) -> Count:
        conditions = within(when, **where, **only)
        return Count(count(session, of, conditions, when.zone), of, conditions)

    last = scope.shift(-1)
    return Totals(
        feedback=number(Measure.FEEDBACK, counted=True),
        feedback_last=number(Measure.FEEDBACK, last, counted=True),
        people=number(Measure.PEOPLE, counted=True),
        people_last=number(Measure.PEOPLE, last, counted=True),
        authorless=number(Measure.FEEDBACK, counted=True, author_known=False),
        sentiments={
            sentiment.value: number(Measure.FEEDBACK, counted=True, sentiment=sentiment.value)
            for sentiment in Sentiment
        },
        units=number(Measure.UNITS, counted=True),
        problem_units=number(Measure.UNITS, counted=True, problem=True),
        unassigned_units=number(Measure.UNITS, counted=True, problem=True, unassigned=True),
        vents=number(Measure.UNITS, counted=True, vent=True),
        vent_people=number(Measure.PEOPLE, counted=True, vent=True),
        bursts=number(Measure.FEEDBACK, burst=True, spam=False),
        copies=number(Measure.FEEDBACK, copy=True, counted=True),
        spam=number(Measure.FEEDBACK, spam=True),
        no_content=number(Measure.FEEDBACK, no_content=True, counted=True),
    )


def segments(session: Session, scope: Scope) -> tuple[SegmentFigures, ...]:
    """Return each customer segment's week, the one with most people first."""
    segment = col(Feedback.segment)
    people = func.count(func.distinct(col(Feedback.person_key)))
    feedback = func.count(func.distinct(col(Feedback.id)))
    known = (is_counted(), segment.is_not(None))

    def by_segment(
        measure: ColumnElement[int], when: Scope, *more: ColumnElement[bool]
    ) -> dict[str, int]:
        statement = select(segment, measure).group_by(segment)
        return _grouped(session, in_week(statement, when).where(*known, *more))

    last = scope.shift(-1)
    persons, persons_last = by_segment(people, scope), by_segment(people, last)
    written = by_segment(feedback, scope)
    negative = by_segment(feedback, scope, col(Feedback.sentiment) == Sentiment.NEG.value)

    def one(name: str) -> SegmentFigures:
        here = within(scope, counted=True, segment=name)
        before = within(last, counted=True, segment=name)
        return SegmentFigures(
            segment=name,
            feedback=Count(written.get(name, 0), Measure.FEEDBACK, here),
            people=Count(persons.get(name, 0), Measure.PEOPLE, here),
            people_last=Count(persons_last.get(name, 0), Measure.PEOPLE, before),
            negative=Count(
                negative.get(name, 0), Measure.FEEDBACK, {**here, "sentiment": Sentiment.NEG.value}
            ),
        )

    names = sorted({*persons, *persons_last}, key=lambda name: (-persons.get(name, 0), name))
    return tuple(one(name) for name in names)


def ratings(session: Session, scope: Scope) -> tuple[RatingFigures, ...]:
    """Return the star ratings by kind of source, where any came in."""
    statement = select(
        col(Source.kind), func.count(col(Feedback.id)), func.avg(col(Feedback.rating))
    ).group_by(col(Source.kind))
    rated = (col(Feedback.rating).is_not(None), is_counted())
    this, before = (
        {
            kind: (number, float(mean))
            for kind, number, mean in session.execute(in_week(statement, when).where(*rated))
        }
        for when in (scope, scope.shift(-1))
    )
    figures = []
    for kind, (number, mean) in sorted(this.items()):
        where = within(scope, counted=True, rated=True, source_kind=kind)
        satisfied = {**where, "satisfied": True}
        figures.append(
            RatingFigures(
                source_kind=kind,
                rated=Count(number, Measure.FEEDBACK, where),
                mean=round(mean, 2),
                satisfied=Count(
                    count(session, Measure.FEEDBACK, satisfied, scope.zone),
                    Measure.FEEDBACK,
                    satisfied,
                ),
                mean_last=round(before[kind][1], 2) if kind in before else None,
            )
        )
    return tuple(figures)


def batches(session: Session, scope: Scope) -> tuple[BatchNote, ...]:
    """Return what the files and calls that brought this week's feedback held, by source."""
    held = select(col(Feedback.batch_id)).where(
        col(Feedback.occurred_at) >= scope.start, col(Feedback.occurred_at) < scope.end
    )
    sums = (
        select(
            col(Source.name),
            col(Source.kind),
            func.count(col(IngestBatch.id)),
            func.sum(col(IngestBatch.read_count)),
            func.sum(col(IngestBatch.accepted_count)),
            func.sum(col(IngestBatch.duplicate_count)),
            func.sum(col(IngestBatch.rejected_count)),
        )
        .join(Source, col(Source.id) == col(IngestBatch.source_id))
        .where(col(IngestBatch.id).in_(held))
        .group_by(col(Source.name), col(Source.kind))
        .order_by(col(Source.name))
    )
    reasons, remarks = _reasons(session, held), _remarks(session, held, scope)
    notes = []
    for source, kind, number, *values in session.execute(sums):
        where = {"week": str(scope.week), "source": source}
        read, accepted, duplicate, rejected = (
            Count(value or 0, of, where)
            for of, value in zip(
                (Measure.READ, Measure.ACCEPTED, Measure.DUPLICATE, Measure.REJECTED),
                values,
                strict=True,
            )
        )
        notes.append(
            BatchNote(
                source=source,
                kind=kind,
                batches=Count(number, Measure.BATCHES, where),
                read=read,
                accepted=accepted,
                duplicate=duplicate,
                rejected=rejected,
                rejected_reasons={
                    reason: Count(value, Measure.REJECTED, {**where, "reason": reason})
                    for reason, value in reasons[source].items()
                },
                remarks=tuple(remarks[source]),
            )
        )
    return tuple(notes)


def _reasons(session: Session, held: Any) -> Mapping[str, Mapping[str, int]]:
    """Return, by source, how many rows of the batches were rejected for each reason."""
    reasons: dict[str, dict[str, int]] = defaultdict(dict)
    for source, reason, number in session.execute(
        select(col(Source.name), col(RejectedRow.reason), func.count(col(RejectedRow.id)))
        .select_from(RejectedRow)
        .join(IngestBatch, col(IngestBatch.id) == col(RejectedRow.batch_id))
        .join(Source, col(Source.id) == col(IngestBatch.source_id))
        .where(col(IngestBatch.id).in_(held))
        .group_by(col(Source.name), col(RejectedRow.reason))
        .order_by(col(Source.name), col(RejectedRow.reason))
    ):
        reasons[source][reason] = number
    return reasons


def _remarks(session: Session, held: Any, scope: Scope) -> Mapping[str, Iterable[str]]:
    """Return, by source, what was noted while its batches were read, each remark once.

    A file of many weeks is spoken of in the newest of them, not again in each.
    """
    noted = [
        (batch, source, told)
        for batch, source, told in session.execute(
            select(col(IngestBatch.id), col(Source.name), col(IngestBatch.notes))
            .join(Source, col(Source.id) == col(IngestBatch.source_id))
            .where(col(IngestBatch.id).in_(held))
            .order_by(col(IngestBatch.id))
        )
        if told
    ]
    go_on = set(
        session.scalars(
            select(col(IngestBatch.id)).where(
                col(IngestBatch.id).in_([batch for batch, *_ in noted]),
                select(col(Feedback.id))
                .where(
                    col(Feedback.batch_id) == col(IngestBatch.id),
                    col(Feedback.occurred_at) >= scope.end,
                )
                .exists(),
            )
        )
    )
    remarks: dict[str, dict[str, None]] = defaultdict(dict)
    for batch, source, told in noted:
        if batch not in go_on:
            remarks[source].update(dict.fromkeys(told))
    return remarks


def in_week(statement: Any, scope: Scope) -> Any:
    """Narrow a statement to the week's feedback, with its source."""
    return (
        statement.select_from(Feedback)
        .join(Source, col(Source.id) == col(Feedback.source_id))
        .where(*said_in(scope))
    )


def _grouped(session: Session, statement: Any) -> dict[str, int]:
    return {row[0]: row[1] for row in session.execute(statement)}
