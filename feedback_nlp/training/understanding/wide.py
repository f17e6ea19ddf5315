"""Heads that weigh single n-grams besides the embedding.

A unit head is one linear model per class over two views of a unit with clauses c::

    logit = a·(mean u)/s · W + mean_c [Σ idf(g)·V(g) / √(Σ idf(g)² + ε)] + b

The second sum is a TF-IDF logistic regression: it knows the words that decide
(再也不用, 怎么) where the embedding blurs them with their neighbours; the embedding covers
the words that no annotated unit holds. A review head is the mean of the logits of the
network's head and of such a regression over the review's clauses: with a hundred thousand
labelled reviews each is good alone, they err differently, and fitted jointly the n-grams
would explain everything first. V is small and sparse, and runs as further columns of the
encoder's table.

Source: Cheng et al. 2016, Wide & Deep Learning; docs/decisions/0004-classifier.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from feedback_nlp.training.understanding.dataset import HashedDataset
from feedback_nlp.training.understanding.examples import Example
from feedback_nlp.training.understanding.fit import REVIEW_HEADS, UNIT_HEADS, Fitted, mixed_targets
from feedback_nlp.understanding.features import SoftmaxHead, softmax
from feedback_nlp.understanding.features.encoder import NORM_EPSILON, UNIT_COLUMNS, WIDE_COLUMNS

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
_COLUMNS = max(part.stop for part in WIDE_COLUMNS.values())
_NEVER = -30.0  # logit of a class without rows


@dataclass(frozen=True, slots=True)
class WideOptions:
    """How heads are fitted.

    Attributes:
        strength: Inverse regularisation C of the logistic regressions of unit heads.
        deep_scale: Size of the standardised embedding features: how freely they are used.
        wide_scale: The same of the n-grams.
        balance: Exponent of the odds against a class that its rows are lifted by; 0 is none.
        soft_share: Share (0–1) of a teacher where a row has a label too.
        review_strength: Inverse regularisation of the n-grams of review heads.
        review_balance: Exponent of the inverse class frequency in the loss of review heads.
        review_share: Share (0–1) of the n-grams in the logits of review heads.
        temperatures: Unit head → what divides its logits. By log loss over the annotated
            train reviews cut by the segmenter, head and network fitted without the review
            in question (five folds): a unit found may hold more than one point, so heads
            fitted on single points are too sure of it.
        seed: Of the solver.
    """

    strength: float = 3.0
    deep_scale: float = 0.1
    wide_scale: float = 2.0
    balance: float = 1.0
    soft_share: float = 0.3
    review_strength: float = 8.0
    review_balance: float = 0.5
    review_share: float = 0.3
    temperatures: Mapping[str, float] = field(
        default_factory=lambda: {"sentiment": 1.55, "intent": 1.8}
    )
    seed: int = 7


def fit_unit_head(
    fitted: Fitted, examples: Sequence[Example], head: str, options: WideOptions
) -> Fitted:
    """Return ``fitted`` with one unit head and its columns of V fitted anew.

    The temperature is given: the embedding has seen these units, so that cross-validation
    over them alone would call the head surer than it is elsewhere.

    Args:
        fitted: A trained encoder; its embedding stays.
        examples: What to learn from; units of which neither label nor teacher tells
            anything are left out.
        head: ``sentiment`` or ``intent``.
        options: How.
    """
    classes = UNIT_HEADS[head]
    data = HashedDataset.build(examples, fitted.hasher, (), (head,))
    targets, known = mixed_targets(
        data.unit_labels[head], data.unit_soft.get(head), classes, options.soft_share
    )
    targets, weights = targets[known], data.weights[data.unit_owners][known]
    data = data.restricted(fitted.buckets.astype(np.int64))
    grams = _bags(data, fitted.idf, data.unit_starts)[np.flatnonzero(known)]
    deep: Floats = grams @ (fitted.rows / fitted.idf[:, None])
    scale = (options.deep_scale / (deep.std(axis=0) + 1e-3)).astype(np.float32)
    features = sparse.hstack(
        [sparse.csr_array(deep * scale), grams * np.float32(options.wide_scale)], format="csr"
    )
    width = deep.shape[1]
    part = WIDE_COLUMNS[head]
    columns = _columns_of(fitted)
    weight = np.zeros((width + UNIT_COLUMNS, classes), np.float32)
    weight[width + np.arange(part.start, part.stop), np.arange(classes)] = 1
    bias = np.full(classes, _NEVER, np.float32)
    columns[:, part] = 0
    for label in np.flatnonzero(targets.any(axis=0)).tolist():
        model = _one_against_rest(features, targets[:, label], weights, options)
        weight[:width, label] = model.coef_[0, :width] * scale
        columns[:, part.start + label] = model.coef_[0, width:] * options.wide_scale * fitted.idf
        bias[label] = model.intercept_[0]
    shift = np.zeros(classes, np.float32)
    heads = {**fitted.heads, head: SoftmaxHead(weight, bias, options.temperatures[head], shift)}
    return replace(fitted, columns=columns, heads=heads)


def _one_against_rest(
    features: sparse.csr_array, share: Floats, weights: Floats, options: WideOptions
) -> LogisticRegression:
    """Fit one class; a row that a teacher is unsure of counts on both sides, by share."""
    odds = (weights @ (1 - share)) / max(float(weights @ share), 1e-9)
    inside, outside = np.flatnonzero(share > 0), np.flatnonzero(share < 1)
    return LogisticRegression(
        C=options.strength, solver="liblinear", random_state=options.seed
    ).fit(
        sparse.vstack([features[inside], features[outside]], format="csr"),
        np.repeat([True, False], [len(inside), len(outside)]),
        sample_weight=np.concatenate(
            [
                (weights * share)[inside] * odds**options.balance,
                (weights * (1 - share))[outside],
            ]
        ),
    )


def fit_review_head(
    fitted: Fitted, examples: Sequence[Example], head: str, options: WideOptions
) -> Fitted:
    """Return ``fitted`` with the network's review head joined by what n-grams say alone.

    Args:
        fitted: A trained encoder with the network's own ``head``.
        examples: What to learn from; reviews of which neither label nor teacher tells
            anything are left out.
        head: ``overall``.
        options: How.
    """
    classes = REVIEW_HEADS[head]
    data = HashedDataset.build(examples, fitted.hasher, (head,), ())
    targets, known = mixed_targets(
        data.review_labels[head], data.review_soft.get(head), classes, options.soft_share
    )
    targets = targets[known]
    weights = data.weights[known] * (targets @ _rarity(targets, options.review_balance))
    data = data.restricted(fitted.buckets.astype(np.int64))
    bags = _bags(data, fitted.idf, data.unit_starts[data.review_starts])
    found, bias = soft_regression(
        bags[np.flatnonzero(known)], targets, weights, options.review_strength
    )
    part = WIDE_COLUMNS[head]
    columns = _columns_of(fitted)
    columns[:, part] = found * fitted.idf[:, None]
    deep = fitted.heads[head]
    width = len(fitted.dense["bz"]) + fitted.rows.shape[1]
    weight = np.zeros((width + _COLUMNS - UNIT_COLUMNS, classes), np.float32)
    weight[:width] = deep.weight[:width] * (1 - options.review_share)
    places = width + np.arange(part.start, part.stop) - UNIT_COLUMNS
    weight[places, np.arange(classes)] = options.review_share
    bias = bias * options.review_share + deep.bias * (1 - options.review_share)
    joined = SoftmaxHead(weight, bias.astype(np.float32), deep.temperature, deep.shift)
    return replace(fitted, columns=columns, heads={**fitted.heads, head: joined})


def soft_regression(
    features: sparse.csr_array, targets: Floats, weights: Floats, strength: float
) -> tuple[Floats, Floats]:
    """Fit a softmax regression to probabilities.

    Args:
        features: Shape (n, f).
        targets: Rows of probabilities, shape (n, classes).
        weights: Weight of each row, shape (n,).
        strength: Inverse of the squared penalty on the weights.

    Returns:
        Weights of shape (f, classes) and biases of shape (classes,).
    """
    size, classes = features.shape[1], targets.shape[1]
    transposed = features.T.tocsr()

    def objective(flat: Doubles) -> tuple[float, Doubles]:
        weight = flat[: size * classes].reshape(size, classes).astype(np.float32)
        guess = softmax(features @ weight + flat[size * classes :].astype(np.float32))
        loss = -float((weights[:, None] * targets * np.log(guess + 1e-9)).sum(dtype=np.float64))
        error = (guess - targets) * weights[:, None]
        penalty = flat[: size * classes]
        gradient = np.concatenate(
            [(transposed @ error).ravel() + penalty / strength, error.sum(axis=0)]
        )
        return loss + float(penalty @ penalty) / (2 * strength), gradient.astype(np.float64)

    flat = minimize(
        objective,
        np.zeros(size * classes + classes),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 100, "maxcor": 6},
    ).x
    return (
        flat[: size * classes].reshape(size, classes).astype(np.float32),
        flat[size * classes :].astype(np.float32),
    )


def _rarity(targets: Floats, balance: float) -> Floats:
    """Return a weight for each class: 1 for one of average frequency."""
    shares = targets.mean(axis=0) * targets.shape[1]
    weights: Floats = np.where(shares > 0, np.maximum(shares, 1e-9) ** -balance, 1).astype(
        np.float32
    )
    return weights


def _columns_of(fitted: Fitted) -> Floats:
    """Return a copy of V with room for every head."""
    columns = np.zeros((len(fitted.buckets), _COLUMNS), np.float32)
    if fitted.columns is not None:
        columns[:, : fitted.columns.shape[1]] = fitted.columns
    return columns


def _bags(
    data: HashedDataset, idf: Floats, clause_ranges: npt.NDArray[np.int64]
) -> sparse.csr_array:
    """Return the mean of the normalised clauses in each range: sparse (ranges, buckets)."""
    sizes = np.diff(data.clause_starts)
    weights = idf[data.ngrams]
    owners = np.repeat(np.arange(len(sizes)), sizes)
    norm = np.sqrt(np.bincount(owners, weights**2, minlength=len(sizes)) + NORM_EPSILON)
    clauses = sparse.csr_array(
        ((weights / norm[owners]).astype(np.float32), data.ngrams, data.clause_starts),
        shape=(len(sizes), data.bucket_count),
    )
    counts = np.diff(clause_ranges)
    share = np.repeat(1 / counts, counts).astype(np.float32)
    means = sparse.csr_array(
        (share, np.arange(len(sizes)), clause_ranges), shape=(len(counts), len(sizes))
    )
    rows: sparse.csr_array = means @ clauses
    rows.indices, rows.indptr = rows.indices.astype(np.int32), rows.indptr.astype(np.int32)
    return rows
