"""How much came in by week: which weeks are usual, and which one a list is about.

A week is *thin* if it has less than a share of the people that the weeks before it had: one
stray row with a wrong date, a week whose files are not in yet. Thin weeks are data like any
other, but nothing is judged by them: neither the list of a week nor a stored priority.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from statistics import median
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.special_days import usual_volume
from feedback_nlp.store.conditions import is_counted, of_product, said_in
from feedback_nlp.store.database import remembered
from feedback_nlp.store.tables import Feedback
from feedback_nlp.weeks import Scope, Week

_MIN_EXPOSURE = 0.01
_LATE_START = 0.25
_REMEMBERED = 16
"""Weeks with data that are looked back to; older ones say nothing about what is usual now."""

_USUAL_OVER = 8
"""Weeks with data whose median a week is measured by."""


class BusyWeek(NamedTuple):
    """A week (or month) that somebody counted said something in."""

    back: int
    people: int


class LaterWeek(NamedTuple):
    """A week with data after the chosen one.

    Attributes:
        people: Distinct people so far.
        is_over: Whether it has ended; if so, it is thin.
    """

    week: Week
    people: int
    is_over: bool


@dataclass(frozen=True, slots=True)
class ChosenWeek:
    """The week a list is about by default.

    Attributes:
        later: Weeks with data that were passed over, the newest first.
    """

    week: Week
    later: tuple[LaterWeek, ...] = ()


def latest_moment(session: Session) -> datetime | None:
    """Return when the last feedback was given, or ``None`` without any."""
    return session.scalar(select(func.max(col(Feedback.occurred_at))))


def latest_week(session: Session, zone: ZoneInfo, product: str | None = None) -> Week | None:
    """Return the last week with feedback, whoever gave it, or ``None`` without any."""
    moment = session.scalar(select(func.max(col(Feedback.occurred_at))).where(*of_product(product)))
    return None if moment is None else Week.of(moment, zone)


def usual_week(
    session: Session,
    zone: ZoneInfo,
    *,
    now: datetime,
    min_share: float,
    product: str | None = None,
) -> ChosenWeek | None:
    """Return the last week that is over and not thin, ``None`` before anything was analysed.

    Where no such week exists (the first week is still running, all data lie in the future)
    it is the last one that is not thin.

    Args:
        session: A reading session.
        zone: Where weeks begin.
        now: The clock.
        min_share: A week with a smaller share of the usual people is thin.
        product: Only this product's feedback.
    """
    latest = latest_week(session, zone, product)
    if latest is None:
        return None
    following = islice(_busy_weeks(session, Scope(latest, zone, product)), 3 * _REMEMBERED)
    weeks = deque(islice(following, 1 + _USUAL_OVER))  # no more weeks are read than are judged
    passed: list[LaterWeek] = []
    fallback: ChosenWeek | None = None
    while weeks:
        found = weeks.popleft()
        week = latest.shift(-found.back)
        is_over = week.bounds(zone)[1] <= now
        if not _is_thin(found, list(weeks), min_share):
            chosen = ChosenWeek(week, tuple(passed))
            if is_over:
                return chosen
            fallback = fallback or chosen
        passed.append(LaterWeek(week, found.people, is_over))
        weeks.extend(islice(following, 1))
    return fallback


def is_thin_week(session: Session, scope: Scope, *, min_share: float) -> bool:
    """Tell whether a week has too few people beside those before it to be judged by."""
    weeks = list(islice(_busy_weeks(session, scope), 1 + _USUAL_OVER))
    return not weeks or weeks[0].back > 0 or _is_thin(weeks[0], weeks[1:], min_share)


def history_weeks(session: Session, scope: Scope, *, min_share: float) -> int:
    """Return how many weeks before a week can be compared with it; 0 if it is the first.

    They begin with the first week that is not thin, so that one row with a wrong date does
    not make a data set look years old. A first week that the data only join late is not
    counted either: beside it everything would seem to rise.
    """
    before = list(islice(_busy_weeks(session, scope.shift(-1)), _REMEMBERED))
    usual = [found for found in before if not _is_thin(found, before, min_share)]
    if not usual:
        return 0
    first = scope.shift(-1 - usual[-1].back)
    moment = session.scalar(select(func.min(col(Feedback.occurred_at))).where(*_counted(first)))
    joined_late = (
        moment is not None
        and (moment - first.start) / (first.end - first.start) > _LATE_START
        and len(before) < _REMEMBERED
    )
    return usual[-1].back + 1 - joined_late


def exposure(session: Session, scope: Scope, *, usual_weeks: int, min_share: float) -> float:
    """Return the people of a week against the median of the weeks before it.

    A quiet or unfinished week explains smaller numbers. A loud week is news, so the figure
    is above 1 only as far as the calendar lets expect it: a shopping festival after ordinary
    weeks. 1 without history; never 0.
    """
    usual_weeks = min(usual_weeks, history_weeks(session, scope, min_share=min_share))
    if usual_weeks == 0:
        return 1.0
    before = [
        found.people
        for found in islice(_busy_weeks(session, scope.shift(-1)), usual_weeks)
        if found.back < usual_weeks
    ]
    if not before:
        return 1.0
    expected = max(1.0, _calendar_ratio(scope, usual_weeks))
    return min(expected, max(_people(session, scope) / median(before), _MIN_EXPOSURE))


def _is_thin(found: BusyWeek, others: list[BusyWeek], min_share: float) -> bool:
    usual = [other.people for other in others]
    return bool(usual) and found.people < min_share * median(usual)


def _busy_weeks(session: Session, scope: Scope) -> Iterator[BusyWeek]:
    """Yield the weeks with people up to a week, newest first; empty ones cost nothing."""
    end = scope.end
    while True:
        moment = _last_before(session, end, scope.product)
        if moment is None:
            return
        back = scope.since(moment)
        week = scope.shift(-back)
        yield BusyWeek(back, _people(session, week))
        end = week.start


def _last_before(session: Session, end: datetime, product: str | None) -> datetime | None:
    """Return when somebody who counts last spoke before ``end``; asked once a reading session."""
    moments: dict[tuple[datetime, str | None], datetime | None] = remembered(session, "last before")
    if (end, product) not in moments:
        moments[end, product] = session.scalar(
            select(func.max(col(Feedback.occurred_at))).where(
                col(Feedback.occurred_at) < end,
                is_counted(),
                col(Feedback.person_key).is_not(None),
                *of_product(product),
            )
        )
    return moments[end, product]


def _people(session: Session, scope: Scope) -> int:
    """Count a week's people; a reading session, which asks again and again, counts them once."""
    counted: dict[Scope, int] = remembered(session, "people by week")
    if scope not in counted:
        people = func.count(func.distinct(col(Feedback.person_key)))
        counted[scope] = session.scalar(select(people).where(*_counted(scope))) or 0
    return counted[scope]


def _counted(scope: Scope) -> list[Any]:
    return [*said_in(scope), is_counted(), col(Feedback.person_key).is_not(None)]


def _calendar_ratio(scope: Scope, usual_weeks: int) -> float:
    """Return the usual volume of the week's days against the median of the weeks before."""

    def volume(of: Scope) -> float:
        start, end = (moment.astimezone(of.zone).date() for moment in (of.start, of.end))
        return usual_volume(start, end - timedelta(days=1))

    return volume(scope) / median(volume(scope.shift(-back)) for back in range(1, usual_weeks + 1))
