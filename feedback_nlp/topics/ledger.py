"""Identity over time: which topic a fresh cluster continues, and which units may move.

A refit clusters everything afresh and then asks, cluster by cluster, which living topic
it continues (:func:`feedback_nlp.topics.matching.match_clusters`). Units hold on to the
topic they are in (:func:`carry_over`): people's placements always, all others unless the
fresh clustering puts them into another living topic and they lie clearly nearer to it, and
then only the clearest few in a hundred at a refit. So topic ids stay, and yet the topics
drift to where the evidence is. Units that people's edits taught the metric to see as
another issue are exempt: they follow at once, for that is what the edits were made for. New
units follow their cluster; a cluster that continues nothing becomes a new topic, if enough
units are free to make it one.

Source: docs/decisions/0006-topics.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from feedback_nlp.config import LedgerConfig, TopicsConfig
from feedback_nlp.labels import TopicEventKind, TopicKind
from feedback_nlp.topics.clustering import centroids_of
from feedback_nlp.topics.graph import row_cosine
from feedback_nlp.topics.matching import Fresh, match_clusters
from feedback_nlp.topics.records import UNASSIGNED, KnownTopic, LedgerEvent


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


def carry_over(
    unit_ids: Sequence[int],
    vectors: np.ndarray,
    fresh: Fresh,
    known: Sequence[KnownTopic],
    config: TopicsConfig,
    *,
    taught: np.ndarray | None = None,
) -> Carried:
    """Carry living topics through a refit.

    Args:
        unit_ids: n ids.
        vectors: (n, d) float32, unit length.
        fresh: The fresh clustering of these units.
        known: Living topics, with the units that were in them.
        config: Units that a new topic needs, the share of placed units that may change their
            topic, and the cosine from which a free unit may join one; less where the units
            in topics are looser themselves.
        taught: (n,) bool: units seen as another issue since people edited; they follow their
            cluster whatever ``max_moved_share``. None if left out.
    """
    refit = _Refit(unit_ids, vectors, fresh, known, config)
    refit.merge()
    floor = refit.follow_clusters(taught)
    refit.found_topics()
    refit.join_nearest(floor)
    return refit.result()


class _Refit:
    """One refit under way: who is where, and how many units may still move."""

    def __init__(
        self,
        unit_ids: Sequence[int],
        vectors: np.ndarray,
        fresh: Fresh,
        known: Sequence[KnownTopic],
        config: TopicsConfig,
    ) -> None:
        self._vectors, self._fresh, self._known = vectors, fresh, known
        self._config = config
        self._current, self._pinned, self._banned = _memberships(unit_ids, known)
        clusters = _padded(centroids_of(vectors, fresh.labels), len(fresh.kinds), vectors)
        self._centroids = _topic_centroids(vectors, self._current, known)
        self._topic_of_cluster = match_clusters(
            self._current, fresh, known, clusters @ self._centroids.T, config.ledger
        )
        self._budget = int(config.max_moved_share * np.count_nonzero(self._current >= 0))
        self._assignment = self._current.copy()
        self._cluster_of_new: list[int] = []
        self._events: list[LedgerEvent] = []

    def merge(self) -> None:
        """Merge a topic into the one that its units' cluster continues."""
        ledger = self._config.ledger
        for topic, state in enumerate(self._known):
            rows = np.flatnonzero(self._assignment == topic)
            if (
                not len(rows)
                or len(rows) > self._budget
                or state.is_kept_apart
                or _is_protected(state)
            ):
                continue
            if (self._topic_of_cluster == topic).any():
                continue
            labels = self._fresh.labels[rows]
            clusters, counts = np.unique(labels[labels >= 0], return_counts=True)
            if not len(clusters) or counts.max() < ledger.match_min_contained * len(rows):
                continue
            target = int(self._topic_of_cluster[clusters[counts.argmax()]])
            if target < 0:
                continue
            likeness = float(self._centroids[topic] @ self._centroids[target])
            if likeness < ledger.merge_min_similarity:
                continue
            self._assignment[rows] = target
            self._budget -= len(rows)
            detail = {"into": self._known[target].topic_id, "units": len(rows)}
            self._events.append(LedgerEvent(TopicEventKind.MERGED, state.topic_id, detail))

    def follow_clusters(self, taught: np.ndarray | None) -> float:
        """Let units follow their clusters into living topics: the clearest, and the free ones.

        Returns:
            The cosine from which a free unit of an issue may join.
        """
        assignment, labels = self._assignment, self._fresh.labels
        own = row_cosine(self._vectors, self._centroids, assignment)
        wanted = np.where(labels >= 0, self._topic_of_cluster[labels], -1)
        better = row_cosine(self._vectors, self._centroids, wanted)
        allowed = (wanted >= 0) & ~_is_banned(self._banned, wanted)
        movable = (assignment >= 0) & (wanted != assignment) & ~self._pinned & allowed
        if taught is not None:
            assignment[movable & taught] = wanted[movable & taught]
            movable &= ~taught
        moved = _clearest(movable, better - own, self._budget, self._config.ledger.move_min_gain)
        assignment[moved] = wanted[moved]
        self._budget -= len(moved)
        is_issue = np.array([*(t.kind is TopicKind.ISSUE for t in self._known), False], bool)
        floor = self._config.assign_min_similarity
        if is_issue[assignment].any():
            looser = np.quantile(own[is_issue[assignment]], self._config.ledger.loosest_share)
            floor = min(floor, float(looser))
        free = (assignment < 0) & allowed & ((better >= floor) | ~is_issue[wanted])
        assignment[free] = wanted[free]
        return floor

    def found_topics(self) -> None:
        """Make topics of the clusters that continue none, and of those that split off one."""
        for cluster, kind in enumerate(self._fresh.kinds):
            inside = self._fresh.labels == cluster
            target = int(self._topic_of_cluster[cluster])
            if target < 0:
                rows = np.flatnonzero(inside & (self._assignment < 0))
                event, source = TopicEventKind.BORN, ""
            else:
                rows = self._splittable(cluster, target)
                if len(rows) > self._budget or _is_protected(self._known[target]):
                    rows = rows[:0]
                self._budget -= len(rows)
                event, source = TopicEventKind.SPLIT, self._known[target].topic_id
            if len(rows) >= (self._config.min_topic_size if kind is TopicKind.ISSUE else 1):
                topic = len(self._known) + len(self._cluster_of_new)
                self._cluster_of_new.append(cluster)
                self._topic_of_cluster[cluster] = topic
                self._assignment[rows] = topic
                detail: dict[str, Any] = {"units": len(rows)}
                self._events.append(
                    LedgerEvent(event, None, {**detail, "from": source} if source else detail)
                )

    def join_nearest(self, floor: float) -> None:
        """Let units of clusters that became no topic join the nearest living topic of their kind."""
        rows = np.flatnonzero((self._assignment < 0) & (self._fresh.labels >= 0))
        issues = np.array([topic.kind is TopicKind.ISSUE for topic in self._known], bool)
        if not len(rows) or not issues.any():
            return
        for row in rows.tolist():
            if self._fresh.kinds[int(self._fresh.labels[row])] is not TopicKind.ISSUE:
                continue
            cosine = np.where(issues, self._centroids @ self._vectors[row], -1.0)
            for topic in self._banned.get(row, set()):
                cosine[topic] = -1.0
            if cosine.max() >= floor:
                self._assignment[row] = int(cosine.argmax())

    def result(self) -> Carried:
        """Return where everything is now, and what happened on the way."""
        merged = {event.topic_id for event in self._events if event.kind is TopicEventKind.MERGED}
        lived = _life_events(self._current, self._assignment, self._known, self._config.ledger)
        self._events += [event for event in lived if event.topic_id not in merged]
        return Carried(
            self._assignment.astype(np.int32),
            tuple(self._cluster_of_new),
            self._topic_of_cluster,
            tuple(self._events),
        )

    def _splittable(self, cluster: int, target: int) -> np.ndarray:
        """Return the rows of a cluster that should leave the topic they share with another one."""
        none = np.zeros(0, np.int64)
        labels, assignment, ledger = self._fresh.labels, self._assignment, self._config.ledger
        siblings = np.flatnonzero(self._topic_of_cluster == target)
        sizes = [np.count_nonzero(labels == sibling) for sibling in siblings]
        if len(siblings) < 2 or siblings[int(np.argmax(sizes))] == cluster:
            return none
        inside = labels == cluster
        rows = np.flatnonzero(inside & (assignment == target) & ~self._pinned)
        rest = np.flatnonzero(~inside & (assignment == target))
        if len(rows) < ledger.split_min_share * (len(rows) + len(rest)) or not len(rest):
            return none
        apart = (
            centroids_of(self._vectors[rows], np.zeros(len(rows), np.int64))
            @ centroids_of(self._vectors[rest], np.zeros(len(rest), np.int64)).T
        )
        return rows if float(apart[0, 0]) < ledger.split_max_similarity else none


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


def _clearest(movable: np.ndarray, gain: np.ndarray, budget: int, min_gain: float) -> np.ndarray:
    """Return the rows that gain the most by moving, if they gain enough; ``budget`` at most."""
    movable = movable & (gain >= min_gain)
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


def _life_events(
    before: np.ndarray, after: np.ndarray, known: Sequence[KnownTopic], config: LedgerConfig
) -> list[LedgerEvent]:
    """Return growth, retirement and revival of the known topics."""
    events = []
    for topic, state in enumerate(known):
        was = int(np.count_nonzero(before == topic))
        now = int(np.count_nonzero(after == topic))
        detail = {"before": was, "units": now}
        has_grown = now >= config.grew_min_ratio * was and now - was >= config.grew_min_units
        if was == 0 and now > 0 and state.members == frozenset():
            events.append(LedgerEvent(TopicEventKind.REVIVED, state.topic_id, detail))
        elif was > 0 and now == 0:
            events.append(LedgerEvent(TopicEventKind.RETIRED, state.topic_id, detail))
        elif was > 0 and has_grown:
            events.append(LedgerEvent(TopicEventKind.GREW, state.topic_id, detail))
    return events
