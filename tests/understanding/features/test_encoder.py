"""The encoder's pooling, against the plain way of writing it."""

from itertools import pairwise

import numpy as np
import pytest

from feedback_nlp.understanding.features import NgramEncoder, NgramHasher, UnitBatch
from feedback_nlp.understanding.features.encoder import (
    NORM_EPSILON,
    pool,
    range_maxima,
    range_means,
)


@pytest.fixture
def ranges() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    sizes = np.array([1, 3, 70, 2, 1, 64, 65, 9])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    return random.standard_normal((int(sizes.sum()), 5)).astype(np.float32), starts


def test_means_and_maxima_of_short_and_long_ranges(ranges: tuple[np.ndarray, np.ndarray]):
    rows, starts = ranges
    parts = [rows[begin:end] for begin, end in pairwise(starts)]
    assert np.allclose(range_means(rows, starts), [part.mean(axis=0) for part in parts], atol=1e-6)
    assert np.array_equal(range_maxima(rows, starts), [part.max(axis=0) for part in parts])


def test_no_ranges_pool_to_nothing():
    nothing = np.zeros((0, 4), dtype=np.float32)
    assert pool(nothing, nothing, np.zeros(1, dtype=np.int64)).shape == (0, 12)


def test_a_clause_is_the_normalised_sum_of_its_ngrams():
    hasher = NgramHasher(bits=8, orders=(1,))
    random = np.random.default_rng(1)
    buckets = np.arange(0, 256, 2, dtype=np.uint32)  # every second bucket was trained
    rows = random.standard_normal((len(buckets), 3)).astype(np.float32)
    idf = random.uniform(0.5, 2, len(buckets)).astype(np.float32)
    layers = {
        "W1": np.zeros((3, 2), np.float32), "b1": np.zeros(2, np.float32),
        "Wz": np.zeros((7, 2), np.float32), "bz": np.zeros(2, np.float32),
    }  # fmt: skip
    encoder = NgramEncoder(hasher, buckets, rows, idf, layers)
    text = "卡死了"
    found = [int(b) for b in hasher.index([text]).buckets[0][1:4]]
    known = [bucket // 2 for bucket in found if bucket % 2 == 0]
    expected = rows[known].sum(axis=0) / np.sqrt((idf[known] ** 2).sum() + NORM_EPSILON)
    encoded = encoder.encode(UnitBatch([text], np.array([1, 0])))
    assert np.allclose(encoded.units[0], expected, atol=1e-5)
    assert np.allclose(encoded.reviews[0, 2:], expected, atol=1e-5)
    assert not encoded.reviews[1].any()  # a review without units


def test_a_unit_is_the_mean_of_its_clauses_and_a_review_of_all():
    encoder = NgramEncoder(
        NgramHasher(bits=8, orders=(1,)),
        np.arange(256, dtype=np.uint32),
        np.random.default_rng(2).standard_normal((256, 3)).astype(np.float32),
        np.ones(256, np.float32),
        {
            "W1": np.zeros((3, 2), np.float32), "b1": np.zeros(2, np.float32),
            "Wz": np.zeros((7, 2), np.float32), "bz": np.zeros(2, np.float32),
        },
    )  # fmt: skip
    batch = UnitBatch(["很好，但是慢", "贵", "not bad 5.0"], np.array([2, 1]))
    index = encoder.hasher.index(batch.texts)
    assert np.diff(index.text_starts).tolist() == [2, 1, 1]  # Latin words make one clause
    encoded = encoder.encode(batch)
    assert np.allclose(
        encoded.reviews[0, 2:], (encoded.units[0] * 2 + encoded.units[1]) / 3, atol=1e-5
    )
