"""Clocks of statuses, in business days that know China's holidays."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from feedback_nlp.labels import RequestStatus
from feedback_nlp.loop import clock_of
from feedback_nlp.special_days import business_day_after, business_days_between, is_business_day

ZONE = ZoneInfo("Asia/Shanghai")
LIMITS = {RequestStatus.NEW: 3}


def clock(since, now, status=RequestStatus.NEW):
    return clock_of(status, since, limits=LIMITS, now=now)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 9, 30), True),
        (date(2026, 10, 1), False),  # a Thursday, 国庆
        (date(2026, 10, 10), True),  # a Saturday that is worked
        (date(2026, 10, 11), False),
        (date(2026, 11, 11), True),  # 双11 is no holiday
        (date(2040, 6, 2), False),  # beyond what the calendar knows: a Saturday
        (date(2040, 6, 4), True),
    ],
)
def test_offices_work(day, works):
    assert is_business_day(day) is works


def test_a_holiday_stops_the_clock():
    assert business_days_between(date(2026, 9, 30), date(2026, 10, 8)) == 1
    assert business_day_after(date(2026, 9, 30), 3) == date(2026, 10, 10)
    assert business_days_between(date(2026, 10, 8), date(2026, 9, 30)) == 0


@pytest.mark.parametrize(
    ("now", "days", "is_late"),
    [
        (datetime(2026, 11, 18, 12, tzinfo=ZONE), 0, False),  # the same Wednesday
        (datetime(2026, 11, 23, 23, tzinfo=ZONE), 3, False),  # the last day within the limit
        (datetime(2026, 11, 24, 0, tzinfo=ZONE), 4, True),
    ],
)
def test_late_is_after_the_last_day(now, days, is_late):
    found = clock(datetime(2026, 11, 18, 4, tzinfo=UTC), now)
    assert (found.business_days, found.is_late) == (days, is_late)
    assert found.due_on == date(2026, 11, 23)


def test_days_begin_in_the_deployments_zone():
    evening = datetime(2026, 11, 18, 16, 30, tzinfo=UTC)  # already Thursday in Shanghai
    assert clock(evening, datetime(2026, 11, 19, 9, tzinfo=ZONE)).business_days == 0


def test_a_status_without_a_limit_is_never_late():
    found = clock(
        datetime(2020, 1, 2, tzinfo=UTC), datetime(2026, 11, 18, tzinfo=ZONE), RequestStatus.CLOSED
    )
    assert (found.limit, found.due_on, found.is_late) == (None, None, False)
    assert found.business_days > 1_000
