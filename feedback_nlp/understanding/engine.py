"""The engine: segment, sentiment, intent and signals of single texts, in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from feedback_nlp.config import PipelineConfig, load_config
from feedback_nlp.labels import Intent, Sentiment
from feedback_nlp.records import Understanding, Unit
from feedback_nlp.understanding.features import NgramEncoder, UnitBatch, load_encoder
from feedback_nlp.understanding.intent import INTENTS, IntentClassifier, load_intent, overall_intent
from feedback_nlp.understanding.segment import Segmenter
from feedback_nlp.understanding.sentiment import (
    SENTIMENTS,
    SentimentScorer,
    load_sentiment,
    overall_sentiment,
)
from feedback_nlp.understanding.sentiment.scorer import OVERALL
from feedback_nlp.understanding.signals import detect_batch

_BATCH_CHARACTERS = 400_000  # bounds memory: about 1 kB a unit


class Engine:
    """Segment, sentiment, intent and signals, loaded once.

    Args:
        config: The analysis.
        encoder: Shared features of sentiment and intent.
        sentiment: Scorer of units.
        intent: Classifier of units.
    """

    def __init__(
        self,
        config: PipelineConfig,
        encoder: NgramEncoder,
        sentiment: SentimentScorer,
        intent: IntentClassifier,
    ) -> None:
        self._config = config
        self._segmenter = Segmenter(config.segment)
        self._encoder = encoder
        self._sentiment = sentiment
        self._intent = intent

    @classmethod
    def load(cls, config: PipelineConfig) -> Engine:
        """Load the models that the configuration names.

        Raises:
            ArtifactError: If a model is missing or damaged.
        """
        return cls(config, load_encoder(), load_sentiment(config.sentiment.scorer), load_intent())

    @property
    def versions(self) -> dict[str, str]:
        """Content versions of what is in use, for the record of a run."""
        return {
            "segment": self._segmenter.version,
            "encoder": self._encoder.version,
            "sentiment": self._sentiment.version,
            "intent": self._intent.version,
        }

    def understand(
        self, texts: Sequence[str], ratings: Sequence[float | None] | None = None
    ) -> list[Understanding]:
        """Read each text; order is kept, and neighbours do not influence each other.

        Args:
            texts: Any strings; offsets in the result point into these.
            ratings: Stars 1–5 or ``None``, one a text. They never change a sentiment;
                a conflict between star and text is a signal.
        """
        if ratings is None:
            ratings = [None] * len(texts)
        if len(ratings) != len(texts):
            raise ValueError(f"got {len(ratings)} ratings, expected {len(texts)}, one a text")
        understandings: list[Understanding] = []
        begin = characters = 0
        for position, text in enumerate(texts):
            characters += len(text) + 1
            if characters >= _BATCH_CHARACTERS or position == len(texts) - 1:
                end = position + 1
                understandings += self._understand(texts[begin:end], ratings[begin:end])
                begin, characters = end, 0
        return understandings

    def _understand(
        self, texts: Sequence[str], ratings: Sequence[float | None]
    ) -> list[Understanding]:
        spans = self._segmenter.segment_batch(texts)
        counts = np.fromiter(map(len, spans), dtype=np.int64, count=len(spans))
        pieces = [
            text[start:end]
            for text, found in zip(texts, spans, strict=True)
            for start, end in found
        ]
        encoded = self._encoder.encode(UnitBatch(pieces, counts))
        sentiment = self._sentiment.score(encoded)
        intent = self._intent.score(encoded)
        lengths = np.fromiter(map(len, pieces), dtype=np.int64, count=len(pieces))
        intent_labels = intent.argmax(axis=1) if pieces else np.zeros(0, dtype=np.int64)
        labels, scores = overall_sentiment(
            sentiment,
            lengths,
            counts,
            mixed_min_share=self._config.sentiment.mixed_min_share,
            reviews=self._sentiment.score_reviews(encoded),
            wishes=intent_labels == INTENTS.index(Intent.FEATURE),
        )
        overall = overall_intent(intent_labels, counts).tolist()
        units = self._units(spans, pieces, sentiment, intent_labels, intent)
        rounded: list[float] = np.round(scores.astype(np.float64), 4).tolist()
        signals = detect_batch(texts, ratings, rounded)
        understandings = []
        position = 0
        for found, label, score, wanted, signs in zip(
            spans, labels.tolist(), rounded, overall, signals, strict=True
        ):
            end = position + len(found)
            understandings.append(
                Understanding(
                    OVERALL[label], score, INTENTS[wanted], tuple(units[position:end]), signs
                )
            )
            position = end
        return understandings

    @staticmethod
    def _units(
        spans: Sequence[Sequence[tuple[int, int]]],
        pieces: Sequence[str],
        sentiment: np.ndarray,
        intent_labels: np.ndarray,
        intent: np.ndarray,
    ) -> list[Unit]:
        """Turn arrays into records; 4 decimals, so that batch size cannot show."""
        if not pieces:
            return []
        feeling: list[Sentiment] = [SENTIMENTS[k] for k in sentiment.argmax(axis=1).tolist()]
        wanted: list[Intent] = [INTENTS[k] for k in intent_labels.tolist()]
        return [
            Unit(start, end, piece, felt, score, intended, sure, felt_sure)
            for (start, end), piece, felt, score, intended, sure, felt_sure in zip(
                (span for found in spans for span in found),
                pieces,
                feeling,
                np.round((sentiment[:, 2] - sentiment[:, 0]).astype(np.float64), 4).tolist(),
                wanted,
                np.round(intent.max(axis=1).astype(np.float64), 4).tolist(),
                np.round(sentiment.max(axis=1).astype(np.float64), 4).tolist(),
                strict=True,
            )
        ]


Cut = Callable[[Sequence[str]], list[tuple[str, ...]]]


def make_cutter(segmenter: Segmenter | None = None) -> Cut:
    """Return a function that cuts texts into units as the engine does.

    A text without any word stays one unit.
    """
    chosen = segmenter if segmenter is not None else Segmenter(load_config().segment)

    def cut(texts: Sequence[str]) -> list[tuple[str, ...]]:
        return [
            tuple(text[start:end] for start, end in spans) or (text,)
            for text, spans in zip(texts, chosen.segment_batch(texts), strict=True)
        ]

    return cut
