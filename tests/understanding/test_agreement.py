"""Label, score and units of a text never contradict each other, whatever the heads say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_nlp.labels import Sentiment
from feedback_nlp.understanding.agreement import MEMBERS, Agreed, agree

FEELINGS = (Sentiment.NEG, Sentiment.NEU, Sentiment.POS)


def decided(units, reviews, counts, wishes=None, patience=0.5) -> Agreed:
    units = np.array(units, dtype=np.float32).reshape(-1, 3)
    return agree(
        units,
        np.zeros(len(units), bool) if wishes is None else np.array(wishes, bool),
        None if reviews is None else np.array(reviews, dtype=np.float32).reshape(-1, 4),
        np.array(counts, dtype=np.int64),
        patience=patience,
    )


def shares(size: int):
    values = st.lists(st.floats(0.001, 1), min_size=size, max_size=size)
    return values.map(lambda row: [value / sum(row) for value in row])


@st.composite
def texts(draw):
    counts = draw(st.lists(st.integers(0, 4), min_size=1, max_size=6))
    units = [draw(shares(3)) for _ in range(sum(counts))]
    wishes = [draw(st.booleans()) for _ in range(sum(counts))]
    reviews = draw(st.none() | st.just([draw(shares(4)) for _ in counts]))
    return counts, units, wishes, reviews


@settings(max_examples=300, deadline=None)
@given(texts(), st.floats(0, 5))
def test_nothing_contradicts(given_texts, patience) -> None:
    counts, units, wishes, reviews = given_texts
    agreed = decided(units, reviews, counts, wishes, patience)
    begin = 0
    for count, place, score in zip(
        counts, agreed.labels.tolist(), agreed.scores.tolist(), strict=True
    ):
        felt = {FEELINGS[k] for k in agreed.sentiment[begin : begin + count].argmax(axis=1)}
        begin += count
        label = MEMBERS[place]
        shown = round(score, 4)
        if label is Sentiment.NEG:
            assert shown < 0
            assert Sentiment.NEG in felt
        elif label is Sentiment.POS:
            assert shown > 0
            assert Sentiment.POS in felt
        elif label is Sentiment.MIXED:
            assert {Sentiment.NEG, Sentiment.POS} <= felt
        else:
            assert abs(shown) <= 0.25
            assert felt <= {Sentiment.NEU}
    assert np.allclose(agreed.sentiment.sum(axis=1), 1, atol=1e-4)


def test_a_text_of_neutral_units_is_neutral_however_sure_the_review_head_is() -> None:
    calm = [[0.02, 0.96, 0.02], [0.01, 0.98, 0.01]]
    agreed = decided(calm, [[0.6, 0.2, 0.2, 0.0]], [2])
    assert MEMBERS[agreed.labels[0]] is Sentiment.NEU


def test_an_unsure_unit_yields_to_a_sure_review() -> None:
    agreed = decided([[0.45, 0.5, 0.05]], [[0.95, 0.03, 0.01, 0.01]], [1])
    assert MEMBERS[agreed.labels[0]] is Sentiment.NEG
    assert agreed.sentiment[0].argmax() == 0


def test_one_unit_is_never_mixed_and_two_of_one_feeling_yield_the_least_sure() -> None:
    alone = decided([[0.5, 0.0, 0.5]], [[0.1, 0.0, 0.1, 0.8]], [1])
    assert MEMBERS[alone.labels[0]] is not Sentiment.MIXED
    both = decided([[0.9, 0.05, 0.05], [0.5, 0.05, 0.45]], [[0.05, 0.0, 0.05, 0.9]], [2])
    assert MEMBERS[both.labels[0]] is Sentiment.MIXED
    assert both.sentiment.argmax(axis=1).tolist() == [0, 2]


def test_polite_wishes_alone_are_neutral_whatever_the_review_head_thinks() -> None:
    unsure = [[0.45, 0.5, 0.05]]
    agreed = decided(unsure, [[0.95, 0.03, 0.01, 0.01]], [1], [True])
    assert MEMBERS[agreed.labels[0]] is Sentiment.NEU


@pytest.mark.parametrize("reviews", [None, [[0.2, 0.3, 0.4, 0.1]]])
def test_a_text_without_units_is_neutral(reviews) -> None:
    agreed = decided([], reviews, [0])
    assert MEMBERS[agreed.labels[0]] is Sentiment.NEU
    assert agreed.scores.tolist() == [0.0]
