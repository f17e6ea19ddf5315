"""The deep reader with the fast one's second opinion.

The deep reader says where units are; both say what each may mean, and their probabilities are
pooled as p^w · q^(1−w). They err differently: one reads sentences, the other knows more words.
The second opinion costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from feedback_nlp.understanding.deep.reader import DeepReader
from feedback_nlp.understanding.features import softmax
from feedback_nlp.understanding.reading import FastReader, Reading

Floats = npt.NDArray[np.float32]
_FLOOR = 1e-6  # no opinion is a veto


class PooledReader:
    """Reads deeply and asks the fast reader about the same units.

    Args:
        deep: Cuts and reads.
        fast: Is asked.
        share: w, 0–1: how much the deep reader's opinion counts.
    """

    def __init__(self, deep: DeepReader, fast: FastReader, share: float) -> None:
        self._deep = deep
        self._fast = fast
        self._share = share

    @property
    def versions(self) -> Mapping[str, str]:
        """Content versions of both readers; the fast one's segmenter is not asked."""
        fast = {name: held for name, held in self._fast.versions.items() if name != "segment"}
        return {**self._deep.versions, **fast}

    def read(self, texts: Sequence[str]) -> Reading:
        """Read each text."""
        deep = self._deep.read(texts)
        fast = self._fast.read_units(deep.spans, deep.pieces, deep.counts)
        assert deep.reviews is not None
        return replace(
            deep,
            sentiment=self._pooled(deep.sentiment, fast.sentiment),
            intent=self._pooled(deep.intent, fast.intent),
            reviews=deep.reviews
            if fast.reviews is None
            else self._pooled(deep.reviews, fast.reviews),
        )

    def _pooled(self, deep: Floats, fast: Floats) -> Floats:
        share = np.float32(self._share)
        logs = share * np.log(deep + _FLOOR) + (1 - share) * np.log(fast + _FLOOR)
        return softmax(logs.astype(np.float32))
