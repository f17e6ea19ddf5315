"""Keys for rows that come without one, such that reading a file again gives the same keys."""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Sequence

_MASK = 2**64 - 1
_ROUNDED = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{2}")
_FIRST_SLOTS = 1 << 12


def derive_key(parts: Sequence[str], occurrence: int) -> str:
    """Return a key made from what a row says and which repetition in its file it is.

    Two people who write the same word in one file stay two; the same file read twice,
    or a later export that repeats the row, gives the same keys.

    Args:
        parts: Text, title, author, time, product, rating as they came in.
        occurrence: 1 for the first such row of the file, 2 for the next.
    """
    return _derived(content_hash(parts), occurrence)


def _derived(digest: str, occurrence: int) -> str:
    return f"{digest[:32]}-{occurrence}"


def is_rounded(key: str) -> bool:
    """Whether a spreadsheet has rounded an id: ``7.30165E+18``, as a float or as text."""
    return ("E" in key or "e" in key) and _ROUNDED.fullmatch(key) is not None


def content_hash(parts: Sequence[str]) -> str:
    """Return the sha256 of some texts, in hex."""
    joined = "\x1f".join(parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()


class OccurrenceCounter:
    """Counts how often each hash was seen, in about 20 bytes a distinct one.

    An open-addressing table: a dictionary would need six times the memory, and a file of
    1 GB may hold ten million rows.
    """

    def __init__(self) -> None:
        self._used = 0
        self._allocate(_FIRST_SLOTS)

    def key(self, parts: Sequence[str]) -> str:
        """Return the key of the next row that says this; see :func:`derive_key`."""
        digest = content_hash(parts)
        return _derived(digest, self.add(digest))

    def add(self, digest: str) -> int:
        """Count a hex digest once more and return how often it has been seen."""
        if 2 * self._used >= len(self._keys):
            self._grow()
        key = int(digest[:16], 16) or 1
        slot = self._slot(key)
        if not self._keys[slot]:
            self._keys[slot] = key
            self._used += 1
        self._counts[slot] += 1
        return self._counts[slot]

    def _allocate(self, slots: int) -> None:
        self._keys = array("Q", bytes(8 * slots))
        self._counts = array("L", bytes(array("L").itemsize * slots))

    def _slot(self, key: int) -> int:
        mask = len(self._keys) - 1
        slot = (key * 0x9E3779B97F4A7C15 & _MASK) >> 20 & mask
        while self._keys[slot] not in (0, key):
            slot = slot + 1 & mask
        return slot

    def _grow(self) -> None:
        keys, counts = self._keys, self._counts
        self._allocate(2 * len(keys))
        for key, count in zip(keys, counts, strict=True):
            if key:
                slot = self._slot(key)
                self._keys[slot], self._counts[slot] = key, count
