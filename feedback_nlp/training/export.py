"""Writes fitted models as artefacts: encoder, sentiment, intent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from feedback_nlp.artifacts import save_artifact
from feedback_nlp.features import quantize
from feedback_nlp.training.fit import Fitted


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
    common: dict[str, Any] = {
        "figures": figures,
        "trained_on": list(trained_on),
        "command": command,
    }
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
        **common,
    )
    save_artifact(
        folder / "sentiment",
        tensors={
            **fitted.heads["sentiment"].tensors("unit"),
            **fitted.heads["overall"].tensors("review"),
            **fitted.heads["polarity"].tensors("polarity"),
        },
        config={"classes": ["neg", "neu", "pos", "mixed"]},
        **common,
    )
    save_artifact(
        folder / "intent",
        tensors=fitted.heads["intent"].tensors("unit"),
        config={"classes": ["bug", "feature", "complaint", "question", "praise", "other"]},
        **common,
    )
