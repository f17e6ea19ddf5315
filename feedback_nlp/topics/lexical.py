"""Hashed character n-grams as sparse unit vectors: what a static embedding blurs.

Place names, part names and 连不上/连上 live here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix, diags

from feedback_nlp.chinese.fold import fold_batch

_SHARED = 3
_FORMULA_SHARED = 8
_BODY = 0.6
_IN_BODY = 0.25
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: Fibonacci hashing


def count_ngrams(
    texts: Sequence[str], *, orders: Sequence[int] = (1, 2, 3), bits: int = 16
) -> csr_matrix:
    """Count hashed n-grams of letters, digits and Han; none spans punctuation.

    Args:
        texts: Any strings.
        orders: Lengths of the n-grams.
        bits: log2 of the number of buckets.

    Returns:
        (n, 2 ** bits) float32, entries 1 + ln(count).
    """
    return count_folded(fold_batch(texts), orders=orders, bits=bits)


def count_folded(
    folded: Sequence[str], *, orders: Sequence[int] = (1, 2, 3), bits: int = 16
) -> csr_matrix:
    """Count as :func:`count_ngrams` does, in texts that are folded."""
    joined = "\x00".join(folded) + "\x00"
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    spoken = _is_spoken(codes)
    text_of = np.cumsum(codes == 0) - (codes == 0)
    rows, buckets = [], []
    hashed = codes.astype(np.uint64)
    valid = spoken
    for order in range(1, max(orders) + 1):
        if order > 1:
            hashed = hashed[:-1] * _MULTIPLIER + codes[order - 1 :]
            valid = valid[:-1] & spoken[order - 1 :]
        if order not in orders:
            continue
        salted = (hashed ^ np.uint64(order * 0x5BD1E995)) * _MULTIPLIER
        rows.append(text_of[: len(valid)][valid])
        buckets.append((salted >> np.uint64(64 - bits))[valid].astype(np.int64))
    row, bucket = np.concatenate(rows), np.concatenate(buckets)
    ones = np.ones(len(row), np.float32)
    counts = csr_matrix((ones, (row, bucket)), shape=(len(folded), 1 << bits))
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


def rare_ngrams(texts: Sequence[str], *, max_share: float = 0.03) -> csr_matrix:
    """Weigh hashed 2- to 4-grams that several texts share but most do not.

    Names of places, people and products stand out; boilerplate drops out: what very many
    texts say, and the formulas that letters close with (盼早日给出回音). What a letter is
    about runs through it and stands in its title; a formula has one place, at the end.

    Args:
        texts: Any strings.
        max_share: N-grams in more than this share (0–1) of the texts are left out.

    Returns:
        (n, 1048576) float32, rows of unit length or empty.
    """
    counts = count_ngrams(texts, orders=(2, 3, 4), bits=20)
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    bodies = [text[: int(_BODY * len(text))] for text in texts]
    in_bodies = count_ngrams(bodies, orders=(2, 3, 4), bits=20)
    body_frequency = np.bincount(in_bodies.indices, minlength=counts.shape[1])
    closes = (frequency >= _FORMULA_SHARED) & (body_frequency < _IN_BODY * frequency)
    idf = inverse_document_frequency(counts)
    idf[(frequency < _SHARED) | (frequency > max(max_share * len(texts), _SHARED)) | closes] = 0.0
    weighted = weigh(counts, idf)
    weighted.eliminate_zeros()
    return weighted
