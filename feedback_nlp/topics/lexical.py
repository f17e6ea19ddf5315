"""Hashed character n-grams as sparse unit vectors: what a static embedding blurs.

Place names, part names and 连不上/连上 live here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix, diags

from feedback_nlp.chinese.fold import fold_batch

BUCKETS = 1 << 16
_ORDERS = 3
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: Fibonacci hashing


def count_ngrams(texts: Sequence[str]) -> csr_matrix:
    """Count hashed 1- to 3-grams of letters, digits and Han; none spans punctuation.

    Returns:
        (n, 65536) float32, entries 1 + ln(count).
    """
    joined = "\x00".join(fold_batch(texts)) + "\x00"
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    spoken = _is_spoken(codes)
    text_of = np.cumsum(codes == 0) - (codes == 0)
    rows, buckets = [], []
    hashed = codes.astype(np.uint64)
    valid = spoken
    for order in range(1, _ORDERS + 1):
        if order > 1:
            hashed = hashed[:-1] * _MULTIPLIER + codes[order - 1 :]
            valid = valid[:-1] & spoken[order - 1 :]
        salted = (hashed ^ np.uint64(order * 0x5BD1E995)) * _MULTIPLIER
        rows.append(text_of[: len(valid)][valid])
        buckets.append((salted >> np.uint64(48))[valid].astype(np.int64))
    row, bucket = np.concatenate(rows), np.concatenate(buckets)
    ones = np.ones(len(row), np.float32)
    counts = csr_matrix((ones, (row, bucket)), shape=(len(texts), BUCKETS))
    counts.data = 1.0 + np.log(counts.data)
    return counts


def _is_spoken(codes: np.ndarray) -> np.ndarray:
    """Tell which code points are ASCII letters or digits, or beyond Latin-1 punctuation."""
    ascii_word = ((codes >= 48) & (codes <= 57)) | ((codes >= 97) & (codes <= 122))
    han = ((codes >= 0x3400) & (codes <= 0x9FFF)) | (codes >= 0x20000)
    spoken: np.ndarray = ascii_word | han
    return spoken


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
