"""Sentiment of a whole feedback from its units."""

import numpy as np

from feedback_nlp.understanding.sentiment import overall_sentiment
from feedback_nlp.understanding.sentiment.overall import MEMBERS

NEG, NEU, POS = [0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.05, 0.05, 0.9]


def _overall(units: list[list[float]], lengths: list[int], counts: list[int]) -> list[str]:
    labels, _ = overall_sentiment(
        np.array(units, dtype=np.float32).reshape(-1, 3),
        np.array(lengths, dtype=np.int64),
        np.array(counts, dtype=np.int64),
        mixed_min_share=0.2,
    )
    return [MEMBERS[label].value for label in labels]


def test_praise_and_complaint_that_both_carry_weight_are_mixed():
    assert _overall([POS, NEG], [10, 10], [2]) == ["mixed"]


def test_a_short_courtesy_does_not_make_a_complaint_mixed():
    assert _overall([POS, NEG], [2, 40], [2]) == ["neg"]


def test_a_wish_alone_is_neutral_and_beside_praise_positive():
    assert _overall([NEU, NEU, POS], [9, 4, 12], [1, 2]) == ["neu", "pos"]


def test_a_feedback_without_units_is_neutral_and_shifts_nobody():
    assert _overall([NEG, POS], [3, 3], [1, 0, 1]) == ["neg", "neu", "pos"]


def test_score_is_length_weighted():
    _, scores = overall_sentiment(
        np.array([POS, NEG], dtype=np.float32),
        np.array([30, 10]),
        np.array([2]),
        mixed_min_share=0.2,
    )
    assert np.isclose(scores[0], 0.75 * 0.85 - 0.25 * 0.85)


def test_a_review_head_has_its_say():
    labels, _ = overall_sentiment(
        np.array([POS, NEG], dtype=np.float32),
        np.array([10, 10]),
        np.array([2]),
        mixed_min_share=0.2,
        reviews=np.array([[0.97, 0.01, 0.01, 0.01]], dtype=np.float32),
    )
    assert MEMBERS[labels[0]] == "neg"


def test_a_polite_wish_is_neutral_whatever_the_review_head_thinks():
    units = np.array([NEU, NEU, NEG], dtype=np.float32)
    labels, _ = overall_sentiment(
        units,
        np.array([9, 9, 9]),
        np.array([1, 2]),
        mixed_min_share=0.2,
        reviews=np.array([[0.9, 0.04, 0.03, 0.03]] * 2, dtype=np.float32),
        wishes=np.array([True, True, True]),
    )
    assert [MEMBERS[label].value for label in labels] == ["neu", "neg"]
