"""Quotes: three units that show a topic and differ from one another.

Source: Carbonell & Goldstein (1998), maximal marginal relevance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_COMFORTABLE = range(8, 61)
_RELEVANCE = 0.6
_TOO_ALIKE = 0.95
_CANDIDATES = 60


def choose_telling_rows(
    texts: Sequence[str],
    owners: Sequence[int],
    vectors: np.ndarray,
    centroid: np.ndarray,
    *,
    count: int = 3,
) -> list[int]:
    """Choose rows to quote.

    Args:
        texts: The units of one topic.
        owners: Feedback id of each; two quotes never come from one feedback.
        vectors: (n, d) float32, unit length.
        centroid: (d,) float32, unit length.
        count: How many.

    Returns:
        Up to ``count`` rows, best first.
    """
    relevance = vectors @ centroid - 0.25 * np.array(
        [len(text.strip()) not in _COMFORTABLE for text in texts], np.float32
    )
    candidates = np.argsort(-relevance, kind="stable")[:_CANDIDATES].tolist()
    chosen: list[int] = []
    while candidates and len(chosen) < count:
        if chosen:
            likeness = (vectors[candidates] @ vectors[chosen].T).max(axis=1)
            gain = _RELEVANCE * relevance[candidates] - (1 - _RELEVANCE) * likeness
        else:
            gain = relevance[candidates]
        best = candidates.pop(int(np.argmax(gain)))
        repeats = any(
            owners[best] == owners[row]
            or _grams(texts[best]) == _grams(texts[row])
            or float(vectors[best] @ vectors[row]) > _TOO_ALIKE
            or _overlap(texts[best], texts[row]) > 0.6
            for row in chosen
        )
        if not repeats:
            chosen.append(best)
    return chosen


def _grams(text: str) -> frozenset[str]:
    letters = "".join(character for character in text if character.isalnum())
    return frozenset(letters[i : i + 2] for i in range(max(1, len(letters) - 1)))


def _overlap(a: str, b: str) -> float:
    left, right = _grams(a), _grams(b)
    return len(left & right) / max(1, min(len(left), len(right)))
