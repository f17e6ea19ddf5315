"""scikit-learn transformers over the engine, for sequences of strings.

Like scikit-learn's vectorizers they take texts, not tables, and say so in their tags.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.validation import check_is_fitted

from feedback_nlp.chinese import default_tokenizer, fold
from feedback_nlp.config import load_config
from feedback_nlp.labels import Intent, Sentiment, Signal
from feedback_nlp.records import Understanding
from feedback_nlp.understanding.engine import Engine, make_cutter

_FELT = (Sentiment.NEG, Sentiment.NEU, Sentiment.POS)
_SENTIMENTS = ("sentiment_score", *(f"share_{felt.value}" for felt in _FELT), "unit_count")
_READ = (
    *_SENTIMENTS,
    *(f"intent_{intent.value}" for intent in Intent),
    *(f"signal_{signal.value}" for signal in Signal),
)


@cache
def _engine() -> Engine:
    """One engine a process: estimators are cloned and pickled, models are not."""
    return Engine.load(load_config())


class _TextTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Takes sequences of strings and learns nothing from them."""

    def fit(self, X: Iterable[str], y: Any = None) -> Self:
        """Check ``X`` and return self."""
        del y
        _texts(X)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = False
        return tags


class UnitSegmenter(_TextTransformer):
    """Cuts each text into its units: an object array of lists of strings, one a text.

    A text without any word stays one unit.
    """

    def transform(self, X: Iterable[str]) -> np.ndarray:
        """Return the units: shape (n,), object."""
        texts = _texts(X)
        units = np.empty(len(texts), object)
        for row, cut in enumerate(make_cutter()(texts)):
            units[row] = list(cut)
        return units


class SentimentTransformer(_TextTransformer):
    """Turns each text into five numbers: its score, the shares of its units, their count."""

    def transform(self, X: Iterable[str]) -> np.ndarray:
        """Return score (−1 … 1), shares of neg, neu and pos units (0–1), and their count: (n, 5)."""
        found = _engine().understand(_texts(X))
        rows = [_sentiment_row(one) for one in found]
        return np.array(rows, np.float64).reshape(len(found), len(_SENTIMENTS))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the columns."""
        del input_features
        return np.array(_SENTIMENTS, object)


class FeedbackVectorizer(_TextTransformer):
    """TF-IDF of Chinese words beside what the engine reads: sentiment, intent, signals.

    Args:
        min_df: Texts a word must be in, at least: a count, or a share as a float.
        max_features: Words kept, the commonest first; ``None`` for all.
        readings: Whether the engine's columns come along.

    Attributes:
        vocabulary_: Column by word.
    """

    def __init__(
        self, *, min_df: int | float = 2, max_features: int | None = None, readings: bool = True
    ) -> None:
        self.min_df = min_df
        self.max_features = max_features
        self.readings = readings

    def fit(self, X: Iterable[str], y: Any = None) -> Self:
        """Learn the words and how common they are."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: Iterable[str], y: Any = None, **_: Any) -> sparse.csr_matrix:
        """Learn from texts and return their rows."""
        del y
        texts = _texts(X)
        words = TfidfVectorizer(
            analyzer=_words, min_df=self.min_df, max_features=self.max_features, sublinear_tf=True
        )
        counted = words.fit_transform(texts)
        self._words = words
        self.vocabulary_ = words.vocabulary_
        return self._beside_readings(texts, counted)

    def transform(self, X: Iterable[str]) -> sparse.csr_matrix:
        """Return (n, words + 20) float64, sparse; rows of words have length 1."""
        check_is_fitted(self, "vocabulary_")
        texts = _texts(X)
        return self._beside_readings(texts, self._words.transform(texts))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the words, then the names of the engine's columns."""
        del input_features
        check_is_fitted(self, "vocabulary_")
        names = self._words.get_feature_names_out()
        return np.array([*names, *(_READ if self.readings else ())], object)

    def _beside_readings(self, texts: list[str], counted: Any) -> sparse.csr_matrix:
        if not self.readings:
            words: sparse.csr_matrix = counted.tocsr()
            return words
        rows = [_row(one) for one in _engine().understand(texts)]
        read = sparse.csr_matrix(np.array(rows, np.float64).reshape(len(texts), len(_READ)))
        return sparse.hstack([counted, read]).tocsr()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = True
        return tags


def _sentiment_row(found: Understanding) -> list[float]:
    units = [unit.sentiment for unit in found.units]
    shares = [units.count(felt) / len(units) if units else 0.0 for felt in _FELT]
    return [found.sentiment_score, *shares, float(len(units))]


def _row(found: Understanding) -> list[float]:
    intents = [unit.intent for unit in found.units]
    return [
        *_sentiment_row(found),
        *(intents.count(intent) / len(intents) if intents else 0.0 for intent in Intent),
        *(float(signal in found.signals) for signal in Signal),
    ]


def _words(text: str) -> list[str]:
    return [word for word in default_tokenizer().cut(fold(text)) if any(map(str.isalnum, word))]


def _texts(X: Any) -> list[str]:
    if isinstance(X, str) or not hasattr(X, "__iter__"):
        raise ValueError(f"got {type(X).__name__}, expected an iterable of strings")
    texts = list(X)
    for text in texts:
        if not isinstance(text, str):
            raise ValueError(f"got a {type(text).__name__} in X, expected strings")
    return texts
