from datetime import date, timedelta

import numpy as np
import pytest

from feedback_nlp.alerts import DailyPeople, find_alerts
from feedback_nlp.config import load_config
from feedback_nlp.labels import AlertKind
from feedback_nlp.special_days import DayKind, day_kind, holidays_known, special_days

CONFIG = load_config().alerts


def counts(topics, first_day=date(2026, 3, 2), background=60):
    arrays = {name: np.asarray(people) for name, people in topics.items()}
    length = len(next(iter(arrays.values())))
    others = np.broadcast_to(background, (length,))
    return DailyPeople(first_day, others + sum(arrays.values()), arrays)


def found(people, **arguments):
    releases = arguments.pop("releases", None)
    return find_alerts(counts({1: people}, **arguments), CONFIG, releases=releases)


def test_steady_topic_is_silent():
    assert found([4, 5, 3, 6, 4, 5, 4] * 10) == []


def test_spike_is_called_on_its_first_clear_day():
    (alert,) = found([4, 5, 3, 6, 4, 5, 4] * 5 + [20, 25, 22] + [4] * 5)
    assert alert.kind is AlertKind.SPIKE
    assert alert.day == date(2026, 3, 2) + timedelta(days=35)
    assert 3 <= alert.expected / alert.days <= 6


def test_slow_spike_is_called_by_a_longer_stretch():
    (alert,) = found([1, 0, 1, 0, 1, 0, 0] * 6 + [4, 4, 4, 4])
    assert alert.day <= date(2026, 3, 2) + timedelta(days=45)
    assert alert.days > 1


def test_new_topic():
    (alert,) = found([0] * 30 + [2, 4, 6])
    assert alert.kind is AlertKind.NEW


def test_what_was_known_and_long_silent_comes_back():
    (alert,) = found([1, 0, 1, 0, 1] + [0] * 30 + [2, 4, 6])
    assert alert.kind is AlertKind.RETURNED


def test_a_handful_of_people_is_nothing():
    assert found([0] * 30 + [1, 1, 2]) == []


def test_long_spike_is_one_alert_and_becomes_the_new_level():
    alerts = found([4] * 35 + [16] * 60)
    assert len(alerts) == 1
    assert (alerts[0].last_day - alerts[0].day).days < 40


def test_everything_doubling_is_no_spike_of_a_topic():
    people = np.array([8] * 40 + [16] * 5)
    assert found(people, background=people * 10) == []


def test_weekends_are_expected():
    week = [3, 3, 3, 3, 3, 11, 11]
    assert found(week * 8, background=np.array([30, 30, 30, 30, 30, 110, 110] * 8)) == []


def test_shopping_festival_needs_a_larger_factor():
    before = [6] * 40
    first_day = date(2026, 11, 11) - timedelta(days=40)
    assert found([*before, 17], first_day=first_day, background=20) == []
    assert found([*before, 60], first_day=first_day, background=20) != []


def test_no_alert_without_history():
    assert found([1] * 10 + [30]) == []


def test_later_days_do_not_change_an_earlier_alert():
    people = [4] * 35 + [20, 4, 4, 4]
    early = found(people[:36])
    late = found(people)
    assert early[0].day == late[0].day
    assert early[0].p_value == late[0].p_value


def test_fix_that_does_not_hold_is_a_relapse():
    release = date(2026, 3, 2) + timedelta(days=30)
    held = [6] * 30 + [3, 2, 1] + [0] * 12
    failed = [6] * 30 + [3, 2, 1] + [5] * 12
    assert found(held, releases={1: release}) == []
    (alert,) = found(failed, releases={1: release})
    assert alert.kind is AlertKind.RELAPSE


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 3, 4), DayKind.WORK),
        (date(2026, 3, 7), DayKind.REST),
        (date(2026, 2, 17), DayKind.HOLIDAY),
        (date(2026, 10, 10), DayKind.WORK),
        (date(2026, 6, 18), DayKind.FESTIVAL),
        (date(2031, 3, 8), DayKind.REST),
    ],
)
def test_calendar(day, kind):
    assert day_kind(day) is kind


def simulate(seed):
    """A year of twelve topics with weekends, festivals and scatter; two spikes and a new topic."""
    random = np.random.default_rng(seed)
    first_day, days = date(2025, 12, 1), 200
    volume = np.array(
        [
            {DayKind.WORK: 1.0, DayKind.REST: 1.4, DayKind.HOLIDAY: 0.5, DayKind.FESTIVAL: 2.0}[
                day_kind(first_day + timedelta(days=index))
            ]
            for index in range(days)
        ]
    )
    rates = random.uniform(0.3, 8, size=12)
    levels = np.outer(rates, volume) * random.gamma(20, 1 / 20, size=(12, days))
    planted: dict[int, int] = {}
    for topic, start in zip(
        random.choice(12, 3, replace=False), random.integers(35, days - 6, 3), strict=True
    ):
        if len(planted) == 2:  # the third is new
            levels[topic, :start] = 0
        levels[topic, start : start + 5] += max(8.0, 2.5 * rates[topic])
        planted[int(topic)] = int(start)
    people = random.poisson(levels)
    topics = dict(enumerate(people))
    return DailyPeople(first_day, people.sum(axis=0), topics), planted


def test_planted_spikes_precision_recall_and_delay():
    hits = alarms = planted_count = 0
    delays = []
    for seed in range(50):
        data, planted = simulate(seed)
        alerts = find_alerts(data, CONFIG)
        alarms += len(alerts)
        planted_count += len(planted)
        for topic, start in planted.items():
            called = [
                (alert.day - data.first_day).days - start
                for alert in alerts
                if alert.topic_id == topic and 0 <= (alert.day - data.first_day).days - start <= 5
            ]
            hits += bool(called)
            delays += called[:1]
    precision, recall = hits / alarms, hits / planted_count
    assert precision >= 0.9, f"precision {precision:.3f} of {alarms}"
    assert recall >= 0.9, f"recall {recall:.3f}"
    assert np.quantile(delays, 0.95) <= 2


def test_special_days_are_named_and_joined():
    named = [
        (item.name, item.first_day.isoformat(), item.last_day.isoformat())
        for item in special_days(date(2026, 9, 28), date(2026, 11, 3))
    ]
    assert ("国庆节", "2026-10-01", "2026-10-07") in named
    assert ("调休上班", "2026-10-10", "2026-10-10") in named
    assert named[-1] == ("双11 首轮", "2026-11-01", "2026-11-03")
    assert special_days(date(2026, 11, 16), date(2026, 11, 22)) == []


def test_years_without_published_holidays_are_told_apart():
    assert holidays_known(date(2026, 10, 1))
    assert not holidays_known(date(2099, 10, 1))
    assert special_days(date(2099, 11, 9), date(2099, 11, 15))[0].name == "双11"
