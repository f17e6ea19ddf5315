"""Precision, recall and F1 a class, with intervals, and the confusion between classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Figures of one class. Shares are 0–1; intervals are 95 % unless asked otherwise.

    Attributes:
        name: The class.
        precision, recall, f1: 0 where undefined (nothing predicted, nothing there).
        precision_interval, recall_interval: Wilson score intervals.
        f1_interval: Bootstrap percentile interval.
        support: Rows that truly are of this class.
        predicted: Rows called this class.
    """

    name: str
    precision: float
    recall: float
    f1: float
    precision_interval: tuple[float, float]
    recall_interval: tuple[float, float]
    f1_interval: tuple[float, float]
    support: int
    predicted: int


@dataclass(frozen=True, slots=True)
class ClassificationReport:
    """How predicted labels compare with the true ones.

    Attributes:
        labels: The classes, in the order of ``classes`` and of both confusion axes.
        classes: Figures a class.
        accuracy: Share of equal labels.
        accuracy_interval: Wilson score interval.
        macro_f1: Mean F1 over the classes that occur as truth or prediction.
        macro_f1_interval: Bootstrap percentile interval.
        confusion: Counts, shape (labels, labels): row true, column predicted.
        count: Rows compared.
    """

    labels: tuple[str, ...]
    classes: tuple[ClassFigures, ...]
    accuracy: float
    accuracy_interval: tuple[float, float]
    macro_f1: float
    macro_f1_interval: tuple[float, float]
    confusion: tuple[tuple[int, ...], ...]
    count: int


def classification_report(
    true: Sequence[str],
    predicted: Sequence[str],
    *,
    labels: Sequence[str] | None = None,
    bootstrap_samples: int = 500,
    seed: int = 7,
    level: float = 0.95,
) -> ClassificationReport:
    """Compare labels row by row.

    Args:
        true: True labels.
        predicted: Predicted labels, as many.
        labels: Classes to report and their order; all that occur, sorted, by default.
        bootstrap_samples: Resamples of the rows behind the F1 intervals.
        seed: Seed of the resampling.
        level: Confidence level of all intervals, in (0, 1).

    Raises:
        ValueError: If the lengths differ, there are no rows, or a label is not in ``labels``.
    """
    if len(true) != len(predicted):
        raise ValueError(f"got {len(true)} true and {len(predicted)} predicted labels")
    if not true:
        raise ValueError("got no rows, expected at least one")
    names = tuple(sorted({*true, *predicted})) if labels is None else tuple(labels)
    index = {name: position for position, name in enumerate(names)}
    unknown = {*true, *predicted} - index.keys()
    if unknown:
        raise ValueError(f"got labels {sorted(unknown)}, expected some of {list(names)}")
    size = len(names)
    cells = np.array([index[a] * size + index[b] for a, b in zip(true, predicted, strict=True)])
    flat = np.bincount(cells, minlength=size * size)
    # Resampling rows with replacement = multinomial counts over the confusion cells.
    resampled = np.random.default_rng(seed).multinomial(
        len(true), flat / len(true), size=max(1, bootstrap_samples)
    )
    sampled_f1, sampled_macro = _f1_of(resampled.reshape(-1, size, size))
    (f1,), (macro,) = _f1_of(flat.reshape(1, size, size))
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile(sampled_f1, tails, axis=0)
    macro_low, macro_high = np.quantile(sampled_macro, tails)
    matrix = flat.reshape(size, size)
    hits = np.diag(matrix)
    support, called = matrix.sum(axis=1), matrix.sum(axis=0)
    classes = tuple(
        ClassFigures(
            name=name,
            precision=_share(int(hits[i]), int(called[i])),
            recall=_share(int(hits[i]), int(support[i])),
            f1=float(f1[i]),
            precision_interval=wilson_interval(int(hits[i]), int(called[i]), level=level),
            recall_interval=wilson_interval(int(hits[i]), int(support[i]), level=level),
            f1_interval=(float(low[i]), float(high[i])),
            support=int(support[i]),
            predicted=int(called[i]),
        )
        for i, name in enumerate(names)
    )
    correct = int(hits.sum())
    return ClassificationReport(
        labels=names,
        classes=classes,
        accuracy=correct / len(true),
        accuracy_interval=wilson_interval(correct, len(true), level=level),
        macro_f1=float(macro),
        macro_f1_interval=(float(macro_low), float(macro_high)),
        confusion=tuple(tuple(int(cell) for cell in row) for row in matrix),
        count=len(true),
    )


def macro_f1(
    true: Sequence[str], predicted: Sequence[str], labels: Sequence[str] | None = None
) -> float:
    """Return the mean F1 over ``labels``, or over all classes that occur.

    Rows whose true label is not among ``labels`` still count as false alarms of the
    class they were given; this is scikit-learn's ``f1_score(labels=…, average="macro")``.
    """
    from sklearn.metrics import f1_score  # noqa: PLC0415 - slow to load

    if not true:
        return 0.0
    return float(f1_score(true, predicted, labels=labels, average="macro", zero_division=0.0))


def wilson_interval(hits: int, count: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the Wilson score interval of a share; (0, 1) when there is nothing to count.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", JASA 22 (1927).
    """
    if not count:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = hits / count
    centre = share + z * z / (2 * count)
    margin = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return max(0.0, (centre - margin) / scale), min(1.0, (centre + margin) / scale)


def _share(hits: int, count: int) -> float:
    return hits / count if count else 0.0


def _f1_of(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return F1 a class, shape (n, c), and macro F1, shape (n,), of confusions (n, c, c)."""
    hits = np.diagonal(matrices, axis1=1, axis2=2)
    total = matrices.sum(axis=2) + matrices.sum(axis=1)
    f1 = np.divide(2.0 * hits, total, out=np.zeros(hits.shape), where=total > 0)
    occurs = (total > 0).sum(axis=1)
    return f1, f1.sum(axis=1) / np.maximum(occurs, 1)
