"""A fresh clustering of units: anchors, then BERTopic around our graph clustering, then settling."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feedback_nlp.chinese import Tokenizer
from feedback_nlp.config import TopicsConfig
from feedback_nlp.labels import Intent
from feedback_nlp.topics.anchors import anchor_labels
from feedback_nlp.topics.bertopic_model import fit_bertopic
from feedback_nlp.topics.clustering import GraphClustering, centroids_of
from feedback_nlp.topics.graph import nearest_centroids
from feedback_nlp.topics.praise import praised_aspect
from feedback_nlp.topics.records import UNASSIGNED, TopicKind, TopicUnit
from feedback_nlp.topics.scope import ISSUE_INTENTS, Placed
from feedback_nlp.topics.seeds import read_seed_issues
from feedback_nlp.topics.vent import is_vent
from feedback_nlp.topics.words import TopicWords

_GENERAL_VENT = "generic.bad"


@dataclass(frozen=True)
class Cluster:
    """One fresh cluster.

    Attributes:
        kind: Its kind.
        code: Issue code of the metric that anchors it, or ``""``.
        name: Name of the seed issue or praised aspect, or ``""``.
        terms: Its terms by class-based TF-IDF, strongest first.
    """

    kind: TopicKind
    code: str = ""
    name: str = ""
    terms: tuple[str, ...] = ()


def cluster_units(
    units: Sequence[TopicUnit],
    placed: Placed,
    scores: np.ndarray,
    codes: Sequence[str],
    *,
    config: TopicsConfig,
    tokenizer: Tokenizer,
    words: TopicWords,
) -> tuple[np.ndarray, list[Cluster]]:
    """Cluster the units in scope.

    Args:
        units: All units of the call.
        placed: Those in scope.
        scores: (m, C) of the metric as people taught it; decides the anchors.
        codes: Its C codes.
        config: Thresholds and seeds.
        tokenizer: Cuts Chinese.
        words: The word lists.

    Returns:
        (n,) cluster of each unit, −1 for none; and the clusters.
    """
    seeds = {seed.code: seed for seed in read_seed_issues()}
    labels = np.full(len(units), UNASSIGNED, np.int64)
    clusters: list[Cluster] = []
    chosen = np.flatnonzero(placed.issue_counts > 0)
    if len(chosen):
        vents = [i for i, c in enumerate(codes) if c in seeds and seeds[c].kind is TopicKind.VENT]
        anchors = anchor_labels(
            scores[chosen],
            placed.issue_counts[chosen],
            vents=vents,
            min_score=config.anchor_min_score,
            min_size=config.min_topic_size,
        )
        if _GENERAL_VENT in codes:
            vent = list(codes).index(_GENERAL_VENT)
            for row, text in enumerate(chosen.tolist()):
                if anchors[row] < 0 and is_vent(tokenizer.cut(placed.texts[text]), words):
                    anchors[row] = vent
        found, terms = _cluster_texts(placed, chosen, anchors, config, tokenizer, words)
        of_text = np.full(len(placed.texts), UNASSIGNED, np.int64)
        of_text[chosen] = found
        is_issue = [units[row].intent in ISSUE_INTENTS for row in placed.rows.tolist()]
        rows = placed.rows[is_issue]
        raw = of_text[placed.text_of[is_issue]]
        for label in np.unique(raw[raw >= 0]).tolist():
            code = codes[label] if label < len(codes) else ""
            seed = seeds.get(code)
            kind = seed.kind if seed else TopicKind.ISSUE
            labels[rows[raw == label]] = len(clusters)
            clusters.append(Cluster(kind, code, seed.name if seed else "", terms.get(label, ())))
    aspects: dict[str, list[int]] = {}
    for row, text in zip(placed.rows.tolist(), placed.text_of.tolist(), strict=True):
        if units[row].intent is Intent.PRAISE:
            aspects.setdefault(praised_aspect(placed.texts[text]), []).append(row)
    for aspect, members in sorted(aspects.items()):
        if len(members) >= config.min_topic_size:
            labels[members] = len(clusters)
            clusters.append(Cluster(TopicKind.PRAISE, name=aspect))
    return labels, clusters


def _cluster_texts(
    placed: Placed,
    chosen: np.ndarray,
    anchors: np.ndarray,
    config: TopicsConfig,
    tokenizer: Tokenizer,
    words: TopicWords,
) -> tuple[np.ndarray, dict[int, tuple[str, ...]]]:
    """Label the chosen texts; labels below the number of codes are anchors."""
    vectors = placed.vectors[chosen]
    width = placed.scores.shape[1]
    first_free = max(width, int(anchors.max(initial=-1)) + 1)

    def terms(text: str) -> list[str]:
        content = [word for word in tokenizer.cut(text) if words.is_content(word)]
        return content + ["".join(pair) for pair in itertools.pairwise(content)]

    count = len(chosen)
    sample = np.linspace(0, count - 1, min(count, config.sample_size)).astype(np.int64)
    clustering = GraphClustering(
        neighbours=config.neighbours,
        resolution=config.resolution,
        runs=config.consensus_runs,
        seed=config.seed,
    )
    documents = [placed.texts[text] for text in chosen[sample].tolist()]
    fitted = fit_bertopic(documents, vectors[sample], anchors[sample], clustering, terms)
    # The clustering numbers new clusters from the largest anchor of the sample on.
    shift = first_free - (int(anchors[sample].max(initial=-1)) + 1)
    is_new = anchors[sample] < 0
    sampled = np.where(is_new, fitted.labels + shift, fitted.labels)
    named = {
        (label + shift if new else label): fitted.keywords[label]
        for label, new in zip(fitted.labels.tolist(), is_new.tolist(), strict=True)
    }
    labels = anchors.astype(np.int64)
    labels[sample] = sampled
    rest = np.flatnonzero(labels < 0)
    if len(rest):
        labels[rest], _ = nearest_centroids(vectors[rest], centroids_of(vectors[sample], sampled))
    return _settle(labels, vectors, placed.issue_counts[chosen], config), named


def _settle(
    labels: np.ndarray, vectors: np.ndarray, counts: np.ndarray, config: TopicsConfig
) -> np.ndarray:
    """Dissolve clusters that are too small, and let go of members that are too far off."""
    large = np.bincount(labels, weights=counts) >= config.min_topic_size
    centroids = centroids_of(vectors, np.where(large[labels], labels, UNASSIGNED))
    if not len(centroids):
        return np.full(len(labels), UNASSIGNED, np.int64)
    nearest, cosine = nearest_centroids(vectors, centroids)
    own = np.einsum("ij,ij->i", vectors, centroids[np.minimum(labels, len(centroids) - 1)])
    stays = large[labels] & (own >= config.assign_min_similarity)
    settled = np.where(stays, labels, nearest)
    settled[~stays & (cosine < config.assign_min_similarity)] = UNASSIGNED
    return settled
