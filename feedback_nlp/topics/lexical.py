"""Hashed character n-grams as sparse unit vectors: what a static embedding blurs.

Place names, part names and 连不上/连上 live here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix, diags

from feedback_nlp.features import NgramHasher

HASHER = NgramHasher(bits=16, orders=(1, 2, 3))


def count_ngrams(texts: Sequence[str]) -> csr_matrix:
    """Count hashed 1- to 3-grams.

    Returns:
        (n, 65536) float32, entries 1 + log(count).
    """
    index = HASHER.index(texts)
    size = int(index.indptr[-1])
    shape = (len(texts), HASHER.bucket_count + 1)
    counts = csr_matrix(shape, dtype=np.float32)
    for buckets in index.buckets:
        ones = np.ones(size, np.float32)
        counts = counts + csr_matrix((ones, buckets[:size], index.indptr), shape=shape)
    counts = counts[:, :-1].tocsr()
    counts.data = 1.0 + np.log(counts.data)
    return counts


def inverse_document_frequency(counts: csr_matrix) -> np.ndarray:
    """Return (65536,) float32: ln((n + 1) / (df + 1)) + 1, as scikit-learn smooths it."""
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    weights: np.ndarray = np.log((counts.shape[0] + 1) / (frequency + 1)) + 1.0
    return weights.astype(np.float32)


def weigh(counts: csr_matrix, idf: np.ndarray) -> csr_matrix:
    """Scale columns by ``idf`` and rows to unit length; empty rows stay empty."""
    weighted = counts @ diags(idf)
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    scale = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return csr_matrix(diags(scale) @ weighted, dtype=np.float32)
