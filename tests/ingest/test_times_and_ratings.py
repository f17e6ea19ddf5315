from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from feedback_nlp.ingest import parse_rating, parse_time
from feedback_nlp.ingest.relative_times import is_relative
from feedback_nlp.ingest.times import month_comes_first

CHINA = ZoneInfo("Asia/Shanghai")
MOMENT = datetime(2026, 3, 1, 2, 22, 31, tzinfo=UTC)  # 10:22:31 in China
MIDNIGHT = datetime(2026, 2, 28, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026/3/1 10:22:31",
        "2026-03-01 10:22:31",
        "2026-03-01T10:22:31+08:00",
        "2026-03-01T02:22:31Z",
        "2026-03-01T02:22:31.000Z",
        "01-Mar-2026 10:22:31",
        "2026年3月1日 10:22:31",
        "2026年03月01日 上午10时22分31秒",
        "2026.3.1 10:22:31",
        "2026/3/1 AM 10:22:31",
        "2026/3/1 10:22:31 AM",
        "2026-03-01 星期日 10:22:31",
        "2026-03-01 10:22:31 +0800",
        "Sun Mar 01 10:22:31 +0800 2026",
        "Sun, 01 Mar 2026 10:22:31 +0800",
        "20260301102231",
        1772331751,
        "1772331751",
        1772331751000,
        "1772331751000",
        46082.43230324074,
        datetime(2026, 3, 1, 10, 22, 31),
        datetime(2026, 3, 1, 2, 22, 31, tzinfo=UTC),
    ],
)
def test_reads_a_moment(value):
    assert parse_time(value, CHINA) == MOMENT


@pytest.mark.parametrize(
    "value",
    ["2026-03-01", "2026/3/1", "2026年3月1日", "20260301", 46082, date(2026, 3, 1), "Mar 1, 2026",
     "March 1, 2026", "01-Mar-2026", "2026年3月1日 | 2.1.0 版"],
)  # fmt: skip
def test_reads_a_day_as_its_midnight(value):
    assert parse_time(value, CHINA) == MIDNIGHT


def test_a_short_year_stands_first():
    assert parse_time("23-5-6 10:22", CHINA) == parse_time("2023-05-06 10:22", CHINA)
    assert parse_time("55-5-6", CHINA) is None


@pytest.mark.parametrize("value", ["1.1 万", "4.5", "3.2", "10万+"])
def test_a_count_is_no_date(value):
    assert not is_relative(value)


def test_afternoon_words_move_the_hour():
    expected = datetime(2026, 3, 1, 7, 5, tzinfo=UTC)
    assert parse_time("2026年3月1日 下午3:05", CHINA) == expected
    assert parse_time("2026/3/1 3:05 PM", CHINA) == expected


def test_naive_times_take_the_zone_that_is_passed():
    tokyo = parse_time("2026-03-01 10:22:31", ZoneInfo("Asia/Tokyo"))
    assert tokyo == datetime(2026, 3, 1, 1, 22, 31, tzinfo=UTC)


def test_day_above_twelve_settles_the_order():
    expected = datetime(2026, 3, 24, 16, 0, tzinfo=UTC)
    assert parse_time("3/25/2026", CHINA) == parse_time("25/3/2026", CHINA) == expected


@pytest.mark.parametrize(
    "value",
    ["", None, "昨天", "3小时前", "03-05", "3/1/26", "3/1/2026", "0000-00-00 00:00:00", "2026-13-45", "abc",
     "9" * 400, 10**30, float("nan"), float("inf"), -5, True, "2026-03-01 99:99", {"a": 1},
     "1026-01-01", "\ud800", "十月一日"],
)  # fmt: skip
def test_says_none_rather_than_guess(value):
    assert parse_time(value, CHINA) is None


@pytest.mark.parametrize(
    ("value", "stars"),
    [
        (5, 5), ("5", 5), ("4.0", 4), (4.5, 4.5), ("5分", 5), ("五星", 5), ("四星级", 4), ("3颗星", 3),
        ("三星半", 3.5), ("★★★★☆", 4), ("⭐️⭐️", 2), ("４", 4), ("4/5", 4), ("5 stars", 5), ("非常满意", 5),
        ("不满意", 2), ("差评", 1), (" 2 ", 2),
    ],
)  # fmt: skip
def test_reads_a_rating(value, stars):
    assert parse_rating(value) == stars


@pytest.mark.parametrize("value", [None, "", 0, 6, "10", "0", "很多星", "☆☆☆☆☆", "99%", "x" * 99])
def test_other_scales_are_no_rating(value):
    assert parse_rating(value) is None


def test_hours_in_halves_tell_that_the_month_comes_first():
    assert month_comes_first(["03/01/2026 10:00:00 AM", "03/02/2026 1:00 PM"]) is True
    assert month_comes_first(["03/01/2026 10:00", "03/02/2026 13:00"]) is None
    assert month_comes_first(["13/01/2026 10:00 AM"]) is False
