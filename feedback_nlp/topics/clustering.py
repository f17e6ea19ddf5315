"""Clusters of like units: nearest-neighbour graph, Leiden, and consensus over several runs.

The port is that of BERTopic's ``hdbscan_model``: ``fit(X, y)`` and ``labels_``, with
``y`` as in semi-supervised topic modelling: rows labelled ≥ 0 keep their label, rows
labelled −1 are clustered.

One Leiden run answers differently for another seed. So several runs vote: an edge's
weight becomes the share of runs that put both its ends together, and Leiden cuts the
voted graph once more.

Source: Lancichinetti & Fortunato (2012), "Consensus clustering in complex networks",
with votes on the graph's own edges only (Tandon et al. 2019), so that cost stays linear.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy.sparse import csr_matrix

from feedback_nlp.topics.graph import nearest_neighbours, neighbour_graph, sparse_neighbours
from feedback_nlp.topics.leiden import communities, relabel

_VOTES_KEPT = 0.5
_FULL_ROWS = 1_000
_MEANING_WEIGHT = 0.3
_MEANING_POWER = 2.0
_GRAPH_WIDTH = 128
_CUTS = 3
_CUT_RESOLUTION = 1.5
_FIELD_SIZE = 40
_EVENT_DENSITY = 0.07


class GraphClustering:
    """Clusters unit-length rows by consensus Leiden on a cosine graph.

    Args:
        neighbours: Neighbours a row.
        resolution: Larger gives more, smaller clusters; scaled towards 1 below 1,000 rows.
        variety: Of how many unlike sorts the rows are: so many fewer are few.
        runs: Leiden runs that vote.
        seed: Seed of the first run.
        names: (n, v) sparse rows of unit length whose likeness outweighs that of ``X``: rare
            n-grams, where names of places and things make the topic. Left out if ``None``.

    Attributes:
        labels_: (n,) int32 after :meth:`fit`. Labels of ``y`` are kept; new ones follow.
    """

    def __init__(
        self,
        *,
        neighbours: int,
        resolution: float,
        variety: float = 1.0,
        runs: int = 8,
        seed: int = 7,
        names: csr_matrix | None = None,
    ) -> None:
        self.neighbours = neighbours
        self.resolution = resolution
        self.variety = variety
        self.runs = runs
        self.seed = seed
        self.names = names

    def fit(self, X: np.ndarray, y: np.ndarray | None = None) -> Self:  # noqa: N803
        """Cluster the rows of ``X``.

        Args:
            X: (n, d) float32, unit length.
            y: (n,) labels ≥ 0 to keep, −1 to be found; all to be found if left out.
        """
        labels = np.full(len(X), -1, np.int32) if y is None else np.asarray(y, np.int32).copy()
        free = np.flatnonzero(labels < 0)
        if len(free):
            first = int(labels.max(initial=-1)) + 1
            labels[free] = first + self._consensus(
                np.asarray(X[free], np.float32), None if self.names is None else self.names[free]
            )
        self.labels_ = labels
        return self

    def _consensus(self, rows: np.ndarray, names: csr_matrix | None) -> np.ndarray:
        if len(rows) <= self.neighbours:
            return np.zeros(len(rows), np.int32)
        # A high resolution would cut the few units of a small deployment to pieces.
        resolution = 1.0 + (self.resolution - 1.0) * min(1.0, self.variety * len(rows) / _FULL_ROWS)
        near = nearest_neighbours(_narrowed(rows), self.neighbours)
        if names is None:
            graph = neighbour_graph(*near)
        else:
            meaning = neighbour_graph(*near, power=_MEANING_POWER) * _MEANING_WEIGHT
            graph = neighbour_graph(*sparse_neighbours(names, self.neighbours)) + meaning
        if self.runs <= 1:
            return communities(graph, resolution=resolution, seed=self.seed)
        graph.sort_indices()
        edges = graph.tocoo()
        votes = np.zeros(graph.nnz)
        for run in range(self.runs):
            labels = communities(graph, resolution=resolution, seed=self.seed + run)
            votes += labels[edges.row] == labels[edges.col]
        kept = votes >= _VOTES_KEPT * self.runs
        weights = edges.data[kept] * votes[kept] / self.runs
        voted = csr_matrix((weights, (edges.row[kept], edges.col[kept])), shape=graph.shape)
        voted.sort_indices()
        labels = communities(voted, resolution=resolution, seed=self.seed)
        return labels if names is None else self._specific(labels, graph, names)

    def _specific(self, labels: np.ndarray, graph: csr_matrix, names: csr_matrix) -> np.ndarray:
        """Cut large clusters whose members share no names: an event stays whole, a field does not.

        Ten letters about one building site are one topic; ten letters about schools are a
        field with several.
        """
        labels = labels.copy()
        for _ in range(_CUTS):
            for label in np.flatnonzero(np.bincount(labels) > _FIELD_SIZE).tolist():
                rows = np.flatnonzero(labels == label)
                if shared_names(names[rows]) >= _EVENT_DENSITY:
                    continue
                inner = graph[rows][:, rows].tocsr()
                inner.sort_indices()
                parts = communities(inner, resolution=_CUT_RESOLUTION, seed=self.seed)
                labels[rows] = np.where(parts == 0, label, labels.max() + parts)
        return relabel(labels)


def shared_names(rows: csr_matrix) -> float:
    """Return the mean cosine of two different rows; 1 for fewer than two."""
    count = rows.shape[0]
    if count < 2:
        return 1.0
    total = np.asarray(rows.sum(axis=0)).ravel()
    norms = float(rows.multiply(rows).sum())
    likeness: float = (float(total @ total) - norms) / (count * (count - 1))
    return likeness


def centroids_of(
    rows: np.ndarray, labels: np.ndarray, row_of: np.ndarray | None = None
) -> np.ndarray:
    """Mean direction of each cluster.

    Args:
        rows: (m, d) float32.
        labels: (n,) integers; −1 belongs to none.
        row_of: (n,) row of each label; their own place if left out, and n = m.

    Returns:
        (max(labels) + 1, d) float32, unit length; zero for a label nobody has.
    """
    count = int(labels.max(initial=-1)) + 1
    members = np.flatnonzero(labels >= 0)
    ones = np.ones(len(members), np.float32)
    own = members if row_of is None else row_of[members]
    member_of = csr_matrix((ones, (labels[members], own)), shape=(count, len(rows)))
    sums = np.asarray(member_of @ rows, np.float32)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    means: np.ndarray = np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 1e-9)
    return means


def _narrowed(rows: np.ndarray) -> np.ndarray:
    """Rotate to the leading directions: neighbours cost a third, and noise falls away."""
    if rows.shape[1] <= _GRAPH_WIDTH or len(rows) <= _GRAPH_WIDTH:
        return rows
    _, directions = np.linalg.eigh(rows.T @ rows)
    narrow = rows @ directions[:, -_GRAPH_WIDTH:]
    lengths = np.linalg.norm(narrow, axis=1, keepdims=True)
    scaled: np.ndarray = np.divide(narrow, lengths, out=np.zeros_like(narrow), where=lengths > 1e-9)
    return scaled
