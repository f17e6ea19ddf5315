"""New units join living topics by the nearest centroid, if it is near enough."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from feedback_nlp.labels import TopicKind
from feedback_nlp.topics.graph import nearest_centroids
from feedback_nlp.topics.records import UNASSIGNED, KnownTopic, TopicUnit
from feedback_nlp.topics.scope import Placed


def nearest_topics(
    units: Sequence[TopicUnit],
    placed: Placed,
    known: Sequence[KnownTopic],
    *,
    min_similarity: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the living topic of each unit.

    Praise joins praise; everything else joins an issue or a vent. People's placements
    among these units are kept.

    Returns:
        (n,) int32 index into ``known``, −1 for none; (n,) float32 cosine, 0 for none.
    """
    assignment = np.full(len(units), UNASSIGNED, np.int32)
    similarity = np.zeros(len(units), np.float32)
    width = placed.vectors.shape[1]
    usable = [
        index
        for index, topic in enumerate(known)
        if topic.centroid.shape == (width,) and topic.centroid.any()
    ]
    praises = ~placed.is_issue
    for is_praise in (False, True):
        topics = [i for i in usable if (known[i].kind is TopicKind.PRAISE) is is_praise]
        rows = np.flatnonzero(praises == is_praise)
        if not topics or not len(rows):
            continue
        centroids = np.stack([known[index].centroid for index in topics]).astype(np.float32)
        nearest, cosine = nearest_centroids(placed.vectors[placed.text_of[rows]], centroids)
        near = cosine >= min_similarity
        joined = placed.rows[rows[near]]
        assignment[joined] = np.asarray(topics, np.int32)[nearest[near]]
        similarity[joined] = cosine[near]
    row_of = {unit.unit_id: row for row, unit in enumerate(units)}
    for index, topic in enumerate(known):
        for unit_id in topic.banned_members:
            row = row_of.get(unit_id)
            if row is not None and assignment[row] == index:
                assignment[row], similarity[row] = UNASSIGNED, 0.0
        for unit_id in topic.pinned_members:
            if unit_id in row_of:
                assignment[row_of[unit_id]] = index
    return assignment, similarity
