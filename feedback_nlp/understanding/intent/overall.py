"""The intent of a whole feedback: what asks most of the team."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feedback_nlp.labels import Intent

# What needs someone to act goes before what does not; praise and other need nobody.
DEMAND = (
    Intent.BUG,
    Intent.COMPLAINT,
    Intent.FEATURE,
    Intent.QUESTION,
    Intent.PRAISE,
    Intent.OTHER,
)
_RANK = np.array([DEMAND.index(intent) for intent in Intent])


def overall_intent(
    intents: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the most demanding intent of each review.

    Args:
        intents: Index into ``Intent`` of each unit, shape (n,), review by review.
        counts: Units of each review, shape (m,), zero allowed.

    Returns:
        Index into ``Intent``, shape (m,); ``other`` for a review without units.
    """
    members = tuple(Intent)
    result = np.full(len(counts), members.index(Intent.OTHER), dtype=np.int64)
    filled = np.flatnonzero(counts)
    if len(filled):
        starts = (np.cumsum(counts) - counts)[filled]
        lowest = np.minimum.reduceat(_RANK[intents], starts)
        result[filled] = np.array([members.index(intent) for intent in DEMAND])[lowest]
    return result
