"""Leiden communities: the one adapter around graspologic-native.

Source: Traag, Waltman, van Eck (2019), "From Louvain to Leiden".
"""

from __future__ import annotations

import graspologic_native
import numpy as np
from scipy.sparse import csr_matrix


def communities(graph: csr_matrix, *, resolution: float, seed: int) -> np.ndarray:
    """Cut an undirected weighted graph into communities of high modularity.

    Args:
        graph: (n, n) symmetric adjacency, weights > 0.
        resolution: Larger gives more, smaller communities.
        seed: The same seed on the same graph gives the same cut.

    Returns:
        (n,) int32 labels from 0, in order of first appearance.
    """
    nodes = graph.shape[0]
    if graph.nnz == 0:
        return np.arange(nodes, dtype=np.int32)
    _, community_of = graspologic_native.leiden_csr(
        graph.indptr.astype(np.int64),
        graph.indices.astype(np.int32),
        graph.data.astype(np.float64),
        nodes,
        resolution=resolution,
        iterations=2,
        seed=seed,
    )
    raw = np.fromiter((community_of[node] for node in range(nodes)), np.int64, nodes)
    return relabel(raw)


def relabel(labels: np.ndarray) -> np.ndarray:
    """Number labels 0, 1, … in order of first appearance.

    Args:
        labels: (n,) integers of any values.

    Returns:
        (n,) int32.
    """
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    return rank[inverse]
