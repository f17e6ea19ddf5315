"""The deep reader with the fast one's second opinion.

The deep reader says where units are; both say what each may mean, and their probabilities are
pooled as p^w · q^(1−w). They err differently: one reads sentences, the other knows more words.
Where speed counts, ``sure_from`` below 1 leaves a text of which the fast reader is that sure as
it read it.

Whether a text is sure depends on that text alone, so neighbours change nothing.
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
Ints = npt.NDArray[np.int64]
_FLOOR = 1e-6  # no opinion is a veto


class PooledReader:
    """Reads fast, and deeply what is left unsure.

    Args:
        deep: Cuts and reads.
        fast: Reads first, and is asked about the units that ``deep`` finds.
        share: w, 0–1: how much the deep reader's opinion counts.
        sure_from: The least probability of label, feelings and intents of a text, 0–1, from
            which it is not read deeply; 1 to read every text so.
    """

    def __init__(
        self, deep: DeepReader, fast: FastReader, share: float, sure_from: float = 1.0
    ) -> None:
        self._deep = deep
        self._fast = fast
        self._share = share
        self._sure_from = sure_from

    @property
    def versions(self) -> Mapping[str, str]:
        """Content versions of both readers; the fast one's segmenter only where it is asked."""
        asked = self._sure_from < 1
        fast = {
            name: held for name, held in self._fast.versions.items() if asked or name != "segment"
        }
        return {**self._deep.versions, **fast}

    def read(self, texts: Sequence[str]) -> Reading:
        """Read each text."""
        if self._sure_from >= 1:
            return self._read_deeply(texts)
        first = self._fast.read(texts)
        unsure = np.flatnonzero(sureness(first) < self._sure_from)
        if not len(unsure):
            return first
        return merged(first, self._read_deeply([texts[place] for place in unsure.tolist()]), unsure)

    def _read_deeply(self, texts: Sequence[str]) -> Reading:
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


def sureness(reading: Reading) -> Floats:
    """Return the least top probability of each text, its units' included: shape (m,).

    1 for a text without units: there is nothing to read.
    """
    sure = np.ones(len(reading.counts), dtype=np.float32)
    filled = np.flatnonzero(reading.counts)
    if len(filled):
        starts = (np.cumsum(reading.counts) - reading.counts)[filled]
        of_units = np.minimum(reading.sentiment.max(axis=1), reading.intent.max(axis=1))
        sure[filled] = np.minimum.reduceat(of_units, starts)
        if reading.reviews is not None:
            sure[filled] = np.minimum(sure[filled], reading.reviews[filled].max(axis=1))
    return sure


def merged(first: Reading, second: Reading, places: Ints) -> Reading:
    """Return ``first`` with the texts at ``places`` as ``second`` read them, in that order."""
    number = np.arange(len(first.counts))
    number[places] = len(first.counts) + np.arange(len(places))
    sizes = np.concatenate([first.counts, second.counts])
    starts = np.cumsum(sizes) - sizes
    units = np.array(
        [row for text in number for row in range(starts[text], starts[text] + sizes[text])],
        dtype=np.int64,
    )
    spans, pieces = [*first.spans, *second.spans], [*first.pieces, *second.pieces]
    return Reading(
        [spans[text] for text in number],
        [pieces[row] for row in units],
        sizes[number],
        np.concatenate([first.sentiment, second.sentiment])[units],
        np.concatenate([first.intent, second.intent])[units],
        None
        if first.reviews is None or second.reviews is None
        else np.concatenate([first.reviews, second.reviews])[number],
    )
