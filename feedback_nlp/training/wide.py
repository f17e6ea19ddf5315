"""Unit heads that weigh single n-grams besides the embedding.

For a unit with clauses c, one linear model per class over two views of it::

    logit = a·(mean u)/s · W + mean_c [Σ idf(g)·V(g) / √(Σ idf(g)² + ε)] + b

The second sum is a TF-IDF logistic regression: it knows the words that decide
(再也不用, 怎么) where the embedding blurs them with their neighbours; the embedding covers
the words that no annotated unit holds. V is small and sparse, and runs as further columns
of the encoder's table.

Source: Cheng et al. 2016, Wide & Deep Learning; docs/decisions/0004-classifier.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from feedback_nlp.features import SoftmaxHead
from feedback_nlp.features.encoder import NORM_EPSILON, WIDE_COLUMNS
from feedback_nlp.training.dataset import HashedDataset
from feedback_nlp.training.examples import Example
from feedback_nlp.training.fit import UNIT_HEADS, Fitted

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class WideOptions:
    """How a unit head is fitted.

    Attributes:
        strength: Inverse regularisation C of the logistic regressions.
        deep_scale: Size of the standardised embedding features: how freely they are used.
        wide_scale: The same of the n-grams.
        balance: Exponent of the odds against a class that its rows are lifted by; 0 is none.
        seed: Of the solver.
    """

    strength: float = 3.0
    deep_scale: float = 0.1
    wide_scale: float = 2.0
    balance: float = 1.0
    seed: int = 7


def fit_unit_head(
    fitted: Fitted, examples: Sequence[Example], head: str, options: WideOptions
) -> Fitted:
    """Return ``fitted`` with one unit head and its columns of V fitted anew.

    The temperature is 1: the embedding has seen these units, so that cross-validation
    over them would call the head surer than it is elsewhere.

    Args:
        fitted: A trained encoder; its embedding stays.
        examples: What to learn from; units without this label are left out.
        head: ``sentiment`` or ``intent``.
        options: How.
    """
    data = HashedDataset.build(examples, fitted.hasher, (), (head,))
    labels = data.unit_labels[head]
    known = np.flatnonzero(labels >= 0)
    grams = _unit_rows(data.restricted(fitted.buckets.astype(np.int64)), fitted.idf)[known]
    deep: Floats = grams @ (fitted.rows / fitted.idf[:, None])
    scale = (options.deep_scale / (deep.std(axis=0) + 1e-3)).astype(np.float32)
    features = sparse.hstack(
        [sparse.csr_array(deep * scale), grams * np.float32(options.wide_scale)], format="csr"
    )
    width, classes = deep.shape[1], UNIT_HEADS[head]
    part = WIDE_COLUMNS[head]
    columns = np.zeros((len(fitted.buckets), sum(UNIT_HEADS.values())), np.float32)
    if fitted.columns is not None:
        columns[:] = fitted.columns
    weight = np.zeros((width + columns.shape[1], classes), np.float32)
    weight[width + np.arange(part.start, part.stop), np.arange(classes)] = 1
    bias = np.full(classes, -30, np.float32)  # a class without rows never wins
    columns[:, part] = 0
    for label in np.unique(labels[known]).tolist():
        share = float((labels[known] == label).mean())
        lift = (1 - share) / share if share < 1 else 1.0
        model = LogisticRegression(
            C=options.strength,
            solver="liblinear",
            class_weight={True: lift**options.balance, False: 1.0},
            random_state=options.seed,
        ).fit(features, labels[known] == label, sample_weight=data.weights[data.unit_owners[known]])
        weight[:width, label] = model.coef_[0, :width] * scale
        columns[:, part.start + label] = model.coef_[0, width:] * options.wide_scale * fitted.idf
        bias[label] = model.intercept_[0]
    shift = np.zeros(classes, np.float32)
    heads = {**fitted.heads, head: SoftmaxHead(weight, bias, 1.0, shift)}
    return replace(fitted, columns=columns, heads=heads)


def _unit_rows(data: HashedDataset, idf: Floats) -> sparse.csr_array:
    """Return the mean of each unit's normalised clauses: sparse (units, buckets)."""
    sizes = np.diff(data.clause_starts)
    weights = idf[data.ngrams]
    owners = np.repeat(np.arange(len(sizes)), sizes)
    norm = np.sqrt(np.bincount(owners, weights**2, minlength=len(sizes)) + NORM_EPSILON)
    clauses = sparse.csr_array(
        ((weights / norm[owners]).astype(np.float32), data.ngrams, data.clause_starts),
        shape=(len(sizes), data.bucket_count),
    )
    counts = np.diff(data.unit_starts)
    share = np.repeat(1 / counts, counts).astype(np.float32)
    means = sparse.csr_array(
        (share, np.arange(len(sizes)), data.unit_starts), shape=(len(counts), len(sizes))
    )
    rows: sparse.csr_array = means @ clauses
    rows.indices, rows.indptr = rows.indices.astype(np.int32), rows.indptr.astype(np.int32)
    return rows
