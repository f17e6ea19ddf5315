"""A calibrated linear head on the encoder's features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class SoftmaxHead:
    """``softmax((x·weight + bias) / temperature + shift)``.

    Attributes:
        weight: float32 of shape (features, classes).
        bias: float32 of shape (classes,).
        temperature: Above 1 softens; fitted on held-out data (Guo et al. 2017).
        shift: float32 of shape (classes,): prior correction, fitted with the temperature.
    """

    weight: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    temperature: float
    shift: npt.NDArray[np.float32]

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray], name: str) -> SoftmaxHead:
        """Read the head ``name`` of an artefact."""
        return cls(
            tensors[f"{name}.weight"].astype(np.float32),
            tensors[f"{name}.bias"].astype(np.float32),
            float(tensors[f"{name}.temperature"][0]),
            tensors[f"{name}.shift"].astype(np.float32),
        )

    def tensors(self, name: str) -> dict[str, np.ndarray]:
        """Return what :meth:`from_tensors` reads."""
        return {
            f"{name}.weight": self.weight,
            f"{name}.bias": self.bias,
            f"{name}.temperature": np.array([self.temperature], dtype=np.float32),
            f"{name}.shift": self.shift,
        }

    def logits(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return uncalibrated scores: (n, features) → (n, classes)."""
        return product(features, self.weight) + self.bias

    def probabilities(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return calibrated probabilities: (n, features) → (n, classes), rows sum to 1."""
        return softmax(self.logits(features) / np.float32(self.temperature) + self.shift)


def product(
    left: npt.NDArray[np.float32], right: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Return ``left @ right``, (n, k) by (k, m), whose rows do not depend on n.

    BLAS sums in another order for few rows than for many, and in float32 that shows in the
    fourth decimal of one score in some ten thousand: a text would read otherwise alone than in
    a crowd. Summed in float64 and rounded once, it does not show.
    """
    summed: npt.NDArray[np.float64] = left.astype(np.float64) @ right.astype(np.float64)
    return summed.astype(np.float32)


def softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return row-wise softmax of (n, k) scores."""
    if not logits.size:
        return logits
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: npt.NDArray[np.float32] = shifted / shifted.sum(axis=1, keepdims=True)
    return probabilities
