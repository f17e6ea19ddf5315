"""What kind of day it is in China: working day, rest day, public holiday, shopping festival.

The only module that imports ``chinese_calendar``. It knows the swapped working days
(调休) of the years it has data for; outside of them weekends are rest days.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

import chinese_calendar

#: Month, first day, last day, name.
_FESTIVALS = (
    (6, 16, 20, "618"),
    (11, 1, 3, "双11 首轮"),
    (11, 10, 13, "双11"),
    (12, 11, 13, "双12"),
)


class DayKind(StrEnum):
    """Kinds of days on which people write differently much."""

    WORK = "work"
    REST = "rest"
    HOLIDAY = "holiday"
    FESTIVAL = "festival"


#: Volume against a mean day where the data do not say: measured nowhere, mild on purpose.
USUAL_VOLUME = {
    DayKind.WORK: 1.0,
    DayKind.REST: 1.0,
    DayKind.HOLIDAY: 0.8,
    DayKind.FESTIVAL: 1.5,
}


def day_kind(day: date) -> DayKind:
    """Return the kind of a day; a shopping festival outranks weekend and working day.

    >>> day_kind(date(2026, 10, 1)), day_kind(date(2026, 10, 10)), day_kind(date(2026, 11, 11))
    (<DayKind.HOLIDAY: 'holiday'>, <DayKind.WORK: 'work'>, <DayKind.FESTIVAL: 'festival'>)
    """
    if _festival(day) is not None:
        return DayKind.FESTIVAL
    try:
        is_rest, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return DayKind.REST if day.weekday() >= 5 else DayKind.WORK
    if not is_rest:
        return DayKind.WORK
    return DayKind.HOLIDAY if name is not None else DayKind.REST


def is_business_day(day: date) -> bool:
    """Tell whether offices work, worked weekends included; a shopping festival is no holiday.

    >>> is_business_day(date(2026, 10, 1)), is_business_day(date(2026, 10, 10))
    (False, True)
    """
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def business_day_after(day: date, days: int) -> date:
    """Return the ``days``-th business day after a day; the day itself does not count.

    >>> business_day_after(date(2026, 9, 30), 1)
    datetime.date(2026, 10, 8)
    """
    for _ in range(days):
        day += timedelta(days=1)
        while not is_business_day(day):
            day += timedelta(days=1)
    return day


def business_days_between(first: date, last: date) -> int:
    """Return how many business days lie after ``first``, up to ``last``; 0 if it is earlier.

    Counted day by day: meant for years, not for centuries.
    """
    return sum(
        is_business_day(first + timedelta(days=index + 1))
        for index in range(max(0, (last - first).days))
    )


class SpecialDays(NamedTuple):
    """Neighbouring days that the baselines treat differently, for one reason.

    Attributes:
        name: ``国庆节``, ``双11``, or ``调休上班`` for a weekend that is worked.
    """

    name: str
    first_day: date
    last_day: date


def special_days(first_day: date, last_day: date) -> list[SpecialDays]:
    """Return the holidays, worked weekends and festivals from ``first_day`` to ``last_day``.

    >>> special_days(date(2026, 11, 9), date(2026, 11, 15))[0].name
    '双11'
    """
    found = []
    for name, days in groupby(_days(first_day, last_day), key=_name):
        if name is not None:
            run = list(days)
            found.append(SpecialDays(name, run[0], run[-1]))
    return found


def usual_volume(first_day: date, last_day: date) -> float:
    """Return what the calendar lets expect of a mean day of a stretch; 1 for ordinary days."""
    volumes = [USUAL_VOLUME[day_kind(day)] for day in _days(first_day, last_day)]
    return sum(volumes) / len(volumes)


def holidays_known(day: date) -> bool:
    """Tell whether the holidays of the day's year are known; each year's come out the year before."""
    try:
        chinese_calendar.is_holiday(day)
    except NotImplementedError:
        return False
    return True


def _days(first_day: date, last_day: date) -> Iterator[date]:
    return (first_day + timedelta(days=index) for index in range((last_day - first_day).days + 1))


def _festival(day: date) -> str | None:
    for month, first, last, name in _FESTIVALS:
        if month == day.month and first <= day.day <= last:
            return name
    return None


def _name(day: date) -> str | None:
    festival = _festival(day)
    if festival is not None or not holidays_known(day):
        return festival
    is_rest, name = chinese_calendar.get_holiday_detail(day)
    if name is None:
        return None
    return str(chinese_calendar.Holiday(name).chinese) if is_rest else "调休上班"
