"""Finds the words of a lexicon in an array of code points, without a Python object a match.

A word is looked up by a 64-bit hash of its code points in a table without collisions
among the lexicon's own words. A stretch of text that hashes like a word without being
it has a chance of about 2⁻⁶⁴ times the number of words.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from feedback_nlp.chinese.fold import code_points

_SLOT_BITS = 16
_PREFIX_BITS = 16
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SPREAD = np.uint64(0xD6E8FEB86659FD93)
_SINGLES = 0x10000


class WordFinder:
    """A fixed set of words, found leftmost and longest.

    Args:
        words: Distinct folded words of one or more characters below U+10000.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._longest = max(map(len, words), default=0)
        self._singles = np.full(_SINGLES, -1, dtype=np.int32)
        self._prefixes = np.zeros(1 << _PREFIX_BITS, dtype=bool)
        long_words = []
        for index, word in enumerate(words):
            codes = code_points(word)
            if len(word) == 1:
                self._singles[codes[0]] = index
            else:
                long_words.append((index, codes))
                self._prefixes[_prefix_slots(codes[:1], codes[1:2])] = True
        self._place(long_words)

    def _place(self, words: Sequence[tuple[int, np.ndarray]]) -> None:
        """Fill the table, with the first multiplier under which no two words collide."""
        hashes = np.array([_hash(codes) for _, codes in words], dtype=np.uint64)
        multiplier = _SPREAD
        while True:
            slots = hashes * multiplier >> np.uint64(64 - _SLOT_BITS)
            if np.unique(slots).size == hashes.size:
                break
            multiplier += np.uint64(2)
        self._multiplier = multiplier
        self._keys = np.zeros(1 << _SLOT_BITS, dtype=np.uint64)
        self._words = np.full(1 << _SLOT_BITS, -1, dtype=np.int32)
        self._keys[slots] = hashes
        self._words[slots] = [index for index, _ in words]

    def find(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return word index, start and end of each match, in order of start; int64 each.

        The longest word counts at each start, and a match inside an earlier one does
        not count; matches may still overlap partly.

        Args:
            codes: Folded code points, shape (n,), uint32.
        """
        if not codes.size:
            nothing = np.zeros(0, dtype=np.int64)
            return nothing, nothing, nothing
        single = self._singles[np.minimum(codes, _SINGLES - 1)]
        may_begin = single >= 0
        may_begin[:-1] |= self._prefixes[_prefix_slots(codes[:-1], codes[1:])]
        start = np.flatnonzero(may_begin)
        word = single[start].astype(np.int64)
        length = np.where(word >= 0, 1, 0)
        rolling = codes[start].astype(np.uint64)
        alive = np.arange(start.size)
        for size in range(2, self._longest + 1):
            alive = alive[start[alive] + size <= codes.size]
            if not alive.size:
                break
            rolling[alive] = rolling[alive] * _FACTOR + codes[start[alive] + size - 1]
            key = rolling[alive]
            slot = key * self._multiplier >> np.uint64(64 - _SLOT_BITS)
            hit = (self._keys[slot] == key) & (self._words[slot] >= 0)
            found = alive[hit]
            word[found] = self._words[slot[hit]]
            length[found] = size
        matched = word >= 0
        word, start, length = word[matched], start[matched], length[matched]
        end = start + length
        reach = np.maximum.accumulate(end) if end.size else end
        outside = np.ones(end.size, dtype=bool)
        outside[1:] = end[1:] > reach[:-1]
        return word[outside], start[outside], end[outside]


def _prefix_slots(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    mixed = (first * np.uint32(40503) + second) * np.uint32(2654435761)
    slots: np.ndarray = mixed >> np.uint32(32 - _PREFIX_BITS)
    return slots


def _hash(codes: np.ndarray) -> np.uint64:
    value = np.uint64(codes[0])
    with np.errstate(over="ignore"):
        for code in codes[1:]:
            value = value * _FACTOR + np.uint64(code)
    return value
