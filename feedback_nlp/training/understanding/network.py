"""The encoder's network with its gradients: training in NumPy, without a framework.

The forward pass is that of :class:`feedback_nlp.understanding.features.NgramEncoder`, with dropout.
Embedding rows are updated by row-wise Adagrad (only the rows a batch touches), dense
matrices by Adam. A batch of 256 reviews takes 10–30 ms on one core.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from feedback_nlp.training.understanding.dataset import Rows
from feedback_nlp.understanding.features import softmax
from feedback_nlp.understanding.features.encoder import NORM_EPSILON, pool, range_means

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Shape:
    """Widths of the layers: embedding, unit, review."""

    embedding: int = 64
    unit: int = 128
    review: int = 128


@dataclass(frozen=True, slots=True)
class Target:
    """What a head should say about a batch.

    Attributes:
        probabilities: Shape (rows, classes); one-hot, or soft labels of a teacher.
        weights: Shape (rows,); 0 where the head has no label.
    """

    probabilities: Floats
    weights: Floats


@dataclass(slots=True)
class _Ranges:
    """Which range each clause belongs to, and its share in the mean."""

    owners: npt.NDArray[np.int64]
    share: Floats

    @classmethod
    def of(cls, starts: npt.NDArray[np.int64]) -> _Ranges:
        sizes = np.diff(starts)
        owners = np.repeat(np.arange(len(sizes)), sizes)
        return cls(owners, np.reciprocal(sizes.astype(np.float32))[owners][:, None])


@dataclass(slots=True)
class _Trace:
    """What the backward pass needs of the forward pass."""

    distinct: npt.NDArray[np.int32]
    matrix: sparse.csr_array
    u: Floats
    u_mask: Floats
    h: Floats
    units: _Ranges
    reviews: _Ranges
    pooled: Floats
    z: Floats
    z_mask: Floats
    unit_features: Floats
    review_features: Floats


class Pace(NamedTuple):
    """How far one step goes, and how much of the input it leaves out.

    Attributes:
        row_rate: Learning rate of the embedding rows.
        dense_rate: Learning rate of everything else.
        dropout: Share of activations dropped.
        ngram_dropout: Share of n-grams dropped.
    """

    row_rate: float
    dense_rate: float
    dropout: float
    ngram_dropout: float


class Network:
    """Hashed embedding bag, two hidden layers, and any number of softmax heads.

    Args:
        idf: Weight of each bucket, shape (buckets,); 0 keeps a bucket out.
        shape: Widths.
        unit_heads: Head → number of classes.
        review_heads: Head → number of classes.
        meaning: Dimensions of the vectors that units should reproduce; 0 for none.
        seed: Of the initial weights.
    """

    def __init__(
        self,
        idf: Floats,
        shape: Shape,
        unit_heads: Mapping[str, int],
        review_heads: Mapping[str, int],
        meaning: int,
        seed: int,
    ) -> None:
        random = np.random.default_rng(seed)
        self.idf = idf
        self.shape = shape
        self.unit_heads = dict(unit_heads)
        self.review_heads = dict(review_heads)
        self.rows = (random.standard_normal((len(idf), shape.embedding)) * 0.05).astype(np.float32)
        d, h, z = shape.embedding, shape.unit, shape.review

        def layer(inputs: int, outputs: int, gain: float = 1.0) -> Floats:
            scale = gain * np.sqrt(2 / inputs)
            weights: Floats = (random.standard_normal((inputs, outputs)) * scale).astype(np.float32)
            return weights

        self.dense: dict[str, Floats] = {
            "W1": layer(d, h),
            "b1": np.zeros(h, np.float32),
            "Wz": layer(d + 2 * h, z),
            "bz": np.zeros(z, np.float32),
        }
        for head, classes in self.unit_heads.items():
            self.dense[f"{head}.weight"] = layer(d, classes, 0.3)
            self.dense[f"{head}.bias"] = np.zeros(classes, np.float32)
        for head, classes in self.review_heads.items():
            self.dense[f"{head}.weight"] = layer(z + d, classes, 0.3)
            self.dense[f"{head}.bias"] = np.zeros(classes, np.float32)
        if meaning:
            self.dense["meaning"] = layer(d, meaning, 0.3)
        self._row_square = np.full(len(idf), 1e-6, np.float32)
        self._first = {name: np.zeros_like(value) for name, value in self.dense.items()}
        self._second = {name: np.zeros_like(value) for name, value in self.dense.items()}
        self._steps = 0

    def step(
        self,
        rows: Rows,
        targets: Mapping[str, Target],
        random: np.random.Generator,
        pace: Pace,
        *,
        meaning: Floats | None = None,
        meaning_weight: float = 1.0,
    ) -> float:
        """Take one gradient step.

        Args:
            rows: The reviews of the batch.
            targets: What the heads should say.
            random: For dropout.
            pace: How far to go, and how much to leave out.
            meaning: Vectors that u should reproduce linearly, shape (units, meaning).
            meaning_weight: Of the squared error to these.

        Returns:
            Sum of the heads' mean losses before the step.
        """
        trace = self._forward(rows, random, pace.dropout, pace.ngram_dropout)
        gradients: dict[str, Floats] = {}
        d_unit = np.zeros_like(trace.unit_features)
        d_review = np.zeros_like(trace.review_features)
        loss = 0.0
        for head, target in targets.items():
            if not target.weights.any():
                continue
            of_units = head in self.unit_heads
            features = trace.unit_features if of_units else trace.review_features
            weight = self.dense[f"{head}.weight"]
            guess = softmax(features @ weight + self.dense[f"{head}.bias"])
            loss -= float(
                (np.log(guess + 1e-9) * target.probabilities).sum(axis=1) @ target.weights
            ) / float(target.weights.sum())
            error: Floats = (guess - target.probabilities) * target.weights[:, None]
            error = error / np.float32(len(trace.z))
            gradients[f"{head}.weight"] = features.T @ error
            gradients[f"{head}.bias"] = error.sum(axis=0, dtype=np.float32)
            if of_units:
                d_unit += error @ weight.T
            else:
                d_review += error @ weight.T
        if meaning is not None:
            bags = trace.unit_features
            error = bags @ self.dense["meaning"] - meaning
            error *= np.float32(meaning_weight / len(trace.z))
            gradients["meaning"] = bags.T @ error
            d_unit += error @ self.dense["meaning"].T
        row_gradient = self._backward(trace, d_unit, d_review, gradients)
        self._update(trace.distinct, row_gradient, gradients, pace.row_rate, pace.dense_rate)
        return loss

    def _forward(
        self, rows: Rows, random: np.random.Generator, dropout: float, ngram_dropout: float
    ) -> _Trace:
        weights = self.idf[rows.ngrams]
        if ngram_dropout:
            weights = weights * (random.random(len(weights), np.float32) >= ngram_dropout)
        sizes = np.diff(rows.clause_starts)
        owners = np.repeat(np.arange(len(sizes)), sizes)
        norm = np.sqrt(
            np.bincount(owners, weights.astype(np.float64) ** 2, minlength=len(sizes))
            + NORM_EPSILON
        ).astype(np.float32)
        distinct, places = np.unique(rows.ngrams, return_inverse=True)
        matrix = sparse.csr_array(
            (weights / norm[owners], places.astype(np.int32), rows.clause_starts.astype(np.int32)),
            shape=(len(sizes), len(distinct)),
        )
        u = matrix @ self.rows[distinct]
        u_mask = _mask(u.shape, dropout, random)
        u = u * u_mask
        h = np.maximum(u @ self.dense["W1"] + self.dense["b1"], 0)
        review_starts = rows.unit_starts[rows.review_starts]
        pooled = pool(u, h, review_starts)
        z = np.maximum(pooled @ self.dense["Wz"] + self.dense["bz"], 0)
        z_mask = _mask(z.shape, dropout, random)
        z = z * z_mask
        return _Trace(
            distinct, matrix, u, u_mask, h,
            _Ranges.of(rows.unit_starts), _Ranges.of(review_starts), pooled, z, z_mask,
            range_means(u, rows.unit_starts), np.hstack([z, pooled[:, : self.shape.embedding]]),
        )  # fmt: skip

    def _backward(
        self, trace: _Trace, d_unit: Floats, d_review: Floats, gradients: dict[str, Floats]
    ) -> Floats:
        """Fill ``gradients`` of the hidden layers; return that of the touched rows."""
        d, h, z = self.shape.embedding, self.shape.unit, self.shape.review
        d_z = d_review[:, :z] * trace.z_mask * (trace.z > 0)
        gradients["Wz"] = trace.pooled.T @ d_z
        gradients["bz"] = d_z.sum(axis=0)
        d_pooled = d_z @ self.dense["Wz"].T
        d_pooled[:, :d] += d_review[:, z:]
        owners, share = trace.reviews.owners, trace.reviews.share
        spread = d_pooled[owners]
        at_top = trace.h == trace.pooled[owners, d + h :]
        d_u = spread[:, :d] * share + d_unit[trace.units.owners] * trace.units.share
        d_h = spread[:, d : d + h] * share + spread[:, d + h :] * at_top
        d_h *= trace.h > 0
        gradients["W1"] = trace.u.T @ d_h
        gradients["b1"] = d_h.sum(axis=0)
        d_u += d_h @ self.dense["W1"].T
        row_gradient: Floats = trace.matrix.T @ (d_u * trace.u_mask)
        return row_gradient

    def _update(
        self,
        distinct: npt.NDArray[np.int32],
        row_gradient: Floats,
        gradients: Mapping[str, Floats],
        row_rate: float,
        dense_rate: float,
    ) -> None:
        self._row_square[distinct] += (row_gradient**2).mean(axis=1)
        shrink = np.float32(row_rate) / np.sqrt(self._row_square[distinct])
        self.rows[distinct] -= row_gradient * shrink[:, None]
        self._steps += 1
        first_bias, second_bias = 1 - 0.9**self._steps, 1 - 0.999**self._steps
        for name, gradient in gradients.items():
            first, second = self._first[name], self._second[name]
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient**2 - second)
            step = (first / first_bias) / (np.sqrt(second / second_bias) + 1e-8)
            self.dense[name] -= (dense_rate * step).astype(np.float32)


def _mask(shape: tuple[int, ...], dropout: float, random: np.random.Generator) -> Floats:
    """Return inverted-dropout factors."""
    if not dropout:
        return np.ones(shape, np.float32)
    kept = random.random(shape, np.float32) >= dropout
    return kept.astype(np.float32) / np.float32(1 - dropout)
