"""A release is judged by what would have happened without it."""

from __future__ import annotations

import numpy as np
import pytest

from feedback_nlp.config import load_config
from feedback_nlp.labels import Verdict
from feedback_nlp.loop.verification import Windows, judge, windows

CONFIG = load_config().verification
RELEASE = 28


def days(before: float, after: float, length: int = 60) -> np.ndarray:
    """Return people a day, the same on each, with a release on day 28."""
    counts = np.full(length, before)
    counts[RELEASE:] = after
    return counts.astype(np.int64)


def looked(topic: np.ndarray, controls: list[np.ndarray], last: int):
    return judge(topic, controls, windows(RELEASE, last, CONFIG), CONFIG)


def test_the_stretches_leave_out_the_days_of_updating():
    at = windows(RELEASE, 40, CONFIG)
    assert at == Windows(first=0, release=28, settled=31, end=41)
    assert (at.days_before, at.days_after) == (28, 10)
    assert windows(RELEASE, 28, CONFIG).days_after == 0
    assert windows(RELEASE, 500, CONFIG).days_after == CONFIG.after_days
    assert windows(RELEASE, 40, CONFIG, start=20).days_before == 8


def test_a_fall_that_the_others_did_not_share_is_a_fix():
    found = looked(days(4, 0), [days(6, 6), days(3, 3)], 45)
    assert found.verdict is Verdict.FIXED
    assert (found.before, found.after, found.controls) == (112, 0, 2)
    assert found.expected == pytest.approx(112 * 15 / 28, rel=0.02)
    assert found.low < found.ratio < found.high < CONFIG.fixed_ratio
    assert found.odds < 1 / CONFIG.odds


def test_a_fall_that_all_shared_is_none():
    found = looked(days(4, 2), [days(6, 3), days(10, 5)], 59)
    assert found.verdict is Verdict.NOT_FIXED
    assert found.ratio == pytest.approx(1.0, abs=0.05)
    assert looked(days(4, 1), [], 59).verdict is Verdict.FIXED, "alone it looks like a fix"


def test_half_a_fix_is_not_called_one():
    assert looked(days(8, 5), [days(9, 9), days(9, 9)], 59).verdict is not Verdict.FIXED


def test_at_the_end_of_the_watch_the_clearly_likelier_verdict_is_said():
    """Thin topics never reach long odds; five weeks that look the same are not left open."""
    thin, others = days(0, 0, 90), [days(9, 9, 90)] * 4
    thin[::3] = 1
    end = RELEASE + CONFIG.settle_days + CONFIG.after_days
    before = looked(thin, others, end - 1)
    assert before.verdict is Verdict.WAITING
    assert CONFIG.final_odds < before.odds < CONFIG.odds
    assert looked(thin, others, end).verdict is Verdict.NOT_FIXED


def test_at_half_the_odds_are_even():
    """A share left at the border speaks for neither, however many people there were."""
    for people in (8, 80):
        found = looked(days(people, people // 2, 90), [days(90, 90, 90)] * 5, 89)
        assert found.verdict is Verdict.UNCLEAR
        assert 1 / CONFIG.final_odds < found.odds < CONFIG.final_odds


@pytest.mark.parametrize("last", [28, 31, 36])
def test_too_few_days_are_waited_for(last):
    assert looked(days(9, 0), [days(9, 9)], last).verdict is Verdict.WAITING


def test_a_thin_topic_stays_undecided_and_says_so():
    rare = days(0, 0, 90)
    rare[[3, 20]] = 1
    assert looked(rare, [days(9, 9, 90)], 50).verdict is Verdict.WAITING
    assert looked(rare, [days(9, 9, 90)], 89).verdict is Verdict.UNCLEAR
    nobody = looked(days(0, 0, 90), [days(9, 9, 90)], 89)
    assert (nobody.verdict, nobody.ratio) == (Verdict.UNCLEAR, None)


def test_controls_that_wander_make_the_interval_wider():
    calm = [days(9, 9) for _ in range(6)]
    wild = [days(9, 3), days(3, 9), days(9, 4), days(4, 9), days(9, 9), days(5, 9)]
    width = [
        found.high / found.low
        for found in (looked(days(9, 9), controls, 59) for controls in (calm, wild))
    ]
    assert width[1] > 1.3 * width[0]


def test_a_restless_topic_has_a_wider_interval_than_a_steady_one():
    restless = days(0, 4)
    restless[:RELEASE:7] = 28  # the same people, all on Mondays
    steady, other = (looked(topic, [days(9, 9)] * 4, 59) for topic in (days(4, 4), restless))
    assert other.before == steady.before
    assert other.high / other.low > 1.5 * steady.high / steady.low
