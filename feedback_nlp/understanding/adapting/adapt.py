"""Adapts the heads to a company's corrected labels, and refuses to make them worse.

The encoder stays. A head learns a correction on top of its present weights::

    min Σ w·CE(softmax((x·(W + Δ) + b + δ)/T), y) + λ(‖Δ·s‖² + ‖δ‖²)

with s the spread of each feature, so that a handful of labels moves little and a few
thousand move much. A fifth of the labels is held out; a head is replaced only if neither
its accuracy nor its macro-F1 on them falls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from feedback_nlp.evaluation import macro_f1
from feedback_nlp.understanding.features import SoftmaxHead, softmax

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

MIN_LABELS = 20
HELD_OUT_SHARE = 0.2
_SPREAD_FLOOR = 1e-3

UNKNOWN = -1
"""Class index of a label nobody gave."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text with the labels that a person corrected; indices, ``UNKNOWN`` if not given.

    Attributes:
        text: What was said, as one unit or as a whole feedback.
        sentiment: Index into neg, neu, pos, mixed.
        intent: Index into ``Intent``.
        is_unit: Whether the labels are about one unit rather than a whole feedback.
    """

    text: str
    sentiment: int = UNKNOWN
    intent: int = UNKNOWN
    is_unit: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happened to one head.

    Attributes:
        head: ``unit_sentiment``, ``review_sentiment`` or ``intent``.
        label_count: Labels used.
        held_out_count: Labels held out to decide.
        before, after: (accuracy, macro-F1) on the held-out labels.
        accepted: Whether the new head is at least as good.
        reason: Stable English code: ``better``, ``worse``, ``too-few`` or ``one-class``.
    """

    head: str
    label_count: int
    held_out_count: int
    before: tuple[float, float]
    after: tuple[float, float]
    accepted: bool
    reason: str


def adapt_head(
    name: str,
    head: SoftmaxHead,
    features: Floats,
    labels: Ints,
    *,
    strength: float = 1.0,
    seed: int = 7,
) -> tuple[SoftmaxHead, Verdict]:
    """Correct one head, if the held-out share agrees.

    Args:
        name: For the verdict.
        head: Present weights.
        features: Shape (n, f).
        labels: Class index, shape (n,).
        strength: How freely labels move the weights; the inverse of λ, per label.
        seed: Of the split.

    Returns:
        The corrected head, fitted on all labels, or the present one; and why.
    """
    count = len(labels)
    nothing = (0.0, 0.0)
    if count < MIN_LABELS:
        return head, Verdict(name, count, 0, nothing, nothing, False, "too-few")
    if len(np.unique(labels)) < 2:
        return head, Verdict(name, count, 0, nothing, nothing, False, "one-class")
    order = np.random.default_rng(seed).permutation(count)
    held_out_count = max(1, round(count * HELD_OUT_SHARE))
    held_out, rest = order[:held_out_count], order[held_out_count:]
    candidate = _correct(head, features[rest], labels[rest], strength)
    before = _quality(head, features[held_out], labels[held_out])
    after = _quality(candidate, features[held_out], labels[held_out])
    accepted = after[0] >= before[0] and after[1] >= before[1]
    verdict = Verdict(
        name, count, held_out_count, before, after, accepted, "better" if accepted else "worse"
    )
    return (_correct(head, features, labels, strength) if accepted else head), verdict


def _quality(head: SoftmaxHead, features: Floats, labels: Ints) -> tuple[float, float]:
    guess = head.logits(features).argmax(axis=1)
    return float((guess == labels).mean()), float(macro_f1(labels.tolist(), guess.tolist()))


def _correct(head: SoftmaxHead, features: Floats, labels: Ints, strength: float) -> SoftmaxHead:
    spread = (features.std(axis=0) + _SPREAD_FLOOR).astype(np.float64)
    scaled = features / spread
    base = head.logits(features) / head.temperature + head.shift
    classes = base.shape[1]
    truth = np.eye(classes)[labels]
    penalty = 1.0 / (2 * strength)
    size = scaled.shape[1] * classes

    def objective(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        delta, offset = flat[:size].reshape(-1, classes), flat[size:]
        guess = softmax((base + scaled @ delta + offset).astype(np.float64))
        error = guess - truth
        loss = -np.log((guess * truth).sum(axis=1) + 1e-12).sum() + penalty * (flat @ flat)
        gradient = np.concatenate([(scaled.T @ error).ravel(), error.sum(axis=0)])
        return float(loss), gradient + 2 * penalty * flat

    found = minimize(
        objective, np.zeros(size + classes), jac=True, method="L-BFGS-B", options={"maxiter": 200}
    ).x
    delta, offset = found[:size].reshape(-1, classes) / spread[:, None], found[size:]
    return SoftmaxHead(
        (head.weight + delta * head.temperature).astype(np.float32),
        (head.bias + offset * head.temperature).astype(np.float32),
        head.temperature,
        head.shift,
    )
