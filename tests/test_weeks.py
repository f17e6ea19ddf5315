from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_nlp.errors import InputError
from feedback_nlp.weeks import Month, Week, parse_period

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def test_a_week_begins_on_monday_midnight_where_people_live() -> None:
    start, end = Week.parse("2026-W47").bounds(SHANGHAI)
    assert start == datetime(2026, 11, 15, 16, tzinfo=UTC)
    assert end - start == timedelta(days=7)


def test_a_week_with_a_clock_change_is_not_168_hours() -> None:
    start, end = Week(2026, 13).bounds(BERLIN)
    assert end - start == timedelta(hours=167)


def test_sunday_evening_utc_is_monday_in_shanghai() -> None:
    assert str(Week.of(datetime(2026, 11, 15, 17, tzinfo=UTC), SHANGHAI)) == "2026-W47"


@pytest.mark.parametrize("text", ["2026-47", "W47", "2026-W54", "2026-W00", "", "本周"])
def test_what_is_not_a_week_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match="2026-W47"):
        Week.parse(text)


@given(
    moment=st.datetimes(datetime(2000, 1, 3), datetime(2100, 1, 1), timezones=st.just(UTC)),
    weeks=st.integers(-60, 60),
)
def test_weeks_tile_time(moment: datetime, weeks: int) -> None:
    week = Week.of(moment, SHANGHAI)
    start, end = week.bounds(SHANGHAI)
    assert start <= moment < end
    assert week.shift(1).bounds(SHANGHAI)[0] == end
    assert week.shift(weeks).shift(-weeks) == week
    assert Week.parse(str(week)) == week


def test_months_count_and_bound_like_weeks() -> None:
    month = Month.parse("2026-11")
    assert str(month.shift(2)) == "2027-01"
    assert str(month.shift(-11)) == "2025-12"
    assert month.since(Month(2025, 12)) == 11
    start, end = month.bounds(SHANGHAI)
    assert start == datetime(2026, 10, 31, 16, tzinfo=UTC)
    assert end == datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert Month.of(end - timedelta(seconds=1), SHANGHAI) == month
    assert Month.of(end, SHANGHAI) == month.shift(1)


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "11", "2026-11-01", "9999-01"])
def test_months_that_do_not_exist(text: str) -> None:
    with pytest.raises(InputError):
        Month.parse(text)


def test_weeks_since() -> None:
    assert Week(2027, 1).since(Week(2026, 53)) == 1
    assert Week(2026, 40).since(Week(2026, 47)) == -7


def test_periods_are_told_apart() -> None:
    assert parse_period("2026-11") == Month(2026, 11)
    assert parse_period("2026-W11") == Week(2026, 11)
    with pytest.raises(InputError):
        parse_period("last week")
