"""The metric: how alike two units are as *issues*, learned from labelled issue codes.

Kernel ridge regression onto one-hot issue codes, on a kernel that mixes the cosine of
embeddings with the cosine of character n-grams::

    k(a, b) = w·⟨e_a, e_b⟩ + (1 − w)·⟨g_a, g_b⟩        w = dense_share
    f(x)    = Σ_i k(x, a_i)·α_i                          (C)   one score a code
    α       = (K + λ·diag(1/s))⁻¹·(Y − 1/C)              s = balancing weights

Since the kernel is linear, α collapses into one weight matrix a block. A unit that
resembles no labelled issue scores near zero everywhere, so a threshold on the best score
tells known issues from new ones. A topic vector is ``[e, β·relu(f)]``, unit length: the
metric bends the embedding towards the issues it knows, and leaves the rest as it is.

People's edits are further labelled rows: the residual of the shipped weights on these
rows is regressed by the same kernel (:meth:`TopicMetric.adapted`).

Source: docs/decisions/0006-topics.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from feedback_nlp.chinese import fold_batch
from feedback_nlp.topics.directions import unit_rows
from feedback_nlp.topics.inside import without_faults_of_names
from feedback_nlp.topics.lexical import count_folded, inverse_document_frequency, weigh
from feedback_nlp.topics.seeds import SeedIssue

DENSE_SHARE = 0.3
RIDGE = 0.2
BALANCE = 0.5
EDIT_WEIGHT = 0.1
"""Weight of a row that people labelled: one edit must not bend what hundreds of rows say."""
SCORE_WEIGHT = 1.0
_BLOCK_ROWS = 20_000


@dataclass(frozen=True)
class Evidence:
    """Labelled rows the metric learns from.

    Attributes:
        texts: What was said.
        embeddings: (n, d) float32.
        codes: Issue code of each; ``""`` for a row that is none of the issues.
    """

    texts: Sequence[str]
    embeddings: np.ndarray
    codes: Sequence[str]


class Projection(NamedTuple):
    """Units as the metric sees them.

    Attributes:
        scores: (n, C) float32, about 0–1, one column a code of the metric.
        vectors: (n, d + C) float32, unit length.
    """

    scores: np.ndarray
    vectors: np.ndarray


@dataclass(frozen=True)
class TopicMetric:
    """A learned metric over issue codes.

    Attributes:
        embedder: Name of the embedder whose vectors it reads.
        codes: C issue codes, column order of the weights.
        mean: (d,) float32, taken off every embedding.
        idf: (65536,) float32.
        dense_weights: (d, C) float32.
        lexical_weights: (65536, C) float32.
        version: Content version of the artefact it came from; empty if learned on the spot.
    """

    embedder: str
    codes: tuple[str, ...]
    mean: np.ndarray
    idf: np.ndarray
    dense_weights: np.ndarray
    lexical_weights: np.ndarray = field(repr=False)
    version: str = ""

    @property
    def dimensions(self) -> int:
        """Width of the embeddings it reads."""
        return len(self.mean)

    def centred(self, embeddings: np.ndarray) -> np.ndarray:
        """Take off the mean and scale rows to unit length: (n, d) float32.

        Raises:
            ValueError: If the embeddings have another width.
        """
        if embeddings.ndim != 2 or embeddings.shape[1] != self.dimensions:
            raise ValueError(
                f"got embeddings of shape {embeddings.shape}, expected (n, {self.dimensions})"
            )
        return unit_rows(embeddings.astype(np.float32) - self.mean)

    def scores(
        self, texts: Sequence[str], embeddings: np.ndarray, row_of: np.ndarray | None = None
    ) -> np.ndarray:
        """Score every code for every text: (n, C) float32.

        Args:
            texts: n texts.
            embeddings: (m, d) float32.
            row_of: (n,) row of ``embeddings`` of each text; its own place if left out.
        """
        scores = np.empty((len(texts), len(self.codes)), np.float32)
        for start in range(0, len(texts), _BLOCK_ROWS):
            block = slice(start, start + _BLOCK_ROWS)
            rows = embeddings[block if row_of is None else row_of[block]]
            grams = weigh(_spoken_ngrams(texts[block]), self.idf)
            scores[block] = self.centred(rows) @ self.dense_weights
            scores[block] += grams @ self.lexical_weights
        return scores

    def project(
        self, texts: Sequence[str], embeddings: np.ndarray, row_of: np.ndarray | None = None
    ) -> Projection:
        """Place units in topic space; arguments as of :meth:`scores`."""
        scores = self.scores(texts, embeddings, row_of)
        return Projection(scores, self.vectors(embeddings, scores, row_of))

    def vectors(
        self, embeddings: np.ndarray, scores: np.ndarray, row_of: np.ndarray | None = None
    ) -> np.ndarray:
        """Join embeddings and scores: (n, d + C) float32, unit length.

        Block by block, so that no more is held at a time than the result.
        """
        joined = np.empty((len(scores), self.dimensions + scores.shape[1]), np.float32)
        for start in range(0, len(scores), _BLOCK_ROWS):
            block = slice(start, start + _BLOCK_ROWS)
            rows = embeddings[block if row_of is None else row_of[block]]
            bent = unit_rows(np.maximum(scores[block], 0.0)) * np.float32(SCORE_WEIGHT)
            joined[block] = unit_rows(np.hstack([self.centred(rows), bent]))
        return joined

    def adapted(self, evidence: Evidence) -> TopicMetric:
        """Learn from people: return a metric that also knows these rows and their codes.

        Codes the metric does not know become new columns. The rows it was shipped with
        are not needed: only what it gets wrong on the new rows is regressed.
        """
        if not evidence.texts:
            return self
        known = set(self.codes)
        extra = tuple(sorted({code for code in evidence.codes if code} - known))
        codes = self.codes + extra
        widened = replace(
            self,
            codes=codes,
            dense_weights=np.pad(self.dense_weights, ((0, 0), (0, len(extra)))),
            lexical_weights=np.pad(self.lexical_weights, ((0, 0), (0, len(extra)))),
        )
        rows = widened.centred(evidence.embeddings)
        grams = weigh(_spoken_ngrams(evidence.texts), self.idf)
        targets = _targets(evidence.codes, codes)
        residual = targets - widened.scores(evidence.texts, evidence.embeddings)
        dense, lexical = _regress(rows, grams, residual, np.full(len(rows), EDIT_WEIGHT))
        return replace(
            widened,
            dense_weights=widened.dense_weights + dense,
            lexical_weights=widened.lexical_weights + lexical,
        )


def fit_metric(
    evidence: Evidence,
    *,
    embedder: str,
    mean: np.ndarray | None = None,
    idf: np.ndarray | None = None,
) -> TopicMetric:
    """Learn a metric from labelled rows.

    Args:
        evidence: At least one row with a code.
        embedder: Name of the embedder the rows come from.
        mean: (d,) mean of the embeddings of much text; that of the rows if left out.
        idf: (65536,) from much text; that of the rows if left out.

    Raises:
        ValueError: If no row has a code.
    """
    codes = tuple(sorted({code for code in evidence.codes if code}))
    if not codes:
        raise ValueError("got no labelled row, expected at least one issue code")
    if mean is None:
        mean = evidence.embeddings.mean(axis=0)
    counts = _spoken_ngrams(evidence.texts)
    if idf is None:
        idf = inverse_document_frequency(counts)
    rows = unit_rows(evidence.embeddings.astype(np.float32) - mean)
    size = dict.fromkeys(codes, 0)
    for code in evidence.codes:
        if code:
            size[code] += 1
    balance = np.array([size[code] if code else 1 for code in evidence.codes], np.float64)
    balance = balance**-BALANCE
    balance /= balance.mean()
    targets = _targets(evidence.codes, codes)
    targets[[bool(code) for code in evidence.codes]] -= 1.0 / len(codes)
    dense, lexical = _regress(rows, weigh(counts, idf), targets, balance)
    return TopicMetric(
        embedder=embedder,
        codes=codes,
        mean=mean.astype(np.float32),
        idf=idf.astype(np.float32),
        dense_weights=dense,
        lexical_weights=lexical,
    )


def metric_from_seeds(
    seeds: Sequence[SeedIssue],
    embed: Callable[[Sequence[str]], np.ndarray],
    *,
    embedder: str,
    idf: np.ndarray | None = None,
) -> TopicMetric:
    """Learn a metric for any embedder from the seed issues alone, in well under a second."""
    texts = [phrase for seed in seeds for phrase in seed.phrasings]
    codes = [seed.code for seed in seeds for _ in seed.phrasings]
    return fit_metric(Evidence(texts, embed(texts), codes), embedder=embedder, idf=idf)


def _spoken_ngrams(texts: Sequence[str]) -> csr_matrix:
    """Count n-grams of what texts say: 凉菜太咸 does not say 凉."""
    return count_folded([without_faults_of_names(text) for text in fold_batch(texts)])


def _targets(row_codes: Sequence[str], codes: tuple[str, ...]) -> np.ndarray:
    column = {code: index for index, code in enumerate(codes)}
    targets = np.zeros((len(row_codes), len(codes)), np.float64)
    for row, code in enumerate(row_codes):
        if code:
            targets[row, column[code]] = 1.0
    return targets


def _regress(
    rows: np.ndarray, grams: csr_matrix, targets: np.ndarray, balance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Solve the ridge in its dual and return the weights of both blocks."""
    kernel = DENSE_SHARE * (rows @ rows.T).astype(np.float64)
    kernel += (1.0 - DENSE_SHARE) * (grams @ grams.T).toarray()
    dual = np.linalg.solve(kernel + RIDGE * np.diag(1.0 / balance), targets)
    dense = DENSE_SHARE * (rows.T @ dual)
    lexical = (1.0 - DENSE_SHARE) * (grams.T @ dual)
    return dense.astype(np.float32), np.asarray(lexical, np.float32)
