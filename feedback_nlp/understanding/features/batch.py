"""The units of several reviews, in one flat batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class UnitBatch:
    """Units of several reviews, flat, and which review each belongs to.

    Attributes:
        texts: All units, review by review, in text order.
        counts: int64 of shape (m,): units a review, zero allowed; sums to ``len(texts)``.
    """

    texts: Sequence[str]
    counts: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        if int(self.counts.sum()) != len(self.texts):
            raise ValueError(f"counts sum to {self.counts.sum()}, expected {len(self.texts)} units")

    @cached_property
    def starts(self) -> npt.NDArray[np.int64]:
        """Index of the first unit of each review, and the total: shape (m + 1,)."""
        return np.concatenate([[0], np.cumsum(self.counts)]).astype(np.int64)

    @cached_property
    def owners(self) -> npt.NDArray[np.int64]:
        """Review index of each unit: shape (n,)."""
        return np.repeat(np.arange(len(self.counts)), self.counts)
