"""Latent semantic analysis of the texts at hand: no model, no download, the yardstick.

TF-IDF over words and character bigrams, reduced by truncated SVD. The space is that of
the texts it was fitted on, so its vectors must not be kept from one run to the next.

Source: Deerwester et al. 1990, Indexing by latent semantic analysis.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Self

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from feedback_nlp.chinese import default_tokenizer, fold
from feedback_nlp.embed.port import Floats, normalized


class SvdEmbedder:
    """TF-IDF and truncated SVD behind the embedder port.

    The first call to :meth:`embed` fits on its own texts if :meth:`fit` was not called.

    Args:
        dimensions: Length of the vectors. Columns beyond the rank of the texts are zero.
        seed: Of the randomised SVD.
    """

    def __init__(self, dimensions: int = 128, seed: int = 7) -> None:
        self._dimensions = dimensions
        self._seed = seed
        self._vectorizer: TfidfVectorizer | None = None
        self._svd: TruncatedSVD | None = None

    @property
    def name(self) -> str:
        """``svd``; the fitted space is not comparable with any other."""
        return "svd"

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        return self._dimensions

    def fit(self, texts: Sequence[str]) -> Self:
        """Learn the vocabulary and the projection from ``texts``; returns itself."""
        vectorizer = TfidfVectorizer(
            analyzer=_terms, sublinear_tf=True, min_df=2 if len(texts) > 200 else 1
        )
        self._vectorizer, self._svd = vectorizer, None
        try:
            weighted = vectorizer.fit_transform(texts)
        except ValueError:  # no term at all: every text is blank
            self._vectorizer = None
            return self
        rank = min(self._dimensions, weighted.shape[1] - 1, weighted.shape[0])
        if rank >= 1:
            self._svd = TruncatedSVD(rank, random_state=self._seed).fit(weighted)
        return self

    def embed(self, texts: Sequence[str]) -> Floats:
        """Embed a batch, fitting on it first if nothing was fitted yet."""
        vectors = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        if self._svd is None and texts:
            self.fit(texts)
        if self._svd is None or self._vectorizer is None or not texts:
            return vectors
        reduced = self._svd.transform(self._vectorizer.transform(texts))
        vectors[:, : reduced.shape[1]] = reduced
        return normalized(vectors)


def _terms(text: str) -> list[str]:
    folded = fold(text)
    words = [word for word in default_tokenizer().cut(folded) if not word.isspace()]
    return words + [a + b for a, b in pairwise(folded) if a.isalpha() and b.isalpha()]
