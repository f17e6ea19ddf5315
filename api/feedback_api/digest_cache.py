"""What pages show of the whole database, kept until anything in the database changes.

A digest of ten thousand feedback takes seconds to compute and depends on nearly every
table, so the rule is coarse and safe: an entry holds as long as nobody committed
anything (:meth:`feedback_nlp.store.Database.state`), in this process or another.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from cachetools import LRUCache

from feedback_nlp.store import Database

_ENTRIES = 256
_T = TypeVar("_T")


class DigestCache:
    """The latest rendered digests of one state of the database.

    Args:
        database: Whose state decides.
        limit: Entries to keep; the least recently used goes first.
    """

    def __init__(self, database: Database, limit: int = _ENTRIES) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._state = ""
        self._entries: LRUCache[Hashable, Any] = LRUCache(limit)

    def peek(self, key: Hashable) -> Any:
        """Return the entry of ``key`` if there is one of the present state, else ``None``."""
        state = self._database.state()
        with self._lock:
            return self._entries.get(key) if state == self._state else None

    def get(
        self,
        key: Hashable,
        render: Callable[[], _T],
        keep: Callable[[], int] = lambda: 0,
    ) -> _T:
        """Return the entry of ``key``, rendered now if there is none of the present state.

        Args:
            key: All that the rendering depends on besides the database.
            render: Reads the database and renders. What it raises is not kept.
            keep: Writes figures that the rendering had to compute; returns how many. With
                them the second rendering is cheap, and of a state that nobody else touched.
        """
        state = self._database.state()
        with self._lock:
            if state == self._state and key in self._entries:
                found: _T = self._entries[key]
                return found
        body = render()
        if keep():
            state = self._database.state()
            body = render()
        if self._database.state() != state:
            return body  # something was committed meanwhile: right now, but not to be kept
        with self._lock:
            if state != self._state:
                self._entries.clear()
                self._state = state
            self._entries[key] = body
        return body
