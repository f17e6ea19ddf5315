"""Fits heads on a frozen encoder, and calibrates them.

The network learns its heads together with the embedding, where data sets of tens of
thousands pull at the few hundred annotated units. A multinomial logistic regression on the
finished features takes seconds, has one convex optimum, and can be repeated for a
company's own labels.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from feedback_nlp.features import Encoded, NgramEncoder, SoftmaxHead, UnitBatch, softmax
from feedback_nlp.training.examples import UNKNOWN, Example

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
_SPREAD_FLOOR = 1e-3  # a feature that never moves is not blown up


@dataclass(frozen=True, slots=True)
class HeadOptions:
    """How a head is fitted.

    Attributes:
        strength: Inverse regularisation C of the logistic regression.
        balance: Exponent of the inverse class frequency in the loss; 0 is none.
        folds: Of the cross-validation that fits the temperature.
        seed: Of the folds.
    """

    strength: float = 0.1
    balance: float = 0.5
    folds: int = 5
    seed: int = 7


@dataclass(frozen=True, slots=True)
class LabelledFeatures:
    """Rows of one head.

    Attributes:
        features: Shape (n, f).
        labels: Class index, shape (n,).
        weights: Shape (n,).
        groups: Rows of the same group never stand on both sides of a split.
        calibrates: Whether the row counts when the temperature is fitted.
    """

    features: Floats
    labels: Ints
    weights: npt.NDArray[np.float64]
    groups: Ints
    calibrates: npt.NDArray[np.bool_]


def encode(encoder: NgramEncoder, examples: Sequence[Example]) -> Encoded:
    """Encode examples as reviews of units."""
    units = [unit for example in examples for unit in example.units]
    return encoder.encode(
        UnitBatch(units, np.array([len(example.units) for example in examples], dtype=np.int64))
    )


def unit_features(
    encoder: NgramEncoder, examples: Sequence[Example], head: str, calibrate_on: Sequence[str]
) -> LabelledFeatures:
    """Return the labelled units of ``examples`` for a unit head.

    Args:
        encoder: The frozen encoder.
        examples: Any examples; units without a label are left out.
        head: Name of the unit head.
        calibrate_on: Sources whose rows fit the temperature.
    """
    encoded = encode(encoder, examples)
    labels = np.array(
        [
            label
            for example in examples
            for label in (example.unit_labels.get(head) or (UNKNOWN,) * len(example.units))
        ],
        dtype=np.int64,
    )
    known = labels >= 0
    owners = encoded.batch.owners[known]
    return LabelledFeatures(
        encoded.units[known],
        labels[known],
        np.array([example.weight for example in examples])[owners],
        owners,
        np.array([example.source in calibrate_on for example in examples])[owners],
    )


def fit_head(data: LabelledFeatures, classes: int, options: HeadOptions) -> SoftmaxHead:
    """Fit a head and its temperature.

    Args:
        data: Rows with labels.
        classes: Number of classes; one without rows gets a logit that never wins.
        options: How.
    """
    head = _regress(data, classes, options)
    random = np.random.default_rng(options.seed)
    groups = np.unique(data.groups)
    fold_of = dict(
        zip(groups.tolist(), random.permutation(len(groups)) % options.folds, strict=True)
    )
    folds = np.array([fold_of[group] for group in data.groups.tolist()])
    logits = np.zeros((len(data.labels), classes), dtype=np.float32)
    for fold in range(options.folds):
        held_out = folds == fold
        part = LabelledFeatures(
            data.features[~held_out],
            data.labels[~held_out],
            data.weights[~held_out],
            data.groups[~held_out],
            data.calibrates[~held_out],
        )
        logits[held_out] = _regress(part, classes, options).logits(data.features[held_out])
    judged = data.calibrates if data.calibrates.any() else np.ones(len(data.labels), dtype=bool)
    temperature = fit_temperature(logits[judged], data.labels[judged])
    return SoftmaxHead(head.weight, head.bias, temperature, head.shift)


def fit_temperature(logits: Floats, labels: Ints) -> float:
    """Return the temperature (0.2–10) that minimises the negative log likelihood.

    Source: Guo et al. 2017, On Calibration of Modern Neural Networks.
    """
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        scaled = softmax(logits / np.float32(np.exp(log_temperature)))
        return float(-np.log(scaled[rows, labels] + 1e-12).mean())

    found = minimize_scalar(loss, bounds=(np.log(0.2), np.log(10)), method="bounded")
    return float(np.exp(found.x))


def _regress(data: LabelledFeatures, classes: int, options: HeadOptions) -> SoftmaxHead:
    spread = data.features.std(axis=0) + np.float32(_SPREAD_FLOOR)
    counts = np.bincount(data.labels, weights=data.weights, minlength=classes)
    balance = (counts.sum() / np.maximum(counts, 1e-9)) ** options.balance
    weights = data.weights * balance[data.labels]
    model = LogisticRegression(C=options.strength, max_iter=400)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(data.features / spread, data.labels, sample_weight=weights / weights.mean())
    weight = np.zeros((data.features.shape[1], classes), dtype=np.float32)
    bias = np.full(classes, -30, dtype=np.float32)
    if len(model.classes_) == 2:  # scikit-learn stores one row for two classes
        coefficients = np.vstack([-model.coef_, model.coef_]) / 2
        intercepts = np.concatenate([-model.intercept_, model.intercept_]) / 2
    else:
        coefficients, intercepts = model.coef_, model.intercept_
    weight[:, model.classes_] = (coefficients / spread).T
    bias[model.classes_] = intercepts
    return SoftmaxHead(weight, bias, 1.0, np.zeros(classes, dtype=np.float32))
