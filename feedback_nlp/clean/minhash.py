"""MinHash signatures of many texts at once, and the bands that find similar ones.

Source: Broder 1997, On the resemblance and containment of documents; banding as in
Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, section 3.4. With 16 bands of
4 rows a pair of Jaccard similarity 0.8 shares a band with probability 0.9998.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_BANDS = 16
_ROWS = 4
_SHINGLE = 3
_CHUNK_SHINGLES = 1 << 18
_SEED = 20_261_123


def shingles(text: str) -> frozenset[str]:
    """Return the set of character 3-grams; a shorter text is its own only shingle."""
    if len(text) < _SHINGLE:
        return frozenset((text,))
    return frozenset(map("".join, zip(text, text[1:], text[2:], strict=False)))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of shingles in common, 0–1."""
    common = len(one & other)
    return common / (len(one) + len(other) - common)


def band_keys(texts: Sequence[str]) -> np.ndarray:
    """Return band keys, shape (len(texts), 16), uint64: similar texts share some in a column.

    Args:
        texts: Each at least 3 characters long.

    Raises:
        ValueError: If a text is shorter.
    """
    if not texts:
        return np.empty((0, _BANDS), dtype=np.uint64)
    lengths = np.array([len(text) for text in texts])
    if int(lengths.min()) < _SHINGLE:
        raise ValueError(f"got a text of {lengths.min()} characters, expected at least {_SHINGLE}")
    keys = np.empty((len(texts), _BANDS), dtype=np.uint64)
    ends = np.cumsum(lengths)
    start = 0
    while start < len(texts):
        consumed = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, consumed + _CHUNK_SHINGLES, "right")))
        keys[start:stop] = _band_keys(texts[start:stop], lengths[start:stop])
        start = stop
    return keys


def _band_keys(texts: Sequence[str], lengths: np.ndarray) -> np.ndarray:
    codes = np.frombuffer(
        "".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32
    ).astype(np.uint64)
    constants = np.random.default_rng(_SEED).integers(
        1, 2**63, size=(2 + 2 * _BANDS * _ROWS,), dtype=np.uint64
    ) | np.uint64(1)
    first, second = constants[:2]
    multipliers, offsets = constants[2:].reshape(2, -1)
    grams = (codes[:-2] * first + codes[1:-1]) * second + codes[2:]
    grams ^= grams >> np.uint64(29)
    ends = np.cumsum(lengths)
    starts = ends - lengths
    # A shingle must not reach over the end of its text.
    inside = np.ones(len(grams), dtype=bool)
    for reach in (1, 2):
        over = ends[:-1] - reach
        inside[over] = False
    grams = grams[inside]
    text_starts = starts - 2 * np.arange(len(texts))
    keys = np.zeros((len(texts), _BANDS), dtype=np.uint64)
    for number, (multiplier, offset) in enumerate(zip(multipliers, offsets, strict=True)):
        hashed = (grams * multiplier + offset) >> np.uint64(16)
        smallest = np.minimum.reduceat(hashed, text_starts)
        band = number // _ROWS
        keys[:, band] = (keys[:, band] ^ smallest) * first + np.uint64(number)
    return keys
