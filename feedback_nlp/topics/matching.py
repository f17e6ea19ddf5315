"""Which living topic each cluster of a fresh clustering continues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feedback_nlp.config import LedgerConfig
from feedback_nlp.labels import TopicKind
from feedback_nlp.topics.records import KnownTopic


@dataclass(frozen=True)
class Fresh:
    """A fresh clustering of n units.

    Attributes:
        labels: (n,) cluster of each unit, −1 for none.
        kinds: Kind of each cluster.
    """

    labels: np.ndarray
    kinds: Sequence[TopicKind]


def match_clusters(
    current: np.ndarray,
    fresh: Fresh,
    known: Sequence[KnownTopic],
    likeness: np.ndarray,
    config: LedgerConfig,
) -> np.ndarray:
    """Tell which living topic each fresh cluster continues.

    One to one by the largest total overlap (Jaccard index over units that were in a topic
    before, Hungarian method); a cluster left over continues the topic that most of its
    old units are in, so that two halves of a topic stay one; a cluster of new units alone
    continues a topic that lies in the same place.

    Args:
        current: (n,) row of the known topic each unit is in, −1 for none.
        fresh: The fresh clustering.
        known: Living topics.
        likeness: (c, k) cosine of cluster and topic centroids.
        config: How much must be shared, and how near is near.

    Returns:
        (c,) row of the topic, −1 for none.
    """
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - takes 0.3 s to import

    clusters = len(fresh.kinds)
    matched = np.full(clusters, -1, np.int64)
    if not known or not clusters:
        return matched
    shared = np.zeros((clusters, len(known)))
    both = (fresh.labels >= 0) & (current >= 0)
    np.add.at(shared, (fresh.labels[both], current[both]), 1)
    fits = np.array([[kind == topic.kind for topic in known] for kind in fresh.kinds])
    shared[~fits] = 0
    old = shared.sum(axis=1, keepdims=True)
    sizes = np.bincount(current[current >= 0], minlength=len(known))
    jaccard = shared / np.maximum(old + sizes - shared, 1)
    rows, columns = linear_sum_assignment(-jaccard)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        contained = 0 < config.match_min_contained * old[row, 0] <= shared[row, column]
        near = likeness[row, column] >= config.match_min_similarity
        if jaccard[row, column] >= config.match_min_overlap or (contained and near):
            matched[row] = column
    for row in np.flatnonzero(matched < 0).tolist():
        column = int(shared[row].argmax())
        contained = 0 < config.match_min_contained * old[row, 0] <= shared[row, column]
        if contained and likeness[row, column] >= config.match_min_similarity:
            matched[row] = column
        elif old[row, 0] == 0:
            near = np.where(fits[row], likeness[row], -1.0)
            if near.max() >= config.same_place_similarity:
                matched[row] = int(near.argmax())
    return matched
