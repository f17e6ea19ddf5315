"""Units without their reviews, for tests of what reads units."""

from collections.abc import Sequence

import numpy as np

from feedback_nlp.understanding.features import UnitBatch


def each_alone(texts: Sequence[str]) -> UnitBatch:
    """Return a batch in which each text is a review of one unit."""
    return UnitBatch(texts, np.ones(len(texts), dtype=np.int64))
