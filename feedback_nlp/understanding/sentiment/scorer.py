"""The sentiment port, and the scorer that ships."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from feedback_nlp.artifacts import load_artifact
from feedback_nlp.errors import ArtifactError
from feedback_nlp.labels import Sentiment
from feedback_nlp.resources import model_folder
from feedback_nlp.understanding.features import Encoded, SoftmaxHead

SENTIMENTS = (Sentiment.NEG, Sentiment.NEU, Sentiment.POS)
OVERALL = (*SENTIMENTS, Sentiment.MIXED)

Floats = npt.NDArray[np.float32]


class SentimentScorer(Protocol):
    """Anything that tells the feeling of units."""

    @property
    def version(self) -> str:
        """What was used, for the record of a run."""
        ...

    def score(self, encoded: Encoded) -> Floats:
        """Return probabilities of neg, neu, pos for each unit: shape (n, 3)."""
        ...

    def score_reviews(self, encoded: Encoded) -> Floats | None:
        """Return probabilities of neg, neu, pos, mixed for each review, shape (m, 4).

        ``None`` if the scorer only knows units.
        """
        ...


class LinearSentiment:
    """Calibrated linear heads on the shared encoder.

    Args:
        unit: Head of 3 classes on unit features.
        review: Head of 4 classes on review features; without it, the units decide.
        version: Content version of the artefact.
    """

    def __init__(self, unit: SoftmaxHead, review: SoftmaxHead | None, version: str = "") -> None:
        self.unit = unit
        self.review = review
        self.version = version

    def score(self, encoded: Encoded) -> Floats:
        """Return probabilities of neg, neu, pos for each unit: shape (n, 3)."""
        return self.unit.probabilities(encoded.units)

    def score_reviews(self, encoded: Encoded) -> Floats | None:
        """Return probabilities of neg, neu, pos, mixed for each review: shape (m, 4)."""
        return None if self.review is None else self.review.probabilities(encoded.reviews)


def load_sentiment(scorer: str = "linear", folder: Path | None = None) -> SentimentScorer:
    """Load a scorer by its name in ``pipeline.toml``.

    Args:
        scorer: ``linear`` or ``snownlp``.
        folder: Artefact folder of the linear scorer; ``models/sentiment`` by default.

    Raises:
        ArtifactError: If the name is unknown, or the folder missing, damaged or not ours.
    """
    if scorer == "snownlp":
        from feedback_nlp.understanding.sentiment.snownlp_scorer import SnowSentiment  # noqa: PLC0415

        return SnowSentiment()
    if scorer != "linear":
        raise ArtifactError(f"不认识的情感打分器 {scorer!r}", hint="可选 linear 或 snownlp")
    artifact = load_artifact(folder if folder is not None else model_folder("sentiment"))
    try:
        return LinearSentiment(
            SoftmaxHead.from_tensors(artifact.tensors, "unit"),
            SoftmaxHead.from_tensors(artifact.tensors, "review")
            if "review.weight" in artifact.tensors
            else None,
            artifact.version,
        )
    except KeyError as error:
        raise ArtifactError(
            f"情感模型缺少 {error}", reason="model-unusable", model="sentiment"
        ) from error
