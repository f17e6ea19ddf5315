"""Fits the encoder and its heads to labelled examples, and calibrates them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from feedback_nlp.training.understanding.dataset import HashedDataset, Rows, take
from feedback_nlp.training.understanding.examples import Example
from feedback_nlp.training.understanding.network import Network, Pace, Shape, Target
from feedback_nlp.understanding.features import NgramEncoder, NgramHasher, SoftmaxHead

UNIT_HEADS = {"sentiment": 3, "intent": 6}
REVIEW_HEADS = {"overall": 4}


@dataclass(frozen=True, slots=True)
class FitOptions:
    """How to train. Rates fall linearly to 2 % of their start.

    Attributes:
        min_count: A bucket seen less often in training gets no row.
        max_rows: Rows kept at most, the most frequent buckets.
        head_weights: Head → weight of its loss; 1 if absent.
        meaning_weight: Of the squared error to the given vectors.
        balance: Exponent of the inverse class frequency in the loss; 0 is none.
        soft_share: Share (0–1) of a teacher's probabilities in a target that has a label too.
    """

    hasher: NgramHasher = field(default_factory=lambda: NgramHasher(orders=(1, 2, 3)))
    shape: Shape = field(default_factory=Shape)
    epochs: int = 2
    batch_size: int = 128
    row_rate: float = 0.04
    dense_rate: float = 2e-3
    dropout: float = 0.4
    ngram_dropout: float = 0.3
    min_count: int = 3
    max_rows: int = 120_000
    balance: float = 0.5
    soft_share: float = 0.7
    meaning_weight: float = 15.0
    head_weights: Mapping[str, float] = field(default_factory=dict)
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained encoder and its heads, not calibrated yet.

    Attributes:
        rows: Idf-weighted embedding of each kept bucket, float32 (a, d).
        buckets: The kept buckets, ascending, uint32 (a,).
        idf: Their weights, float32 (a,).
        dense: ``W1``, ``b1``, ``Wz``, ``bz``.
        heads: Head → weights.
        columns: V of the unit heads, float32 (a, k); ``None`` before they are fitted.
    """

    hasher: NgramHasher
    rows: npt.NDArray[np.float32]
    buckets: npt.NDArray[np.uint32]
    idf: npt.NDArray[np.float32]
    dense: Mapping[str, npt.NDArray[np.float32]]
    heads: Mapping[str, SoftmaxHead]
    columns: npt.NDArray[np.float32] | None = None

    def encoder(self) -> NgramEncoder:
        """Return the encoder that runs these weights."""
        return NgramEncoder(
            self.hasher, self.buckets, self.rows, self.idf, self.dense, self.columns
        )


def fit(
    examples: Sequence[Example],
    options: FitOptions,
    *,
    meaning: npt.NDArray[np.float16] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Fitted:
    """Train on all ``examples``.

    Args:
        examples: What to learn from.
        options: How.
        meaning: A vector for each unit of each example, in order, that the embedding
            should reproduce: knowledge of words that no label covers.
        progress: Called with the share done, 0–1, after each batch.
    """
    data = HashedDataset.build(examples, options.hasher, tuple(REVIEW_HEADS), tuple(UNIT_HEADS))
    kept, idf = _kept_buckets(data, options)
    data = data.restricted(kept)
    network = Network(
        idf,
        options.shape,
        UNIT_HEADS,
        REVIEW_HEADS,
        0 if meaning is None else meaning.shape[1],
        options.seed,
    )
    class_weights = {
        head: _class_weights(labels, classes, options.balance)
        for heads, known in ((REVIEW_HEADS, data.review_labels), (UNIT_HEADS, data.unit_labels))
        for head, classes in heads.items()
        for labels in (known[head],)
    }
    random = np.random.default_rng(options.seed)
    total = options.epochs * -(-len(data) // options.batch_size)
    done = 0
    for _ in range(options.epochs):
        order = random.permutation(len(data))
        for begin in range(0, len(order), options.batch_size):
            reviews = order[begin : begin + options.batch_size]
            rows = take(data, reviews)
            rate = max(1 - done / total, 0.02)
            network.step(
                rows,
                _targets(data, reviews, rows, class_weights, options),
                random,
                Pace(
                    row_rate=options.row_rate * rate,
                    dense_rate=options.dense_rate * rate,
                    dropout=options.dropout,
                    ngram_dropout=options.ngram_dropout,
                ),
                meaning=None if meaning is None else meaning[rows.units].astype(np.float32),
                meaning_weight=options.meaning_weight,
            )
            done += 1
            if progress is not None:
                progress(done / total)
    return _export(network, kept, options)


def _targets(
    data: HashedDataset,
    reviews: npt.NDArray[np.int64],
    rows: Rows,
    class_weights: Mapping[str, npt.NDArray[np.float32]],
    options: FitOptions,
) -> dict[str, Target]:
    """Return what each head should say of the rows of a batch."""
    targets = {
        head: _target(
            data.review_labels[head][reviews],
            data.weights[reviews] * options.head_weights.get(head, 1.0),
            class_weights[head],
            data.review_soft[head][reviews] if head in data.review_soft else None,
            options.soft_share,
        )
        for head in REVIEW_HEADS
    }
    owners = np.repeat(reviews, np.diff(rows.review_starts))
    for head in UNIT_HEADS:
        targets[head] = _target(
            data.unit_labels[head][rows.units],
            data.weights[owners] * options.head_weights.get(head, 1.0),
            class_weights[head],
            data.unit_soft[head][rows.units] if head in data.unit_soft else None,
            options.soft_share,
        )
    return targets


def _kept_buckets(
    data: HashedDataset, options: FitOptions
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return the buckets worth a row, ascending, and their idf."""
    frequency = data.document_frequencies()
    threshold = options.min_count
    if (frequency >= threshold).sum() > options.max_rows:
        threshold = int(np.partition(frequency, -options.max_rows)[-options.max_rows]) + 1
    kept = np.flatnonzero(frequency >= threshold)
    units = len(data.unit_starts) - 1
    idf = np.maximum(np.log(units / (1 + frequency[kept])), 0.1)
    return kept, idf.astype(np.float32)


def _class_weights(
    labels: npt.NDArray[np.int64], classes: int, balance: float
) -> npt.NDArray[np.float32]:
    counts = np.bincount(labels[labels >= 0], minlength=classes).astype(np.float64)
    if not counts.any():
        return np.ones(classes, np.float32)
    weights: npt.NDArray[np.float32] = (
        (counts.sum() / classes / np.maximum(counts, 1)) ** balance
    ).astype(np.float32)
    return weights


def _target(
    labels: npt.NDArray[np.int64],
    weights: npt.NDArray[np.float32],
    class_weights: npt.NDArray[np.float32],
    soft: npt.NDArray[np.float32] | None,
    soft_share: float,
) -> Target:
    probabilities, known = mixed_targets(labels, soft, len(class_weights), soft_share)
    return Target(
        probabilities, (known * weights * (probabilities @ class_weights)).astype(np.float32)
    )


def mixed_targets(
    labels: npt.NDArray[np.int64],
    soft: npt.NDArray[np.float32] | None,
    classes: int,
    soft_share: float,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return what a head should say of each row, from its label and from a teacher.

    Args:
        labels: Class index, below 0 where there is none, shape (n,).
        soft: A teacher's probabilities, NaN where it did not say, shape (n, classes).
        classes: Number of classes.
        soft_share: Share of the teacher where both speak.

    Returns:
        Probabilities of shape (n, classes), and whether anyone spoke, shape (n,).
    """
    known = labels >= 0
    hard = np.eye(classes, dtype=np.float32)[np.where(known, labels, 0)]
    if soft is None:
        return hard, known
    taught = ~np.isnan(soft[:, 0])
    share = np.where(taught, np.where(known, soft_share, 1.0), 0.0).astype(np.float32)[:, None]
    return hard * (1 - share) + np.nan_to_num(soft) * share, known | taught


def _export(network: Network, kept: npt.NDArray[np.int64], options: FitOptions) -> Fitted:
    heads = {
        head: SoftmaxHead(
            network.dense[f"{head}.weight"],
            network.dense[f"{head}.bias"],
            1.0,
            np.zeros(classes, np.float32),
        )
        for head, classes in {**UNIT_HEADS, **REVIEW_HEADS}.items()
    }
    return Fitted(
        options.hasher,
        network.rows * network.idf[:, None],
        kept.astype(np.uint32),
        network.idf,
        {name: network.dense[name] for name in ("W1", "b1", "Wz", "bz")},
        heads,
    )
