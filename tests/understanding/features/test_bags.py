from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from feedback_nlp.understanding.features import bags


@pytest.fixture(params=["scipy's loop", "all of scipy"])
def _way(request, monkeypatch):
    if request.param == "all of scipy":
        monkeypatch.setattr(bags, "_loop", lambda: None)
    else:
        assert bags._loop() is not None


@pytest.mark.usefixtures("_way")
def test_sums_are_those_of_a_sparse_matrix_bit_for_bit():
    dice = np.random.default_rng(14)
    sizes = dice.integers(0, 9, 400)  # bags without any row, too
    starts = np.concatenate(([0], sizes.cumsum()))
    rows = dice.integers(0, 50, starts[-1])
    weights = dice.random(starts[-1], np.float32)
    table = dice.random((50, 13), np.float32)
    wanted = sparse.csr_array((weights, rows, starts), shape=(400, 50)) @ table
    assert np.array_equal(bags.bag_sums(weights, rows, starts, table), wanted)
    part = table[:, 2:7]  # columns of a table are no table in memory
    assert np.array_equal(bags.bag_sums(weights, rows, starts, part), wanted[:, 2:7])


@pytest.mark.usefixtures("_way")
def test_no_bags_and_no_rows():
    nothing = np.zeros(0, np.float32)
    table = np.ones((3, 2), np.float32)
    none = nothing.astype(np.int64)
    assert bags.bag_sums(nothing, none, np.array([0]), table).shape == (0, 2)
    assert not bags.bag_sums(nothing, none, np.array([0, 0]), table).any()
