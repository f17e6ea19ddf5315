"""Writes fitted models as artefacts: encoder, sentiment, intent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from feedback_nlp.artifacts import load_artifact, save_artifact
from feedback_nlp.labels import Intent
from feedback_nlp.resources import model_folder
from feedback_nlp.training.understanding.fit import Fitted
from feedback_nlp.understanding.features import NgramHasher, SoftmaxHead, quantize
from feedback_nlp.understanding.features.encoder import pack_columns, unpack_columns

_SENTIMENT_TENSORS = {"sentiment": "unit", "overall": "review"}


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
            **({} if fitted.columns is None else pack_columns(fitted.columns)),
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
    export_sentiment(fitted, folder, figures=figures, trained_on=trained_on, command=command)
    export_intent(fitted.heads, folder, figures=figures, trained_on=trained_on, command=command)


def export_sentiment(
    fitted: Fitted,
    folder: Path,
    *,
    figures: Mapping[str, Any],
    trained_on: Sequence[str],
    command: str,
) -> None:
    """Write ``sentiment/`` below ``folder``: the heads that are there, of three."""
    tensors: dict[str, np.ndarray] = {}
    for head, name in _SENTIMENT_TENSORS.items():
        if head in fitted.heads:
            tensors |= fitted.heads[head].tensors(name)
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


def models_in_use() -> Fitted:
    """Return the models in use as the trainer takes them, to fit their heads again."""
    encoder = load_artifact(model_folder("encoder"))
    tensors, config = encoder.tensors, encoder.config
    sentiment = load_artifact(model_folder("sentiment")).tensors
    heads = {
        head: SoftmaxHead.from_tensors(sentiment, name)
        for head, name in _SENTIMENT_TENSORS.items()
        if f"{name}.weight" in sentiment
    }
    intent = load_artifact(model_folder("intent")).tensors
    heads["intent"] = SoftmaxHead.from_tensors(intent, "unit")
    scale = tensors["scale"].astype(np.float32)[:, None]
    return Fitted(
        NgramHasher(config["bits"], tuple(config["orders"]), config["skip"]),
        tensors["rows"].astype(np.float32) * scale,
        tensors["buckets"],
        tensors["idf"].astype(np.float32),
        {name: tensors[name].astype(np.float32) for name in ("W1", "b1", "Wz", "bz")},
        heads,
        unpack_columns(tensors, len(scale)),
    )
