"""The intent port, and the classifier that ships."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from feedback_nlp.artifacts import load_artifact
from feedback_nlp.errors import ArtifactError
from feedback_nlp.labels import Intent
from feedback_nlp.resources import model_folder
from feedback_nlp.understanding.features import Encoded, SoftmaxHead

INTENTS = tuple(Intent)

Floats = npt.NDArray[np.float32]


class IntentClassifier(Protocol):
    """Anything that tells what units are for."""

    @property
    def version(self) -> str:
        """What was used, for the record of a run."""
        ...

    def score(self, encoded: Encoded) -> Floats:
        """Return probabilities in the order of ``Intent`` for each unit: shape (n, 6)."""
        ...


class LinearIntent:
    """A calibrated linear head on the shared encoder.

    Args:
        unit: Head of 6 classes on unit features.
        version: Content version of the artefact.
    """

    def __init__(self, unit: SoftmaxHead, version: str = "") -> None:
        self.unit = unit
        self.version = version

    def score(self, encoded: Encoded) -> Floats:
        """Return probabilities in the order of ``Intent`` for each unit: shape (n, 6)."""
        return self.unit.probabilities(encoded.units)


def load_intent(folder: Path | None = None) -> LinearIntent:
    """Load the shipped classifier.

    Args:
        folder: Artefact folder; ``models/intent`` by default.

    Raises:
        ArtifactError: If the folder is missing, damaged or not ours.
    """
    artifact = load_artifact(folder if folder is not None else model_folder("intent"))
    try:
        return LinearIntent(SoftmaxHead.from_tensors(artifact.tensors, "unit"), artifact.version)
    except KeyError as error:
        raise ArtifactError(
            f"意图模型缺少 {error}", reason="model-unusable", model="intent"
        ) from error
