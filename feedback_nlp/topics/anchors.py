"""Anchors: units that the metric recognises as an issue it knows, before any clustering.

A known issue only counts where the data speak for it: some units must be recognised
clearly, and enough of them altogether. In a domain the metric has never seen, no issue
passes, and every topic is found by clustering alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_CLEAR = 2.0
_CLEAR_SHARE = 0.1
_VENT_WEIGHT = 0.8


def anchor_labels(
    scores: np.ndarray,
    counts: np.ndarray,
    *,
    vents: Sequence[int] = (),
    min_score: float,
    min_size: int,
) -> np.ndarray:
    """Label texts by the known issue they are.

    Args:
        scores: (m, C) of the metric.
        counts: (m,) how many units say each text.
        vents: Columns of venting: where a problem is named as well, the problem counts.
        min_score: From here on the best score counts; twice that is clear.
        min_size: An issue needs that many units.

    Returns:
        (m,) int32: column of ``scores``, or −1.
    """
    labels = np.full(len(scores), -1, np.int32)
    if not scores.size:
        return labels
    best = _weighted(scores, vents).argmax(axis=1)
    top = scores[np.arange(len(scores)), best]
    recognised = top >= min_score
    width = scores.shape[1]
    size = np.bincount(best[recognised], weights=counts[recognised], minlength=width)
    clear = top >= _CLEAR * min_score
    clear_size = np.bincount(best[clear], weights=counts[clear], minlength=width)
    lives = (size >= min_size) & (clear_size >= np.maximum(3, _CLEAR_SHARE * size))
    kept = recognised & lives[best]
    labels[kept] = best[kept]
    return labels


def _weighted(scores: np.ndarray, vents: Sequence[int]) -> np.ndarray:
    weights = np.ones(scores.shape[1], np.float32)
    weights[list(vents)] = _VENT_WEIGHT
    return scores * weights
