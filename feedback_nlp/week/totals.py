"""The figures of a week beside its topics: totals, channels, ratings, what came in."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from feedback_nlp.labels import Sentiment
from feedback_nlp.store.conditions import CHANNEL, is_counted, is_problem
from feedback_nlp.store.tables import Feedback, FeedbackUnit, IngestBatch, RejectedRow, Source
from feedback_nlp.week.counting import count
from feedback_nlp.week.records import (
    BatchNote,
    ChannelFigures,
    Count,
    RatingFigures,
    SegmentFigures,
    Totals,
)
from feedback_nlp.weeks import Period


def totals(session: Session, week: Period, zone: ZoneInfo, product: str | None) -> Totals:
    """Return the whole week's numbers."""

    def number(of: str, when: Period = week, **where: Any) -> Count:
        conditions = scope(when, product, **where)
        return Count(count(session, of, conditions, zone), of, conditions)

    last = week.shift(-1)
    return Totals(
        feedback=number("feedback", counted=True),
        feedback_last=number("feedback", last, counted=True),
        people=number("people", counted=True),
        people_last=number("people", last, counted=True),
        sentiments={
            sentiment.value: number("feedback", counted=True, sentiment=sentiment.value)
            for sentiment in Sentiment
        },
        units=number("units", counted=True),
        problem_units=number("units", counted=True, problem=True),
        unassigned_units=number("units", counted=True, problem=True, unassigned=True),
        vents=number("units", counted=True, vent=True),
        vent_people=number("people", counted=True, vent=True),
        bursts=number("feedback", burst=True, spam=False),
        copies=number("feedback", copy=True, counted=True),
        spam=number("feedback", spam=True),
    )


def channels(
    session: Session, week: Period, zone: ZoneInfo, product: str | None
) -> tuple[ChannelFigures, ...]:
    """Return each channel's week, the busiest first."""
    last = week.shift(-1)
    is_copy = col(Feedback.duplicate_of).is_not(None) & (
        col(Feedback.duplicate_of) != col(Feedback.id)
    )
    feedback = func.count(func.distinct(col(Feedback.id)))
    people = func.count(func.distinct(col(Feedback.person_key)))

    def by_channel(measure: ColumnElement[int], *conditions: ColumnElement[bool]) -> dict[str, int]:
        statement = select(CHANNEL, measure).group_by(CHANNEL)
        return _grouped(session, _in_week(statement, week, zone, product).where(*conditions))

    counted = by_channel(feedback, is_counted())
    before = _grouped(
        session,
        _in_week(select(CHANNEL, feedback).group_by(CHANNEL), last, zone, product).where(
            is_counted()
        ),
    )
    persons = by_channel(people, is_counted())
    copies = by_channel(feedback, is_counted(), is_copy)
    spam = by_channel(feedback, col(Feedback.is_spam).is_(True))
    units, problems = (
        _grouped(
            session,
            _in_week(
                select(CHANNEL, func.count(col(FeedbackUnit.id))).group_by(CHANNEL),
                week,
                zone,
                product,
                units=True,
            ).where(is_counted(), *extra),
        )
        for extra in ((), (is_problem(),))
    )
    moods: dict[tuple[str, str], int] = {}
    statement = select(CHANNEL, col(Feedback.sentiment), feedback).group_by(
        CHANNEL, col(Feedback.sentiment)
    )
    for channel, mood, value in session.execute(
        _in_week(statement, week, zone, product).where(is_counted())
    ):
        moods[channel, mood] = value

    def one(channel: str) -> ChannelFigures:
        here = scope(week, product, counted=True, channel=channel)
        return ChannelFigures(
            channel=channel,
            feedback=Count(counted.get(channel, 0), "feedback", here),
            feedback_last=Count(
                before.get(channel, 0),
                "feedback",
                scope(last, product, counted=True, channel=channel),
            ),
            people=Count(persons.get(channel, 0), "people", here),
            sentiments={
                mood.value: Count(
                    moods.get((channel, mood.value), 0),
                    "feedback",
                    {**here, "sentiment": mood.value},
                )
                for mood in Sentiment
            },
            units=Count(units.get(channel, 0), "units", here),
            problem_units=Count(problems.get(channel, 0), "units", {**here, "problem": True}),
            copies=Count(copies.get(channel, 0), "feedback", {**here, "copy": True}),
            spam=Count(
                spam.get(channel, 0), "feedback", scope(week, product, spam=True, channel=channel)
            ),
        )

    names = sorted(set(counted) | set(before) | set(spam), key=lambda n: (-counted.get(n, 0), n))
    return tuple(one(name) for name in names)


def segments(
    session: Session, week: Period, zone: ZoneInfo, product: str | None
) -> tuple[SegmentFigures, ...]:
    """Return each customer segment's week, the one with most people first."""
    segment = col(Feedback.segment)
    people = func.count(func.distinct(col(Feedback.person_key)))
    feedback = func.count(func.distinct(col(Feedback.id)))
    known = (is_counted(), segment.is_not(None))

    def by_segment(
        measure: ColumnElement[int], when: Period, *more: ColumnElement[bool]
    ) -> dict[str, int]:
        statement = select(segment, measure).group_by(segment)
        return _grouped(session, _in_week(statement, when, zone, product).where(*known, *more))

    last = week.shift(-1)
    persons, persons_last = by_segment(people, week), by_segment(people, last)
    written = by_segment(feedback, week)
    negative = by_segment(feedback, week, col(Feedback.sentiment) == Sentiment.NEG.value)

    def one(name: str) -> SegmentFigures:
        here = scope(week, product, counted=True, segment=name)
        before = scope(last, product, counted=True, segment=name)
        return SegmentFigures(
            segment=name,
            feedback=Count(written.get(name, 0), "feedback", here),
            people=Count(persons.get(name, 0), "people", here),
            people_last=Count(persons_last.get(name, 0), "people", before),
            negative=Count(
                negative.get(name, 0), "feedback", {**here, "sentiment": Sentiment.NEG.value}
            ),
        )

    names = sorted({*persons, *persons_last}, key=lambda name: (-persons.get(name, 0), name))
    return tuple(one(name) for name in names)


def ratings(
    session: Session, week: Period, zone: ZoneInfo, product: str | None
) -> tuple[RatingFigures, ...]:
    """Return the star ratings by kind of source, where any came in."""
    statement = select(
        col(Source.kind), func.count(col(Feedback.id)), func.avg(col(Feedback.rating))
    ).group_by(col(Source.kind))
    rated = (col(Feedback.rating).is_not(None), is_counted())
    this, before = (
        {
            kind: (number, float(mean))
            for kind, number, mean in session.execute(
                _in_week(statement, when, zone, product).where(*rated)
            )
        }
        for when in (week, week.shift(-1))
    )
    figures = []
    for kind, (number, mean) in sorted(this.items()):
        where = scope(week, product, counted=True, rated=True, source_kind=kind)
        satisfied = {**where, "satisfied": True}
        figures.append(
            RatingFigures(
                source_kind=kind,
                rated=Count(number, "feedback", where),
                mean=round(mean, 2),
                satisfied=Count(count(session, "feedback", satisfied, zone), "feedback", satisfied),
                mean_last=round(before[kind][1], 2) if kind in before else None,
            )
        )
    return tuple(figures)


def batches(session: Session, week: Period, zone: ZoneInfo) -> tuple[BatchNote, ...]:
    """Return what the files and calls that brought this week's feedback held, by source."""
    start, end = week.bounds(zone)
    held = select(col(Feedback.batch_id)).where(
        col(Feedback.occurred_at) >= start, col(Feedback.occurred_at) < end
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
    notes = []
    for source, kind, number, *values in session.execute(sums):
        where = {"week": str(week), "source": source}
        read, accepted, duplicate, rejected = (
            Count(value or 0, of, where)
            for of, value in zip(("read", "accepted", "duplicate", "rejected"), values, strict=True)
        )
        notes.append(
            BatchNote(
                source=source,
                kind=kind,
                batches=Count(number, "batches", where),
                read=read,
                accepted=accepted,
                duplicate=duplicate,
                rejected=rejected,
                rejected_reasons={
                    reason: Count(value, "rejected", {**where, "reason": reason})
                    for reason, value in reasons[source].items()
                },
            )
        )
    return tuple(notes)


def scope(week: Period, product: str | None, **where: Any) -> dict[str, Any]:
    """Return conditions for one week, and for one product if asked for."""
    only = {} if product is None else {"product": product}
    return {"week": str(week), **only, **where}


def _in_week(
    statement: Any,
    week: Period,
    zone: ZoneInfo,
    product: str | None,
    *,
    units: bool = False,
) -> Any:
    start, end = week.bounds(zone)
    statement = statement.select_from(Feedback).join(
        Source, col(Source.id) == col(Feedback.source_id)
    )
    if units:
        statement = statement.join(FeedbackUnit, col(FeedbackUnit.feedback_id) == col(Feedback.id))
    statement = statement.where(col(Feedback.occurred_at) >= start, col(Feedback.occurred_at) < end)
    return statement if product is None else statement.where(col(Feedback.product) == product)


def _grouped(session: Session, statement: Any) -> dict[str, int]:
    return {row[0]: row[1] for row in session.execute(statement)}
