"""What a reader says of texts, before anything is decided, and the fast reader.

Two depths, one contract: the fast reader hashes character n-grams, the deep one
(:mod:`feedback_nlp.understanding.deep`) runs a small transformer. Both cut texts into units
and give probabilities; :mod:`feedback_nlp.understanding.agreement` makes one truth of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from feedback_nlp.config import SegmentConfig
from feedback_nlp.understanding.features import NgramEncoder, UnitBatch
from feedback_nlp.understanding.intent import IntentClassifier
from feedback_nlp.understanding.segment import Segmenter
from feedback_nlp.understanding.sentiment import SentimentScorer

Floats = npt.NDArray[np.float32]
Spans = Sequence[Sequence[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Reading:
    """Units of some texts with what each may feel and be for.

    Attributes:
        spans: Start and end of each unit of each text.
        pieces: The words of each unit, text by text, n in all.
        counts: Units of each text, shape (m,).
        sentiment: Probabilities of neg, neu, pos of each unit, shape (n, 3).
        intent: Probabilities in the order of ``Intent``, shape (n, 6).
        reviews: Probabilities of neg, neu, pos, mixed of each text, shape (m, 4), or ``None``.
    """

    spans: Spans
    pieces: Sequence[str]
    counts: npt.NDArray[np.int64]
    sentiment: Floats
    intent: Floats
    reviews: Floats | None


class Reader(Protocol):
    """Anything that cuts texts into units and tells what they may mean."""

    @property
    def versions(self) -> Mapping[str, str]:
        """Content versions of what is in use, for the record of a run."""
        ...

    def read(self, texts: Sequence[str]) -> Reading:
        """Read each text; neighbours do not influence each other."""
        ...


class FastReader:
    """Segmenter, n-gram encoder and linear heads.

    Args:
        config: Lengths of units.
        encoder: Shared features of sentiment and intent.
        sentiment: Scorer of units and texts.
        intent: Classifier of units.
    """

    def __init__(
        self,
        config: SegmentConfig,
        encoder: NgramEncoder,
        sentiment: SentimentScorer,
        intent: IntentClassifier,
    ) -> None:
        self._segmenter = Segmenter(config)
        self._encoder = encoder
        self._sentiment = sentiment
        self._intent = intent

    @property
    def versions(self) -> Mapping[str, str]:
        """Content versions of segmenter, encoder, sentiment and intent."""
        return {
            "segment": self._segmenter.version,
            "encoder": self._encoder.version,
            "sentiment": self._sentiment.version,
            "intent": self._intent.version,
        }

    def read(self, texts: Sequence[str]) -> Reading:
        """Read each text."""
        spans = self._segmenter.segment_batch(texts)
        counts, pieces = words_of(texts, spans)
        return self.read_units(spans, pieces, counts)

    def read_units(
        self, spans: Spans, pieces: Sequence[str], counts: npt.NDArray[np.int64]
    ) -> Reading:
        """Read units that were cut already; see :class:`Reading` for the shapes."""
        encoded = self._encoder.encode(UnitBatch(list(pieces), counts))
        return Reading(
            spans,
            pieces,
            counts,
            self._sentiment.score(encoded),
            self._intent.score(encoded),
            self._sentiment.score_reviews(encoded),
        )


def words_of(texts: Sequence[str], spans: Spans) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Return how many units each text has, and their words text by text."""
    counts = np.fromiter(map(len, spans), dtype=np.int64, count=len(spans))
    pieces = [
        text[start:end] for text, found in zip(texts, spans, strict=True) for start, end in found
    ]
    return counts, pieces
