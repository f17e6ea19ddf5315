"""Suggested words, kept while what they were found in is the same.

Finding them reads two million characters, whoever asks and however little is new: so they are
found once for each analysis and dictionary. Only words and ids are kept; the texts of examples
are read when they are shown, so that nothing of an erased person is.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import TYPE_CHECKING

from cachetools import LRUCache

if TYPE_CHECKING:
    from feedback_nlp.jobs.lexicon import Suggested

_ENTRIES = 16


class Mined:
    """The latest suggestions, by all that they depend on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: LRUCache[Hashable, Suggested] = LRUCache(_ENTRIES)

    def get(self, key: Hashable) -> Suggested | None:
        """Return what was found under a key, if it is kept."""
        with self._lock:
            return self._entries.get(key)

    def put(self, key: Hashable, found: Suggested) -> None:
        """Keep what was found."""
        with self._lock:
            self._entries[key] = found
