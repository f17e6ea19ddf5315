"""Identity over time: which topic a fresh cluster continues, and which units may move.

A refit clusters everything afresh and then asks, cluster by cluster, which living topic
it continues (:func:`match_clusters`). Units hold on to the topic they are in
(:func:`carry_over`): people's placements always, all others unless the fresh clustering
puts them into another living topic and they lie clearly nearer to it, and then only the
clearest few in a hundred at a refit. So topic ids stay, and yet the topics drift to where
the evidence is. Units that people's edits taught the metric to see as another issue are
exempt: they follow at once, for that is what the edits were made for. New units follow their cluster; a cluster that continues nothing becomes
a new topic, if enough units are free to make it one.

Source: docs/decisions/0006-topics.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from feedback_nlp.labels import TopicEventKind, TopicKind
from feedback_nlp.topics.clustering import centroids_of
from feedback_nlp.topics.graph import row_cosine
from feedback_nlp.topics.records import UNASSIGNED, KnownTopic, LedgerEvent

_MIN_JACCARD = 0.25
_MIN_CONTAINED = 0.5
_NEAR = 0.6
_SAME_PLACE = 0.9
_MOVE_MARGIN = 0.1
_MERGE_SIMILARITY = 0.85
_SPLIT_SIMILARITY = 0.6
_SPLIT_SHARE = 0.2
_GREW = 1.5
_LOOSEST = 0.15


@dataclass(frozen=True)
class Fresh:
    """A fresh clustering of n units.

    Attributes:
        labels: (n,) cluster of each unit, −1 for none.
        kinds: Kind of each cluster.
    """

    labels: np.ndarray
    kinds: Sequence[TopicKind]


@dataclass(frozen=True)
class Carried:
    """Topics after a refit.

    Attributes:
        assignment: (n,) int32: rows below ``len(known)`` are known topics, the rest are new.
        cluster_of_new: Fresh cluster that each new topic was made of.
        topic_of_cluster: (c,) row of the topic that each fresh cluster continues, −1 if it
            became no topic.
        events: What happened.
    """

    assignment: np.ndarray
    cluster_of_new: tuple[int, ...]
    topic_of_cluster: np.ndarray
    events: tuple[LedgerEvent, ...]


def match_clusters(
    current: np.ndarray, fresh: Fresh, known: Sequence[KnownTopic], likeness: np.ndarray
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

    Returns:
        (c,) row of the topic, −1 for none.
    """
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
        contained = 0 < _MIN_CONTAINED * old[row, 0] <= shared[row, column]
        near = likeness[row, column] >= _NEAR
        if jaccard[row, column] >= _MIN_JACCARD or (contained and near):
            matched[row] = column
    for row in np.flatnonzero(matched < 0).tolist():
        column = int(shared[row].argmax())
        contained = 0 < _MIN_CONTAINED * old[row, 0] <= shared[row, column]
        if contained and likeness[row, column] >= _NEAR:
            matched[row] = column
        elif old[row, 0] == 0:
            near = np.where(fits[row], likeness[row], -1.0)
            if near.max() >= _SAME_PLACE:
                matched[row] = int(near.argmax())
    return matched


def carry_over(
    unit_ids: Sequence[int],
    vectors: np.ndarray,
    fresh: Fresh,
    known: Sequence[KnownTopic],
    *,
    min_size: int,
    max_moved_share: float,
    min_similarity: float,
    taught: np.ndarray | None = None,
) -> Carried:
    """Carry living topics through a refit.

    Args:
        unit_ids: n ids.
        vectors: (n, d) float32, unit length.
        fresh: The fresh clustering of these units.
        known: Living topics, with the units that were in them.
        min_size: Units that a new topic needs.
        max_moved_share: Share (0–1) of placed units that may change their topic.
        min_similarity: Cosine from which a free unit may join a topic; less where the units
            in topics are looser themselves.
        taught: (n,) bool: units seen as another issue since people edited; they follow their
            cluster whatever ``max_moved_share``. None if left out.
    """
    current, pinned, banned = _memberships(unit_ids, known)
    cluster_centroids = _padded(centroids_of(vectors, fresh.labels), len(fresh.kinds), vectors)
    topic_centroids = _topic_centroids(vectors, current, known)
    likeness = cluster_centroids @ topic_centroids.T
    topic_of_cluster = match_clusters(current, fresh, known, likeness)
    budget = int(max_moved_share * np.count_nonzero(current >= 0))
    events: list[LedgerEvent] = []
    assignment = current.copy()

    budget -= _merge(assignment, fresh, known, topic_centroids, topic_of_cluster, budget, events)
    own = row_cosine(vectors, topic_centroids, assignment)
    wanted = np.where(fresh.labels >= 0, topic_of_cluster[fresh.labels], -1)
    better = row_cosine(vectors, topic_centroids, wanted)
    movable = (assignment >= 0) & (wanted >= 0) & (wanted != assignment) & ~pinned
    movable &= ~_is_banned(banned, wanted)
    if taught is not None:
        assignment[movable & taught] = wanted[movable & taught]
        movable &= ~taught
    moved = _clearest(movable, better - own, budget)
    assignment[moved] = wanted[moved]
    budget -= len(moved)

    floor = min_similarity
    is_issue = np.array([*(topic.kind is TopicKind.ISSUE for topic in known), False], bool)
    if is_issue[assignment].any():
        floor = min(floor, float(np.quantile(own[is_issue[assignment]], _LOOSEST)))
    free = (
        (assignment < 0)
        & (wanted >= 0)
        & ((better >= floor) | ~is_issue[wanted])
        & ~_is_banned(banned, wanted)
    )
    assignment[free] = wanted[free]
    cluster_of_new: list[int] = []
    for cluster, kind in enumerate(fresh.kinds):
        inside = fresh.labels == cluster
        target = int(topic_of_cluster[cluster])
        if target < 0:
            rows = np.flatnonzero(inside & (assignment < 0))
            event, source = TopicEventKind.BORN, ""
        else:
            rows = _splittable(
                cluster, target, fresh, assignment, pinned, vectors, topic_of_cluster
            )
            if len(rows) > budget or _is_protected(known[target]):
                rows = rows[:0]
            budget -= len(rows)
            event, source = TopicEventKind.SPLIT, known[target].topic_id
        if len(rows) >= (min_size if kind is TopicKind.ISSUE else 1):
            topic = len(known) + len(cluster_of_new)
            cluster_of_new.append(cluster)
            topic_of_cluster[cluster] = topic
            assignment[rows] = topic
            detail: dict[str, Any] = {"units": len(rows)}
            events.append(
                LedgerEvent(event, None, {**detail, "from": source} if source else detail)
            )
    _join_nearest(assignment, fresh, topic_centroids, vectors, known, banned, floor)
    merged = {event.topic_id for event in events if event.kind is TopicEventKind.MERGED}
    events += [
        event for event in _life_events(current, assignment, known) if event.topic_id not in merged
    ]
    return Carried(
        assignment.astype(np.int32),
        tuple(cluster_of_new),
        topic_of_cluster,
        tuple(events),
    )


def _memberships(
    unit_ids: Sequence[int], known: Sequence[KnownTopic]
) -> tuple[np.ndarray, np.ndarray, dict[int, set[int]]]:
    """Return each unit's topic, whether a person put it there, and each row's banned topics."""
    row_of = {unit_id: row for row, unit_id in enumerate(unit_ids)}
    current = np.full(len(unit_ids), UNASSIGNED, np.int64)
    pinned = np.zeros(len(unit_ids), bool)
    banned: dict[int, set[int]] = {}
    for topic, state in enumerate(known):
        for unit_id in state.members - state.banned_members:
            if unit_id in row_of:
                current[row_of[unit_id]] = topic
        for unit_id in state.banned_members:
            if unit_id in row_of:
                banned.setdefault(row_of[unit_id], set()).add(topic)
    for topic, state in enumerate(known):
        for unit_id in state.pinned_members:
            if unit_id in row_of:
                current[row_of[unit_id]] = topic
                pinned[row_of[unit_id]] = True
    return current, pinned, banned


def _topic_centroids(
    vectors: np.ndarray, current: np.ndarray, known: Sequence[KnownTopic]
) -> np.ndarray:
    """Return (k, d) centroids: of the members at hand, else as the ledger kept them."""
    centroids = _padded(centroids_of(vectors, current), len(known), vectors)
    for topic, state in enumerate(known):
        if not centroids[topic].any() and state.centroid.shape == centroids[topic].shape:
            centroids[topic] = state.centroid
    return centroids


def _padded(centroids: np.ndarray, count: int, vectors: np.ndarray) -> np.ndarray:
    padded = np.zeros((count, vectors.shape[1]), np.float32)
    padded[: len(centroids)] = centroids
    return padded


def _clearest(movable: np.ndarray, gain: np.ndarray, budget: int) -> np.ndarray:
    """Return the rows that gain the most by moving, if they gain enough; ``budget`` at most."""
    movable = movable & (gain >= _MOVE_MARGIN)
    order = np.argsort(-np.where(movable, gain, -np.inf), kind="stable")
    clearest: np.ndarray = order[: min(budget, int(movable.sum()))]
    return clearest


def _is_banned(banned: Mapping[int, set[int]], wanted: np.ndarray) -> np.ndarray:
    refused = np.zeros(len(wanted), bool)
    for row, topics in banned.items():
        refused[row] = int(wanted[row]) in topics
    return refused


def _is_protected(topic: KnownTopic) -> bool:
    """Tell whether people shaped a topic: then no refit merges it away or splits it."""
    return topic.name_is_pinned or bool(topic.pinned_members) or bool(topic.banned_members)


def _merge(
    assignment: np.ndarray,
    fresh: Fresh,
    known: Sequence[KnownTopic],
    centroids: np.ndarray,
    topic_of_cluster: np.ndarray,
    budget: int,
    events: list[LedgerEvent],
) -> int:
    """Merge a topic into the one that its units' cluster continues; return units moved."""
    spent = 0
    for topic, state in enumerate(known):
        rows = np.flatnonzero(assignment == topic)
        if not len(rows) or len(rows) > budget - spent or _is_protected(state):
            continue
        if (topic_of_cluster == topic).any():
            continue
        labels = fresh.labels[rows]
        clusters, counts = np.unique(labels[labels >= 0], return_counts=True)
        if not len(clusters) or counts.max() < _MIN_CONTAINED * len(rows):
            continue
        target = int(topic_of_cluster[clusters[counts.argmax()]])
        if target < 0 or float(centroids[topic] @ centroids[target]) < _MERGE_SIMILARITY:
            continue
        assignment[rows] = target
        spent += len(rows)
        events.append(
            LedgerEvent(
                TopicEventKind.MERGED,
                state.topic_id,
                {"into": known[target].topic_id, "units": len(rows)},
            )
        )
    return spent


def _splittable(
    cluster: int,
    target: int,
    fresh: Fresh,
    assignment: np.ndarray,
    pinned: np.ndarray,
    vectors: np.ndarray,
    topic_of_cluster: np.ndarray,
) -> np.ndarray:
    """Return the rows of a cluster that should leave the topic they share with another one."""
    none = np.zeros(0, np.int64)
    siblings = np.flatnonzero(topic_of_cluster == target)
    sizes = [np.count_nonzero(fresh.labels == sibling) for sibling in siblings]
    if len(siblings) < 2 or siblings[int(np.argmax(sizes))] == cluster:
        return none
    inside = fresh.labels == cluster
    rows = np.flatnonzero(inside & (assignment == target) & ~pinned)
    rest = np.flatnonzero(~inside & (assignment == target))
    if len(rows) < _SPLIT_SHARE * (len(rows) + len(rest)) or not len(rest):
        return none
    apart = (
        centroids_of(vectors[rows], np.zeros(len(rows), np.int64))
        @ centroids_of(vectors[rest], np.zeros(len(rest), np.int64)).T
    )
    return rows if float(apart[0, 0]) < _SPLIT_SIMILARITY else none


def _join_nearest(
    assignment: np.ndarray,
    fresh: Fresh,
    centroids: np.ndarray,
    vectors: np.ndarray,
    known: Sequence[KnownTopic],
    banned: Mapping[int, set[int]],
    min_similarity: float,
) -> None:
    """Let units of clusters that became no topic join the nearest living topic of their kind."""
    rows = np.flatnonzero((assignment < 0) & (fresh.labels >= 0))
    issues = np.array([topic.kind is TopicKind.ISSUE for topic in known], bool)
    if not len(rows) or not issues.any():
        return
    for row in rows.tolist():
        if fresh.kinds[int(fresh.labels[row])] is not TopicKind.ISSUE:
            continue
        cosine = np.where(issues, centroids @ vectors[row], -1.0)
        for topic in banned.get(row, set()):
            cosine[topic] = -1.0
        if cosine.max() >= min_similarity:
            assignment[row] = int(cosine.argmax())


def _life_events(
    before: np.ndarray, after: np.ndarray, known: Sequence[KnownTopic]
) -> list[LedgerEvent]:
    """Return growth, retirement and revival of the known topics."""
    events = []
    for topic, state in enumerate(known):
        was = int(np.count_nonzero(before == topic))
        now = int(np.count_nonzero(after == topic))
        detail = {"before": was, "units": now}
        if was == 0 and now > 0 and state.members == frozenset():
            events.append(LedgerEvent(TopicEventKind.REVIVED, state.topic_id, detail))
        elif was > 0 and now == 0:
            events.append(LedgerEvent(TopicEventKind.RETIRED, state.topic_id, detail))
        elif was > 0 and now >= _GREW * was and now - was >= 5:
            events.append(LedgerEvent(TopicEventKind.GREW, state.topic_id, detail))
    return events
