"""Writes fitted models as artefacts: encoder, sentiment, intent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from feedback_nlp.artifacts import load_artifact, save_artifact
from feedback_nlp.features import SoftmaxHead, quantize
from feedback_nlp.labels import Intent
from feedback_nlp.resources import models_dir
from feedback_nlp.training.fit import Fitted

_SENTIMENT_TENSORS = {"sentiment": "unit", "overall": "review", "polarity": "polarity"}


def export(
    fitted: Fitted,
    folder: Path,
    *,
    figures: Mapping[str, Any],
    trained_on: Sequence[str],
    command: str,
) -> None:
    """Write ``encoder/``, ``sentiment/`` and ``intent/`` below ``folder``.

    Args:
        fitted: Calibrated weights.
        folder: A models folder.
        figures: Measured quality.
        trained_on: Names of the data sets.
        command: The command that rebuilds them.
    """
    rows, scale = quantize(fitted.rows)
    save_artifact(
        folder / "encoder",
        tensors={
            "buckets": fitted.buckets,
            "rows": rows,
            "scale": scale,
            "idf": fitted.idf.astype(np.float16),
            **fitted.dense,
        },
        config={
            "bits": fitted.hasher.bits,
            "orders": list(fitted.hasher.orders),
            "skip": fitted.hasher.skip,
        },
        figures=figures,
        trained_on=list(trained_on),
        command=command,
    )
    export_sentiment(fitted.heads, folder, figures=figures, trained_on=trained_on, command=command)
    export_intent(fitted.heads, folder, figures=figures, trained_on=trained_on, command=command)


def export_sentiment(
    heads: Mapping[str, SoftmaxHead],
    folder: Path,
    *,
    figures: Mapping[str, Any],
    trained_on: Sequence[str],
    command: str,
) -> None:
    """Write ``sentiment/`` below ``folder``: the heads that are there, of three."""
    tensors: dict[str, np.ndarray] = {}
    for head, name in _SENTIMENT_TENSORS.items():
        if head in heads:
            tensors |= heads[head].tensors(name)
    save_artifact(
        folder / "sentiment",
        tensors=tensors,
        config={"classes": ["neg", "neu", "pos", "mixed"]},
        figures=figures,
        trained_on=list(trained_on),
        command=command,
    )


def export_intent(
    heads: Mapping[str, SoftmaxHead],
    folder: Path,
    *,
    figures: Mapping[str, Any],
    trained_on: Sequence[str],
    command: str,
) -> None:
    """Write ``intent/`` below ``folder``."""
    save_artifact(
        folder / "intent",
        tensors=heads["intent"].tensors("unit"),
        config={"classes": [intent.value for intent in Intent]},
        figures=figures,
        trained_on=list(trained_on),
        command=command,
    )


def heads_in_use() -> dict[str, SoftmaxHead]:
    """Return the sentiment heads of the models in use; they belong to the encoder in use."""
    tensors = load_artifact(models_dir() / "sentiment").tensors
    return {
        head: SoftmaxHead.from_tensors(tensors, name)
        for head, name in _SENTIMENT_TENSORS.items()
        if f"{name}.weight" in tensors
    }
