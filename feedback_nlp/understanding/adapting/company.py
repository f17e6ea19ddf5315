"""A company's own models folder: a copy of the shipped one whose heads it has corrected."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from feedback_nlp.artifacts import Artifact, load_artifact, save_artifact
from feedback_nlp.config import load_config
from feedback_nlp.resources import model_folder, model_names
from feedback_nlp.understanding.adapting.adapt import Labelled, Verdict, adapt_head
from feedback_nlp.understanding.adapting.rows import (
    DeepFeaturizer,
    FastFeaturizer,
    Featurizer,
    review_rows,
    unit_rows,
)
from feedback_nlp.understanding.deep import deep_is_installed
from feedback_nlp.understanding.deep.encoder import DeepEncoder
from feedback_nlp.understanding.deep.reader import DeepReader, Heads
from feedback_nlp.understanding.engine import make_cutter
from feedback_nlp.understanding.features import SoftmaxHead, load_encoder

PREVIOUS = "previous"
_TASKS = ("sentiment", "intent", "deep_heads")
_FILES = ("weights.safetensors", "config.json", "manifest.json", "card.md")


@dataclass(frozen=True, slots=True)
class _Head:
    """Where a head is kept, which label it learns, and its name in a verdict."""

    tensors: str
    column: str
    verdict: str


_UNIT_SENTIMENT = _Head("unit", "sentiment", "unit_sentiment")
_REVIEW_SENTIMENT = _Head("review", "sentiment", "review_sentiment")


def adapt_folder(
    items: Sequence[Labelled], folder: Path, *, strength: float, seed: int, data_name: str
) -> list[Verdict]:
    """Correct the heads in ``folder`` where the held-out labels agree.

    Args:
        items: Corrected labels.
        folder: The company's models folder. If it does not exist or lacks a model, that
            model is copied from the models in use.
        strength: How freely labels move the weights.
        seed: Of the held-out split.
        data_name: Named in the manifest as training data.

    Returns:
        One verdict a head. A model with no accepted head is not written; the one that is
        replaced is kept in ``<task>/previous``.
    """
    _complete(folder)
    fast = FastFeaturizer(load_encoder(folder / "encoder"), make_cutter())
    plans: list[tuple[str, Featurizer, tuple[_Head, ...]]] = [
        ("sentiment", fast, (_UNIT_SENTIMENT, _REVIEW_SENTIMENT)),
        ("intent", fast, (_Head("unit", "intent", "intent"),)),
    ]
    if deep_is_installed():
        reader = DeepReader(
            load_config().segment, DeepEncoder(folder / "deep"), Heads.load(folder / "deep_heads")
        )
        heads = (_UNIT_SENTIMENT, _REVIEW_SENTIMENT, _Head("intent", "intent", "intent"))
        deep = tuple(replace(head, verdict=f"deep_{head.verdict}") for head in heads)
        plans.append(("deep_heads", DeepFeaturizer(reader), deep))
    verdicts = []
    for task, featurizer, wanted in plans:
        artifact = load_artifact(folder / task)
        tensors = dict(artifact.tensors)
        accepted = False
        for one in wanted:
            if f"{one.tensors}.weight" not in tensors:
                continue
            head = SoftmaxHead.from_tensors(tensors, one.tensors)
            features, labels = (
                review_rows(featurizer, items)
                if one.tensors == "review"
                else unit_rows(featurizer, items, head, one.column)
            )
            corrected, verdict = adapt_head(
                one.verdict, head, features, labels, strength=strength, seed=seed
            )
            verdicts.append(verdict)
            if verdict.accepted:
                accepted = True
                tensors |= corrected.tensors(one.tensors)
        if accepted:
            _replace(folder / task, artifact, tensors, verdicts, data_name)
    return verdicts


def restore_previous(folder: Path) -> list[str]:
    """Put back the models that the last adaptation replaced; return their names."""
    restored = []
    for task in _TASKS:
        kept = folder / task / PREVIOUS
        if (kept / "manifest.json").is_file():
            load_artifact(kept)  # refuses a damaged one before anything is touched
            _copy_files(kept, folder / task)
            shutil.rmtree(kept)
            restored.append(task)
    return restored


def _complete(folder: Path) -> None:
    """Copy models that ``folder`` lacks from the models in use."""
    for name in model_names():
        if not (folder / name / "manifest.json").is_file():
            shutil.copytree(
                model_folder(name),
                folder / name,
                ignore=shutil.ignore_patterns(PREVIOUS),
                dirs_exist_ok=True,
            )


def _replace(
    folder: Path,
    artifact: Artifact,
    tensors: dict[str, np.ndarray],
    verdicts: Sequence[Verdict],
    data_name: str,
) -> None:
    (folder / PREVIOUS).mkdir(exist_ok=True)
    _copy_files(folder, folder / PREVIOUS)
    save_artifact(
        folder,
        tensors=tensors,
        config=artifact.config,
        figures={**artifact.figures, "adapted": [asdict(verdict) for verdict in verdicts]},
        trained_on=[f"version {artifact.version}", data_name],
        command="feedback-nlp train classifier --labels FILE",
    )


def _copy_files(source: Path, target: Path) -> None:
    """Copy a model's files, the manifest last, so that a torn copy is refused on loading."""
    for name in _FILES:
        if name != "manifest.json" and (source / name).is_file():
            shutil.copy2(source / name, target / name)
    shutil.copy2(source / "manifest.json", target / "manifest.json")
