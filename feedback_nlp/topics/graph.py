"""Cosine nearest-neighbour graphs by blocked matrix products: exact, and bounded in memory."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

_BLOCK_CELLS = 16_000_000
"""Similarity cells held at a time: 64 MB of float32."""


def nearest_neighbours(vectors: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Find each row's most similar other rows.

    Args:
        vectors: (n, d) float32, unit length.
        count: Neighbours a row; cut to n − 1.

    Returns:
        Indices (n, count) int32 and cosines (n, count) float32, in no particular order.
    """
    rows = len(vectors)
    count = min(count, rows - 1)
    indices = np.empty((rows, count), np.int32)
    cosines = np.empty((rows, count), np.float32)
    block = max(1, _BLOCK_CELLS // max(rows, 1))
    for start in range(0, rows, block):
        stop = min(start + block, rows)
        similarity = vectors[start:stop] @ vectors.T
        similarity[np.arange(stop - start), np.arange(start, stop)] = -2.0
        nearest = np.argpartition(similarity, rows - count, axis=1)[:, rows - count :]
        indices[start:stop] = nearest
        cosines[start:stop] = np.take_along_axis(similarity, nearest, axis=1)
    return indices, cosines


def sparse_neighbours(rows: csr_matrix, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Find each sparse row's most similar other rows: as :func:`nearest_neighbours`."""
    total = rows.shape[0]
    count = min(count, total - 1)
    indices = np.empty((total, count), np.int32)
    cosines = np.empty((total, count), np.float32)
    transposed = rows.T.tocsr()
    block = max(1, _BLOCK_CELLS // max(total, 1))
    for start in range(0, total, block):
        stop = min(start + block, total)
        similarity = (rows[start:stop] @ transposed).toarray()
        similarity[np.arange(stop - start), np.arange(start, stop)] = -2.0
        nearest = np.argpartition(similarity, total - count, axis=1)[:, total - count :]
        indices[start:stop] = nearest
        cosines[start:stop] = np.take_along_axis(similarity, nearest, axis=1)
    return indices, cosines


def neighbour_graph(indices: np.ndarray, cosines: np.ndarray, *, power: float = 1.0) -> csr_matrix:
    """Join each row to its neighbours, both ways, weighted by cosine.

    Args:
        indices: (n, k) neighbours.
        cosines: (n, k) their cosines; those ≤ 0 are left out.
        power: Exponent on the cosine: larger trusts near neighbours more.

    Returns:
        (n, n) symmetric float64 adjacency.
    """
    rows, count = indices.shape
    weights = np.maximum(cosines, 0.0).astype(np.float64) ** power
    sources = np.repeat(np.arange(rows), count)
    graph = csr_matrix((weights.ravel(), (sources, indices.ravel())), shape=(rows, rows))
    graph = graph.maximum(graph.T).tocsr()
    graph.eliminate_zeros()
    graph.sort_indices()
    return graph


def row_cosine(
    vectors: np.ndarray,
    centroids: np.ndarray,
    labels: np.ndarray,
    row_of: np.ndarray | None = None,
) -> np.ndarray:
    """Return the cosine of each row to the centroid of its label, block by block.

    Args:
        vectors: (m, d) float32, unit length.
        centroids: (k, d) float32, unit length.
        labels: (n,) integers below k; −1 for none.
        row_of: (n,) row of ``vectors`` of each; their own place if left out.

    Returns:
        (n,) float32; 0 where the label is −1.
    """
    cosine = np.zeros(len(labels), np.float32)
    rows = np.flatnonzero(labels >= 0)
    block = max(1, _BLOCK_CELLS // max(vectors.shape[1], 1))
    for start in range(0, len(rows), block):
        part = rows[start : start + block]
        own = part if row_of is None else row_of[part]
        cosine[part] = np.einsum("ij,ij->i", vectors[own], centroids[labels[part]])
    return cosine


def nearest_centroids(
    vectors: np.ndarray, centroids: np.ndarray, rows: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Find each row's nearest centroid, block by block.

    Args:
        vectors: (m, d) float32, unit length.
        centroids: (k, d) float32, unit length, k ≥ 1.
        rows: (n,) rows of ``vectors`` to look at; all of them if left out.

    Returns:
        Index (n,) int32 and cosine (n,) float32.
    """
    count = len(vectors) if rows is None else len(rows)
    best = np.empty(count, np.int32)
    cosine = np.empty(count, np.float32)
    block = max(1, _BLOCK_CELLS // max(len(centroids), vectors.shape[1]))
    for start in range(0, count, block):
        part = slice(start, start + block)
        similarity = vectors[part if rows is None else rows[part]] @ centroids.T
        winner = similarity.argmax(axis=1)
        best[part] = winner
        cosine[part] = similarity[np.arange(len(winner)), winner]
    return best, cosine
