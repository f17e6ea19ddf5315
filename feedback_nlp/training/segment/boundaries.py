"""Trains the boundary model: where a person would say that a new point begins.

Two steps. First bigram weights that tell what a clause leans to: its feeling (from
texts with a binary label) and which point it makes (from annotated units). Then a
logistic regression over the places between clauses, from the annotated units and from
the seed sentences of ``corpora/units``. The leanings that the second step sees of a
text were learnt without that text. A teacher's soft labels may join both steps: what
points it finds in units, and where it would cut texts that nobody annotated.

Command: ``python -m feedback_nlp.training.segment.boundaries --help``.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, vstack
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from feedback_nlp.artifacts import save_artifact
from feedback_nlp.chinese.fold import folded_code_points
from feedback_nlp.labels import Intent
from feedback_nlp.training.segment.boundary_data import (
    _SEEDS,
    AnnotatedText,
    Taught,
    read_annotated,
    read_domains,
    read_feeling,
    read_seed_reviews,
    read_seeds,
    read_taught,
    text_key,
)
from feedback_nlp.training.understanding.base import SEED_REVIEWS
from feedback_nlp.understanding.intent import INTENTS
from feedback_nlp.understanding.segment.characters import kinds_of
from feedback_nlp.understanding.segment.clauses import ClauseTable, find_clauses
from feedback_nlp.understanding.segment.cues import load_cues
from feedback_nlp.understanding.segment.features import (
    HASH_BITS,
    LEANINGS,
    bigram_buckets,
    bigram_mask,
    boundary_features,
    clause_leanings,
)

_FOLDS = 10
_END_TOLERANCE = 2
_TAUGHT_UNIT_WEIGHT = 0.1
_TAUGHT_PLACE_WEIGHT = 0.1


@dataclass(frozen=True, slots=True)
class TrainedBoundaries:
    """What training gives: the tensors and settings of ``models/segment``, and figures."""

    tensors: Mapping[str, np.ndarray]
    features: tuple[str, ...]
    bias: float
    figures: Mapping[str, float]


def feeling_weights(
    texts: Sequence[str], positive: Sequence[bool], *, regularization: float = 0.3
) -> np.ndarray:
    """Learn the feeling of bigrams from whole texts: shape (2**HASH_BITS,)."""
    return _fit_weights(_bigrams(texts), np.asarray(positive), regularization, balanced=False)


def point_weights(
    annotated: Sequence[AnnotatedText], taught: Taught, *, regularization: float = 1.0
) -> np.ndarray:
    """Learn which point bigrams make from units: shape (2**HASH_BITS, 4)."""
    pairs = [
        (item.text[unit.start : unit.end], intent)
        for item in annotated
        for unit, intent in zip(item.units, item.intents, strict=False)
    ]
    matrix = _bigrams([text for text, _ in (*pairs, *taught.units)])
    intents = np.array([intent for _, intent in pairs])
    said = np.array([shares for _, shares in taught.units]).reshape(-1, len(INTENTS))
    sure = np.concatenate([np.ones(len(pairs)), np.full(len(said), _TAUGHT_UNIT_WEIGHT)])

    def share_of(point: str) -> np.ndarray:
        return np.concatenate([intents == point, said[:, INTENTS.index(Intent(point))]])

    return np.column_stack(
        [
            _fit_weights(matrix, share_of(point), regularization, balanced=True, weights=sure)
            for point in LEANINGS[1:]
        ]
    )


def train_boundaries(
    annotated: Sequence[AnnotatedText],
    seeds: Sequence[AnnotatedText],
    feeling: np.ndarray,
    taught: Taught | None = None,
    *,
    regularization: float = 0.1,
    cuts_per_gold: float = 1.0,
    seed: int = 7,
) -> TrainedBoundaries:
    """Fit the boundary model.

    Args:
        annotated: Texts with units and intents.
        seeds: Texts of other domains with units.
        feeling: From :func:`feeling_weights`, learnt without the annotated texts.
        taught: What a teacher says of other texts.
        regularization: Inverse strength, as scikit-learn's ``C``.
        cuts_per_gold: Operating point: inner cuts of the held-out annotated texts and
            seeds, as a multiple of their true inner boundaries.
        seed: Seed of the folds.

    Raises:
        ValueError: If there is nothing to learn from.
    """
    if not annotated or not seeds:
        raise ValueError(f"got {len(annotated)} annotated texts and {len(seeds)} seeds")
    fold_of = np.random.default_rng(seed).integers(0, _FOLDS, len(annotated))
    taught = taught if taught is not None else Taught()
    everything = np.column_stack((feeling, point_weights(annotated, taught)))
    parts = [_places(seeds, everything, np.arange(len(seeds)) % _FOLDS)]
    for held_out in range(_FOLDS):
        inside = [a for a, k in zip(annotated, fold_of, strict=True) if k == held_out]
        outside = [a for a, k in zip(annotated, fold_of, strict=True) if k != held_out]
        if inside:
            leanings = np.column_stack((feeling, point_weights(outside, taught)))
            parts.append(_places(inside, leanings, np.full(len(inside), held_out)))
    features = np.vstack([part[0] for part in parts])
    cut = np.concatenate([part[1] for part in parts])
    folds = np.concatenate([part[2] for part in parts])
    names = _feature_names(everything)
    more = _taught_places(taught, everything)

    held_out_score = np.zeros(len(cut))
    for held_out in range(_FOLDS):
        here = folds == held_out
        if here.any():
            held_out_score[here] = _fit_places(
                features[~here], cut[~here], more, regularization
            ).decision_function(features[here])
    share = min(1.0, cuts_per_gold * float(cut.mean()))
    threshold = float(np.quantile(held_out_score, 1 - share))
    model = _fit_places(features, cut, more, regularization)
    called = held_out_score > threshold
    matched = int((called & cut).sum())
    return TrainedBoundaries(
        tensors={
            "leanings": everything.astype(np.float16),
            "weights": model.coef_[0].astype(np.float32),
        },
        features=names,
        bias=float(model.intercept_[0]) - threshold,
        figures={
            "held_out_inner_precision": matched / max(1, int(called.sum())),
            "held_out_inner_recall": matched / max(1, int(cut.sum())),
            "places": len(cut),
            "true_inner_boundaries": int(cut.sum()),
            "held_out_auc": float(roc_auc_score(cut, held_out_score)),
            "taught_places": len(more[1]),
        },
    )


def _places(
    items: Sequence[AnnotatedText], leanings: np.ndarray, folds: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features, truth and fold of every place inside a text."""
    cues = load_cues()
    table = find_clauses([item.text for item in items], cues)
    features, _ = boundary_features(table, cues, clause_leanings(table, leanings))
    inner = table.text[1:] == table.text[:-1]
    return features[inner], true_cuts(items, table)[inner], folds[table.text[:-1][inner]]


def true_cuts(items: Sequence[AnnotatedText], table: ClauseTable) -> np.ndarray:
    """Return after which clauses a true unit ends: shape (c − 1,), bool.

    A unit's end belongs to the nearest place between clauses, if one lies within the
    tolerance of two characters; the last unit of a text has none.
    """
    cut = np.zeros(max(0, table.start.size - 1), dtype=bool)
    for index, item in enumerate(items):
        places = np.flatnonzero((table.text[:-1] == index) & (table.text[1:] == index))
        if not places.size:
            continue
        ends = table.end[places] - table.text_start[index]
        starts = table.start[places + 1] - table.text_start[index]
        for unit in item.units[:-1]:
            near = (ends - _END_TOLERANCE <= unit.end) & (unit.end < starts + _END_TOLERANCE)
            if near.any():
                cut[places[near][np.argmin(np.abs(ends[near] - unit.end))]] = True
    return cut


def _taught_places(taught: Taught, leanings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return features and the teacher's probability of every place it was asked about."""
    cues = load_cues()
    texts = list(taught.places)
    if not texts:
        return np.zeros((0, len(_feature_names(leanings))), np.float32), np.zeros(0)
    table = find_clauses(texts, cues)
    features, _ = boundary_features(table, cues, clause_leanings(table, leanings))
    owner = table.text[:-1]
    ends = (table.end[:-1] - table.text_start[owner]).tolist()
    said = np.array(
        [
            taught.places[texts[text]].get(end, np.nan)
            for text, end in zip(owner.tolist(), ends, strict=True)
        ]
    )
    asked = ~np.isnan(said) & (table.text[1:] == owner)
    return features[asked], said[asked]


def _fit_places(
    features: np.ndarray,
    cut: np.ndarray,
    taught: tuple[np.ndarray, np.ndarray],
    regularization: float,
) -> LogisticRegression:
    """Fit places people decided and, at a lower weight, places a teacher did."""
    more, said = taught
    return LogisticRegression(C=regularization, max_iter=3000).fit(
        np.vstack([features, more, more]),
        np.concatenate([cut, np.ones(len(said), bool), np.zeros(len(said), bool)]),
        sample_weight=np.concatenate(
            [np.ones(len(cut)), _TAUGHT_PLACE_WEIGHT * said, _TAUGHT_PLACE_WEIGHT * (1 - said)]
        ),
    )


def _feature_names(leanings: np.ndarray) -> tuple[str, ...]:
    cues = load_cues()
    table = find_clauses(["好，坏"], cues)
    return boundary_features(table, cues, clause_leanings(table, leanings))[1]


def _fit_weights(
    matrix: csr_matrix,
    target: np.ndarray,
    regularization: float,
    *,
    balanced: bool,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Fit a logistic regression to labels or probabilities ``target``, one a row."""
    share = target.astype(np.float64)
    weights = np.ones(len(share)) if weights is None else weights
    inside, outside = np.flatnonzero(share > 0), np.flatnonzero(share < 1)
    sure = np.concatenate([(weights * share)[inside], (weights * (1 - share))[outside]])
    side = np.repeat([True, False], [len(inside), len(outside)])
    if balanced:  # both sides weigh the same
        sure *= np.where(
            side, sure.sum() / 2 / sure[side].sum(), sure.sum() / 2 / sure[~side].sum()
        )
    model = LogisticRegression(C=regularization, solver="liblinear")
    rows = vstack([matrix[inside], matrix[outside]], format="csr")
    coefficients: np.ndarray = model.fit(rows, side, sample_weight=sure).coef_[0]
    return coefficients


def _bigrams(texts: Sequence[str]) -> csr_matrix:
    """Return which bigram buckets each text holds: shape (texts, 2**HASH_BITS)."""
    rows = []
    for text in texts:
        codes = folded_code_points(text)
        rows.append(np.unique(bigram_buckets(codes)[bigram_mask(kinds_of(codes))]))
    indices = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
    ends = np.cumsum([0, *map(len, rows)])
    return csr_matrix(
        (np.ones(len(indices), dtype=np.float32), indices, ends),
        shape=(len(rows), 1 << HASH_BITS),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Train ``models/segment`` from files."""
    parser = argparse.ArgumentParser(prog="python -m feedback_nlp.training.segment.boundaries")
    parser.add_argument("--units", type=Path, required=True, help="annotated units, JSON lines")
    parser.add_argument("--feeling", type=Path, nargs="+", required=True, help="labelled texts")
    parser.add_argument("--split", default="train", help="rows with another `split` are left out")
    parser.add_argument("--soft-labels", type=Path, help="what a teacher says, JSON lines")
    parser.add_argument("--domains", type=Path, help="benchmark folder with domain_units")
    parser.add_argument("--out", type=Path, default=Path("models/segment"))
    options = parser.parse_args(arguments)
    everything = read_annotated(options.units, None)
    annotated = read_annotated(options.units, options.split)
    if options.domains is not None:
        everything += read_domains(options.domains, None)
        annotated += read_domains(options.domains, options.split)
    # Neither the texts the second step learns from nor the held-out ones.
    known = {text_key(item.text) for item in everything}
    pairs = [
        (text, positive)
        for path in options.feeling
        for text, positive in read_feeling(path, options.split)
        if text_key(text) not in known
    ]
    feeling = feeling_weights([text for text, _ in pairs], [positive for _, positive in pairs])
    taught = read_taught(options.soft_labels, known) if options.soft_labels else Taught()
    trained = train_boundaries(annotated, [*read_seeds(), *read_seed_reviews()], feeling, taught)
    names = [_data_name(path) for path in (options.units, *options.feeling)]
    save_artifact(
        options.out,
        tensors=trained.tensors,
        config={"features": list(trained.features), "bias": trained.bias},
        figures={**trained.figures, "feeling_texts": len(pairs)},
        trained_on=[*names, *(["domain_units"] if options.domains else []), _SEEDS, SEED_REVIEWS],
        command="python -m feedback_nlp.training.segment.boundaries --units "
        + shlex.join([names[0], "--feeling", *names[1:]])
        + (" --soft-labels FILE" if options.soft_labels else "")
        + (" --domains DIR" if options.domains else "")
        + " --out models/segment",
    )
    print(json.dumps(trained.figures), file=sys.stderr)
    return 0


def _data_name(path: Path) -> str:
    """Return the data set's own folder and file, not where this machine keeps it."""
    return f"{path.parent.name}/{path.name}"


if __name__ == "__main__":
    sys.exit(main())
