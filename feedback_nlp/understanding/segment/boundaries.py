"""Between which clauses does a new point begin?"""

from __future__ import annotations

from functools import cache
from typing import Protocol

import numpy as np

from feedback_nlp.artifacts import Artifact, load_artifact
from feedback_nlp.errors import ArtifactError
from feedback_nlp.resources import model_folder
from feedback_nlp.understanding.segment.clauses import ClauseTable
from feedback_nlp.understanding.segment.cues import Cues, load_cues
from feedback_nlp.understanding.segment.features import (
    HASH_BITS,
    boundary_features,
    clause_leanings,
)


class BoundaryModel(Protocol):
    """Scores the place after each clause but the last of a batch."""

    @property
    def version(self) -> str:
        """What the decisions depend on besides the clauses; another one cuts otherwise."""
        ...

    def score(self, table: ClauseTable) -> np.ndarray:
        """Return shape (c − 1,), float: above 0 a new unit begins. May be −inf, not NaN."""
        ...


class LinearBoundaries:
    """A logistic regression over what stands on both sides of a place.

    Args:
        cues: The cue lexicon it was trained with.
        leanings: Weight of each bigram bucket for each leaning, shape (2**HASH_BITS, 5).
        weights: One a feature, shape (f,).
        names: Names of the features, in order.
        bias: Added to the sum; it carries the chosen operating point.
        version: Content version of the artefact.

    Raises:
        ArtifactError: If the shapes or features are not those of this code.
    """

    def __init__(
        self,
        cues: Cues,
        leanings: np.ndarray,
        weights: np.ndarray,
        names: tuple[str, ...],
        bias: float,
        version: str = "",
    ) -> None:
        if leanings.shape[0] != 1 << HASH_BITS or weights.shape != (len(names),):
            raise ArtifactError(
                f"断句模型的形状是 {leanings.shape} 和 {weights.shape}，与代码不符",
                hint="重新安装，或重新训练",
            )
        self._cues = cues
        self._leanings = np.asfortranarray(leanings.astype(np.float64))  # read by column
        self._weights = weights.astype(np.float32)
        self._names = names
        self._version = version
        self._bias = bias

    @property
    def version(self) -> str:
        """Content version of the artefact it came from."""
        return self._version

    def score(self, table: ClauseTable) -> np.ndarray:
        """Return log odds, shifted to the operating point: shape (c − 1,), float."""
        features, names = boundary_features(
            table, self._cues, clause_leanings(table, self._leanings)
        )
        if names != self._names:
            raise ArtifactError("断句模型与词表不符", hint="重新安装，或重新训练")
        score: np.ndarray = features @ self._weights + self._bias
        return score


@cache
def load_boundaries() -> LinearBoundaries:
    """Return the shipped boundary model, from ``models/segment``.

    Raises:
        ArtifactError: If it is missing, damaged or of other code.
    """
    return boundaries_of(load_artifact(model_folder("segment")))


def boundaries_of(artifact: Artifact) -> LinearBoundaries:
    """Return the boundary model that an artefact holds."""
    return LinearBoundaries(
        load_cues(),
        artifact.tensors["leanings"],
        artifact.tensors["weights"],
        tuple(artifact.config["features"]),
        float(artifact.config["bias"]),
        artifact.version,
    )
