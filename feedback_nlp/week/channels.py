"""The channels of a week: what came in by each, and how it felt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from feedback_nlp.labels import Measure, Sentiment
from feedback_nlp.store.conditions import CHANNEL, is_counted, is_problem
from feedback_nlp.store.tables import Feedback, FeedbackUnit
from feedback_nlp.week.counting import within
from feedback_nlp.week.item_records import ChannelFigures, Count
from feedback_nlp.week.totals import in_week
from feedback_nlp.weeks import Scope

_FEEDBACK = func.count(func.distinct(col(Feedback.id)))
_PEOPLE = func.count(func.distinct(col(Feedback.person_key)))
_UNITS = func.count(col(FeedbackUnit.id))


def channels(session: Session, scope: Scope) -> tuple[ChannelFigures, ...]:
    """Return each channel's week, the busiest first."""
    numbers = _read(session, scope)
    return tuple(_figures(name, numbers, scope) for name in numbers.names())


@dataclass(frozen=True, slots=True)
class _Numbers:
    """By channel; ``moods`` by channel and sentiment."""

    counted: Mapping[str, int]
    before: Mapping[str, int]
    persons: Mapping[str, int]
    copies: Mapping[str, int]
    spam: Mapping[str, int]
    units: Mapping[str, int]
    problems: Mapping[str, int]
    moods: Mapping[tuple[str, str], int]

    def names(self) -> list[str]:
        known = {*self.counted, *self.before, *self.spam}
        return sorted(known, key=lambda name: (-self.counted.get(name, 0), name))


def _read(session: Session, scope: Scope) -> _Numbers:
    def by_channel(
        measure: ColumnElement[int], *conditions: ColumnElement[bool], when: Scope = scope
    ) -> dict[str, int]:
        statement = in_week(select(CHANNEL, measure), when)
        if measure is _UNITS:
            statement = statement.join(
                FeedbackUnit, col(FeedbackUnit.feedback_id) == col(Feedback.id)
            )
        rows = session.execute(statement.where(*conditions).group_by(CHANNEL))
        return {row[0]: row[1] for row in rows}

    is_copy = col(Feedback.duplicate_of).is_not(None) & (
        col(Feedback.duplicate_of) != col(Feedback.id)
    )
    moods = in_week(select(CHANNEL, col(Feedback.sentiment), _FEEDBACK), scope).where(is_counted())
    return _Numbers(
        counted=by_channel(_FEEDBACK, is_counted()),
        before=by_channel(_FEEDBACK, is_counted(), when=scope.shift(-1)),
        persons=by_channel(_PEOPLE, is_counted()),
        copies=by_channel(_FEEDBACK, is_counted(), is_copy),
        spam=by_channel(_FEEDBACK, col(Feedback.is_spam).is_(True)),
        units=by_channel(_UNITS, is_counted()),
        problems=by_channel(_UNITS, is_counted(), is_problem()),
        moods={
            (channel, mood): value
            for channel, mood, value in session.execute(
                moods.group_by(CHANNEL, col(Feedback.sentiment))
            )
        },
    )


def _figures(channel: str, numbers: _Numbers, scope: Scope) -> ChannelFigures:
    here = within(scope, counted=True, channel=channel)
    before = within(scope.shift(-1), counted=True, channel=channel)
    return ChannelFigures(
        channel=channel,
        feedback=Count(numbers.counted.get(channel, 0), Measure.FEEDBACK, here),
        feedback_last=Count(numbers.before.get(channel, 0), Measure.FEEDBACK, before),
        people=Count(numbers.persons.get(channel, 0), Measure.PEOPLE, here),
        sentiments={
            mood.value: Count(
                numbers.moods.get((channel, mood.value), 0),
                Measure.FEEDBACK,
                {**here, "sentiment": mood.value},
            )
            for mood in Sentiment
        },
        units=Count(numbers.units.get(channel, 0), Measure.UNITS, here),
        problem_units=Count(
            numbers.problems.get(channel, 0), Measure.UNITS, {**here, "problem": True}
        ),
        copies=Count(numbers.copies.get(channel, 0), Measure.FEEDBACK, {**here, "copy": True}),
        spam=Count(
            numbers.spam.get(channel, 0),
            Measure.FEEDBACK,
            within(scope, spam=True, channel=channel),
        ),
    )
