"""Distils any sentence encoder into one vector a word and a character.

The teacher's vectors are centred, turned to their principal axes, partly whitened and
scaled to unit length; the student's sum over a text's terms is then trained to point
the same way. With ``u = Σ w_t / |Σ w_t|`` and target ``y``, the loss of a text is
``1 − u·y`` and its gradient on the sum ``((u·y) u − y) / |Σ w_t|``. Only the rows of a
batch's terms are touched, so an epoch costs seconds and needs NumPy and SciPy alone.

Source: docs/decisions/0005-static-embeddings.md; Kingma & Ba 2015 for Adam.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from feedback_nlp.embed.port import Floats, normalized
from feedback_nlp.embed.terms import Vocabulary, split_terms
from feedback_nlp.errors import InputError

MIN_TEXTS = 100
_REVEALING = re.compile(r"\d{5}|[\w.-]{25}|@")


@dataclass(frozen=True, slots=True)
class DistilSettings:
    """How to distil.

    Attributes:
        dimensions: Width of the student; at most the teacher's, and the number of texts.
        whitening: Exponent 0–1: each principal axis is divided by its deviation to this
            power. 0 keeps the teacher's geometry, in which style drowns matter.
        min_count: Terms in fewer texts get no vector of their own.
        max_terms: Only the most frequent terms get one.
        epochs: Passes over the texts.
        batch_size: Texts a step.
        term_dropout: Chance 0–1 that a term is left out of its text in a step, so that a
            text's meaning is spread over its words and the characters inside them.
        learning_rate: Of Adam, falling to a twentieth along a cosine.
        holdout_share: Share of texts kept out of training to measure fidelity, 0–0.5.
        seed: Of the order, the start values and the held-out share.
    """

    dimensions: int = 256
    whitening: float = 0.5
    min_count: int = 2
    max_terms: int = 60_000
    epochs: int = 8
    batch_size: int = 256
    term_dropout: float = 0.4
    learning_rate: float = 3e-3
    holdout_share: float = 0.03
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Distilled:
    """A trained student.

    Attributes:
        terms: One a row of ``table``, most frequent first.
        table: float32 of shape (len(terms), dimensions).
        text_count: Texts trained on.
        train_cosine: Mean cosine to the target over the last epoch.
        holdout_cosine: The same on the texts kept out; ``None`` if there are none.
    """

    terms: list[str]
    table: Floats
    text_count: int
    train_cosine: float
    holdout_cosine: float | None


def target_space(vectors: Floats, dimensions: int, whitening: float) -> Floats:
    """Centre, rotate to principal axes, whiten in part, scale to unit length.

    Args:
        vectors: The teacher's, shape (n, d).
        dimensions: Axes to keep; at most min(n, d) can be had.
        whitening: Exponent on each axis's deviation.

    Returns:
        Shape (n, min(dimensions, n, d)).
    """
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    variances, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    kept = np.argsort(variances)[::-1][: min(dimensions, *vectors.shape)]
    deviations = np.sqrt(np.maximum(variances[kept], 1e-12))
    return normalized(centred @ (axes[:, kept] / deviations**whitening))


def choose_terms(texts: Sequence[str], min_count: int, max_terms: int) -> list[str]:
    """Return the terms found in at least ``min_count`` texts, most frequent first.

    Long numbers, names of accounts and the like stay out: they could tell on a person,
    and mean nothing to anyone else.
    """
    counts: Counter[str] = Counter()
    for terms in split_terms(texts):
        counts.update({term for term in terms if not _REVEALING.search(term)})
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [term for term, count in ordered[:max_terms] if count >= min_count]


def distil(
    texts: Sequence[str],
    teacher_vectors: Floats,
    settings: DistilSettings | None = None,
    progress: Callable[[int, float], None] = lambda epoch, cosine: None,
) -> Distilled:
    """Train a student on a teacher's vectors.

    Args:
        texts: What the teacher read.
        teacher_vectors: Shape (len(texts), d), one a text in the same order.
        settings: How; the defaults are those of the shipped model.
        progress: Called after each epoch with its number (from 1) and mean cosine.

    Raises:
        InputError: If there are too few texts or vectors of another number or kind.
    """
    settings = settings or DistilSettings()
    _check(texts, teacher_vectors)
    terms = choose_terms(texts, settings.min_count, settings.max_terms)
    counts = Vocabulary(terms).count(texts)
    targets = target_space(teacher_vectors, settings.dimensions, settings.whitening)

    random = np.random.default_rng(settings.seed)
    usable = random.permutation(np.flatnonzero(np.diff(counts.indptr)))
    if not len(usable):
        raise InputError("文本里没有可学的词", hint="每个词至少要在两条文本里出现")
    held_count = int(len(usable) * settings.holdout_share)
    held, kept = usable[:held_count], usable[held_count:]
    table, train_cosine = _train(counts[kept], targets[kept], settings, random, progress)
    holdout_cosine = None
    if held_count:
        guesses = normalized(counts[held] @ table)
        holdout_cosine = float(np.einsum("nd,nd->n", guesses, targets[held]).mean())
    return Distilled(terms, table, len(kept), train_cosine, holdout_cosine)


def _check(texts: Sequence[str], vectors: Floats) -> None:
    if len(texts) < MIN_TEXTS:
        raise InputError(
            f"只有 {len(texts)} 条文本，至少要 {MIN_TEXTS} 条", hint="几万条反馈或短句效果才好"
        )
    if vectors.ndim != 2 or len(vectors) != len(texts):
        raise InputError(
            f"教师向量的形状是 {vectors.shape}，文本有 {len(texts)} 条",
            hint="两个文件要一行对一行",
        )
    if not np.isfinite(vectors).all():
        raise InputError("教师向量里有无效数值", hint="重新生成教师向量")


def _train(
    counts: sparse.csr_matrix,
    targets: Floats,
    settings: DistilSettings,
    random: np.random.Generator,
    progress: Callable[[int, float], None],
) -> tuple[Floats, float]:
    table = random.normal(0.0, 0.01, (counts.shape[1], targets.shape[1])).astype(np.float32)
    adam = _RowAdam(table)
    size = min(settings.batch_size, counts.shape[0])
    steps_per_epoch = counts.shape[0] // size
    total_steps = max(1, settings.epochs * steps_per_epoch)
    cosine = 0.0
    for epoch in range(settings.epochs):
        order = random.permutation(counts.shape[0])
        cosines = []
        for step in range(steps_per_epoch):
            rows = order[step * size : (step + 1) * size]
            done = (epoch * steps_per_epoch + step) / total_steps
            rate = settings.learning_rate * (0.05 + 0.475 * (1 + np.cos(np.pi * done)))
            batch = counts[rows]
            batch.data *= random.random(len(batch.data)) >= settings.term_dropout
            touched, gradient, value = _cosine_gradient(batch, targets[rows], table)
            adam.step(touched, gradient, rate)
            cosines.append(value)
        cosine = float(np.mean(cosines))
        progress(epoch + 1, cosine)
    return table, cosine


def _cosine_gradient(
    counts: sparse.csr_matrix, targets: Floats, table: Floats
) -> tuple[np.ndarray, Floats, float]:
    """Return the touched rows, the loss's gradient on them, and the mean cosine."""
    touched, local = np.unique(counts.indices, return_inverse=True)
    narrow = sparse.csr_matrix(
        (counts.data, local.astype(np.int32), counts.indptr), shape=(len(targets), len(touched))
    )
    sums = narrow @ table[touched]
    lengths = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6)
    units = sums / lengths
    cosines = np.einsum("nd,nd->n", units, targets)[:, None]
    gradient = narrow.T @ ((cosines * units - targets) / lengths)
    return touched, gradient.astype(np.float32), float(cosines.mean())


class _RowAdam:
    """Adam that visits only the rows of the batch; unseen rows keep their moments."""

    def __init__(self, table: Floats, beta1: float = 0.9, beta2: float = 0.98) -> None:
        self._table = table
        self._first = np.zeros_like(table)
        self._second = np.zeros_like(table)
        self._beta1 = beta1
        self._beta2 = beta2
        self._steps = 0

    def step(self, rows: np.ndarray, gradient: Floats, rate: float) -> None:
        """Move ``rows`` of the table against ``gradient``."""
        self._steps += 1
        first = self._beta1 * self._first[rows] + (1 - self._beta1) * gradient
        second = self._beta2 * self._second[rows] + (1 - self._beta2) * gradient**2
        self._first[rows] = first
        self._second[rows] = second
        first_unbiased = first / (1 - self._beta1**self._steps)
        second_unbiased = second / (1 - self._beta2**self._steps)
        self._table[rows] -= rate * first_unbiased / (np.sqrt(second_unbiased) + 1e-10)
