"""Do probabilities mean what they say? Reliability curve and calibration error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """One stretch of confidence.

    Attributes:
        low, high: Edges of the bin, 0–1; ``low`` excluded but for the first bin.
        confidence: Mean confidence of the rows in it, 0–1.
        accuracy: Share of them that are correct, 0–1.
        count: Rows in it; bins without rows are left out of a curve.
    """

    low: float
    high: float
    confidence: float
    accuracy: float
    count: int


def reliability_curve(
    confidence: Sequence[float] | np.ndarray,
    correct: Sequence[bool] | np.ndarray,
    *,
    bins: int = 15,
) -> tuple[ReliabilityBin, ...]:
    """Group rows by confidence into ``bins`` bins of equal width.

    Args:
        confidence: Probability given to the predicted class, shape (n,), 0–1.
        correct: Whether the prediction was right, shape (n,).
        bins: How many bins.

    Raises:
        ValueError: If the shapes differ or a confidence is outside 0–1.
    """
    given = np.asarray(confidence, dtype=float)
    right = np.asarray(correct, dtype=bool)
    if given.shape != right.shape or given.ndim != 1:
        raise ValueError(f"got shapes {given.shape} and {right.shape}, expected (n,) twice")
    if given.size and not ((given >= 0) & (given <= 1)).all():
        raise ValueError("got a confidence outside 0–1")
    slot = np.clip(np.ceil(given * bins).astype(int) - 1, 0, bins - 1)
    counts = np.bincount(slot, minlength=bins)
    sums = np.bincount(slot, weights=given, minlength=bins)
    hits = np.bincount(slot, weights=right, minlength=bins)
    return tuple(
        ReliabilityBin(
            low=i / bins,
            high=(i + 1) / bins,
            confidence=float(sums[i] / counts[i]),
            accuracy=float(hits[i] / counts[i]),
            count=int(counts[i]),
        )
        for i in range(bins)
        if counts[i]
    )


def expected_calibration_error(
    confidence: Sequence[float] | np.ndarray,
    correct: Sequence[bool] | np.ndarray,
    bins: int = 15,
) -> float:
    """Return the count-weighted mean of |accuracy − confidence| over the bins, 0–1.

    Source: Guo et al., "On calibration of modern neural networks", ICML 2017.

    Raises:
        ValueError: If the shapes differ or a confidence is outside 0–1.
    """
    curve = reliability_curve(confidence, correct, bins=bins)
    total = sum(entry.count for entry in curve)
    if not total:
        return 0.0
    return sum(abs(entry.accuracy - entry.confidence) * entry.count for entry in curve) / total
