"""The engine: a reader, what it says made one truth, and the signals of single texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from feedback_nlp.config import PipelineConfig, load_config
from feedback_nlp.errors import ArtifactError
from feedback_nlp.labels import Depth, Intent, Sentiment
from feedback_nlp.records import Understanding, Unit
from feedback_nlp.understanding.agreement import MEMBERS, agree
from feedback_nlp.understanding.deep import deep_is_installed
from feedback_nlp.understanding.features import load_encoder
from feedback_nlp.understanding.intent import INTENTS, load_intent, overall_intent
from feedback_nlp.understanding.reading import FastReader, Reader
from feedback_nlp.understanding.segment import Segmenter
from feedback_nlp.understanding.sentiment import SENTIMENTS, load_sentiment
from feedback_nlp.understanding.signals import detect_batch

_BATCH_CHARACTERS = 400_000  # bounds memory: about 1 kB a unit


class Engine:
    """Reads single feedback at one of two depths, loaded once.

    Args:
        config: The analysis.
        reader: Cuts texts into units and tells what they may mean.
    """

    def __init__(self, config: PipelineConfig, reader: Reader) -> None:
        self._config = config
        self._reader = reader

    @classmethod
    def load(cls, config: PipelineConfig, depth: Depth = Depth.FAST) -> Engine:
        """Load the models that the configuration names.

        Args:
            config: The analysis.
            depth: ``fast`` for millions of rows; ``deep`` where every row counts; ``auto``
                is deep where its runtime is installed and no other scorer is configured.

        Raises:
            ArtifactError: If a model is missing or damaged, or ``deep`` is asked for where
                it cannot be had.
        """
        own_scorer = config.sentiment.scorer != "linear"
        if depth is Depth.DEEP and own_scorer:
            raise ArtifactError(
                f"深读有自己的情感判断，不能和打分器 {config.sentiment.scorer!r} 一起用",
                hint="把打分器改回 linear，或用快读",
            )
        if depth is Depth.DEEP or (depth is Depth.AUTO and deep_is_installed() and not own_scorer):
            from feedback_nlp.understanding.deep.reader import (  # noqa: PLC0415 - seldom wanted
                DeepReader,
            )
            from feedback_nlp.understanding.pooled import PooledReader  # noqa: PLC0415

            deep = DeepReader(config.segment)
            pooled = PooledReader(
                deep, _fast(config), config.reading.deep_share, config.reading.sure_from
            )
            return cls(config, pooled)
        return cls(config, _fast(config))

    @property
    def versions(self) -> dict[str, str]:
        """Content versions of what is in use, for the record of a run."""
        return dict(self._reader.versions)

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
        reading = self._reader.read(texts)
        intents = reading.intent.argmax(axis=1)
        agreed = agree(
            reading.sentiment,
            intents == INTENTS.index(Intent.FEATURE),
            reading.reviews,
            reading.counts,
            patience=self._config.sentiment.patience,
        )
        overall = overall_intent(intents, reading.counts).tolist()
        units = self._units(
            reading.spans, reading.pieces, agreed.sentiment, intents, reading.intent
        )
        rounded: list[float] = np.round(agreed.scores.astype(np.float64), 4).tolist()
        signals = detect_batch(texts, ratings, rounded)
        understandings = []
        position = 0
        for found, label, score, wanted, signs in zip(
            reading.spans, agreed.labels.tolist(), rounded, overall, signals, strict=True
        ):
            end = position + len(found)
            understandings.append(
                Understanding(
                    MEMBERS[label], score, INTENTS[wanted], tuple(units[position:end]), signs
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


def _fast(config: PipelineConfig) -> FastReader:
    sentiment = load_sentiment(config.sentiment.scorer)
    return FastReader(config.segment, load_encoder(), sentiment, load_intent())


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
