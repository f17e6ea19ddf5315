"""What kind of day it is in China: working day, rest day, public holiday, shopping festival.

The only module that imports ``chinese_calendar``. It knows the swapped working days
(调休) of the years it has data for; outside of them weekends are rest days.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import chinese_calendar

#: (month, first day, last day): 618, 双11 (with its early sale) and 双12.
_FESTIVALS = ((6, 16, 20), (11, 1, 3), (11, 10, 13), (12, 11, 13))


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
    if any(month == day.month and first <= day.day <= last for month, first, last in _FESTIVALS):
        return DayKind.FESTIVAL
    try:
        is_rest, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return DayKind.REST if day.weekday() >= 5 else DayKind.WORK
    if not is_rest:
        return DayKind.WORK
    return DayKind.HOLIDAY if name is not None else DayKind.REST
