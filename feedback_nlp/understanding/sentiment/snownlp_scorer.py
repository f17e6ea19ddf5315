"""snownlp as a scorer: the yardstick of the field, and the only place that imports it.

It knows positive and negative only. What it puts near the middle is called neutral: its
P(pos) p becomes (1 − p, 0, p) with the share ``1 − |2p − 1|`` of both moved to neutral.
"""

from __future__ import annotations

import warnings
from importlib.metadata import version as package_version

import numpy as np
import numpy.typing as npt

from feedback_nlp.understanding.features import Encoded

with warnings.catch_warnings():  # its modules hold invalid escape sequences
    warnings.simplefilter("ignore")
    from snownlp import sentiment as snownlp_sentiment


class SnowSentiment:
    """Scores each unit with snownlp's naive Bayes; 35–170 texts a second."""

    version = f"snownlp {package_version('snownlp')}"

    def score(self, encoded: Encoded) -> npt.NDArray[np.float32]:
        """Return probabilities of neg, neu, pos for each unit: shape (n, 3)."""
        positive = np.array(
            [positive_share(text) for text in encoded.batch.texts], dtype=np.float32
        ).reshape(-1)
        neutral = 1 - np.abs(2 * positive - 1)
        sure = 1 - neutral
        return np.column_stack([(1 - positive) * sure, neutral, positive * sure])

    def score_reviews(self, encoded: Encoded) -> None:
        """Return nothing: snownlp knows no mixed; the units decide."""
        del encoded


def positive_share(text: str) -> float:
    """Return snownlp's P(positive), 0–1; 0.5 for a text without any character it can read."""
    readable = text.encode("utf-8", "ignore").decode("utf-8").strip()
    return float(snownlp_sentiment.classify(readable)) if readable else 0.5
