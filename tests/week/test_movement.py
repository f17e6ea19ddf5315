import pytest

from feedback_nlp.config import load_config
from feedback_nlp.labels import Movement
from feedback_nlp.week.movement import movement, movement_words

CONFIG = load_config().report


def move(*people, history=8, **arguments):
    padded = [*people, *[0] * (9 - len(people))]
    return movement(padded, CONFIG, history_weeks=history, **arguments)


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ((7,), Movement.NEW),
        ((3,), Movement.NEW),
        ((2,), Movement.STEADY),
        ((3, 0, 0, 0, 0, 40), Movement.RETURNED),
        ((3, 0, 0, 0, 4), Movement.STEADY),
        ((30, 10, 10, 10, 10), Movement.RISING),
        ((14, 10, 10, 10, 10), Movement.STEADY),
        ((3, 1, 1, 1, 1), Movement.STEADY),
        ((30, 60), Movement.ELEVATED),
        ((9, 9, 1, 1, 1), Movement.ELEVATED),
        ((36, 40, 5, 5, 5), Movement.ELEVATED),
        ((20, 10, 18, 17, 18), Movement.STEADY),
        ((4, 4, 20, 20, 20), Movement.STEADY),
        ((2, 4, 9, 18, 22), Movement.FALLING),
        ((9, 8, 20, 20, 20), Movement.STEADY),
        ((0, 9, 8, 7, 8), Movement.GONE),
        ((0, 1), Movement.STEADY),
        ((0, 1, 2, 1, 2), Movement.STEADY),
        ((0, 3, 3, 2, 3), Movement.GONE),
        ((0, 1, 5, 4, 4), Movement.STEADY),
        ((0, 0, 9, 9, 9), None),
        ((0, 0), None),
    ],
)
def test_movement(people, expected):
    assert move(*people) is expected


def test_first_week_moves_nothing():
    assert move(50, history=0) is None


def test_young_data_is_compared_with_the_weeks_there_are():
    assert move(20, 10, history=1) is Movement.RISING
    assert move(11, 10, history=1) is Movement.STEADY


def test_settled_matter_that_comes_back_is_reopened():
    assert move(6, is_settled=True) is Movement.REOPENED
    assert move(30, 10, 10, 10, 10, is_settled=True) is Movement.REOPENED
    assert move(2, 4, 9, 18, 22, is_settled=True) is Movement.FALLING


def test_quiet_week_of_everything_is_no_fall_of_one_topic():
    assert move(2, 20, 20, 20, 20, exposure=0.1) is Movement.STEADY
    assert move(2, 20, 20, 20, 20) is Movement.FALLING
    assert move(0, 20, 20, 20, 20, exposure=0.05) is Movement.STEADY
    assert move(0, 20, 20, 20, 20) is Movement.GONE
    assert move(30, 10, 10, 10, 10, exposure=0.5) is Movement.RISING


def test_what_was_known_before_the_window_comes_back():
    assert move(7, is_known=True) is Movement.RETURNED
    assert move(7, is_known=True, is_settled=True) is Movement.REOPENED


@pytest.mark.parametrize(
    ("move_", "this", "last", "words"),
    [
        (Movement.STEADY, 20, 10, "波动内（+10）"),
        (Movement.STEADY, 7, 11, "波动内（-4）"),
        (Movement.STEADY, 5, 5, "持平"),
        (Movement.RETURNED, 4, 0, "再次出现"),
        (Movement.ELEVATED, 9, 9, "高于平时"),
        (None, 3, 0, "—"),
    ],
)
def test_words(move_, this, last, words):
    assert movement_words(move_, this, last) == words


def test_in_a_festival_week_what_stays_high_is_above_what_the_festival_lets_expect():
    assert movement_words(Movement.ELEVATED, 9, 9, is_special=True) == "高于节日预期"
