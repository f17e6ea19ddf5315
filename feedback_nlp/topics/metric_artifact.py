"""The shipped metric: read it, write it, or learn one from the seeds for another embedder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from feedback_nlp.artifacts import load_artifact, save_artifact
from feedback_nlp.resources import model_folder
from feedback_nlp.topics.metric import TopicMetric, metric_from_seeds
from feedback_nlp.topics.seeds import read_seed_issues

FOLDER = "topic_metric"
_STEPS = 31.0  # on either side of zero; finer ones change figures by a thousandth and do not pack
_LEAST = 2  # weights of a single step change no figure and are half of what is packed


def save_metric(
    metric: TopicMetric,
    folder: Path,
    *,
    figures: Mapping[str, Any],
    trained_on: list[str],
    command: str,
) -> None:
    """Write a metric: weights of n-grams in six bits, only of those that have any; else in halves."""
    active = np.flatnonzero(np.abs(metric.lexical_weights).max(axis=1) > 0)
    lexical = metric.lexical_weights[active]
    scale = np.abs(lexical).max(axis=1) / _STEPS
    steps = np.rint(lexical / scale[:, None]).astype(np.int8)
    steps[np.abs(steps) < _LEAST] = 0
    save_artifact(
        folder,
        tensors={
            "mean": metric.mean.astype(np.float16),
            "idf": metric.idf.astype(np.float16),
            "dense_weights": metric.dense_weights.astype(np.float16),
            "lexical_rows": active.astype(np.int32),
            "lexical_scale": scale.astype(np.float32),
            "lexical_weights": steps,
        },
        config={"embedder": metric.embedder, "codes": list(metric.codes)},
        figures=figures,
        trained_on=trained_on,
        command=command,
    )


def read_metric(folder: Path) -> TopicMetric:
    """Read a metric that :func:`save_metric` wrote.

    Raises:
        ArtifactError: If the folder is missing or damaged.
    """
    artifact = load_artifact(folder)
    tensors = artifact.tensors
    idf = tensors["idf"].astype(np.float32)
    codes = tuple(artifact.config["codes"])
    lexical = np.zeros((len(idf), len(codes)), np.float32)
    lexical[tensors["lexical_rows"]] = tensors["lexical_weights"].astype(np.float32)
    lexical[tensors["lexical_rows"]] *= tensors["lexical_scale"][:, None]
    return TopicMetric(
        embedder=str(artifact.config["embedder"]),
        codes=codes,
        mean=tensors["mean"].astype(np.float32),
        idf=idf,
        dense_weights=tensors["dense_weights"].astype(np.float32),
        lexical_weights=lexical,
        version=artifact.version,
    )


def load_metric(
    embedder: str, embed: Callable[[Sequence[str]], np.ndarray], folder: Path | None = None
) -> TopicMetric:
    """Return the metric for an embedder: the shipped one if it was made for it.

    For any other embedder a metric is learned from the seed issues on the spot, which
    takes well under a second with a static embedder.

    Args:
        embedder: Name of the embedder in use.
        embed: Embeds texts: n texts to (n, d) float32.
        folder: Where the shipped metric lies; ``models/topic_metric`` by default.

    Raises:
        ArtifactError: If the shipped metric is damaged.
    """
    folder = folder or model_folder(FOLDER)
    shipped = read_metric(folder) if (folder / "manifest.json").is_file() else None
    if shipped is not None and shipped.embedder == embedder:
        return shipped
    idf = shipped.idf if shipped is not None else None
    return metric_from_seeds(read_seed_issues(), embed, embedder=embedder, idf=idf)
