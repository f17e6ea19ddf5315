"""What pages show of the whole database, kept until what it was made of changes.

A digest of ten thousand feedback takes a second to compute and depends on nearly every table.
An entry holds as long as nobody changed anything that was told before, in this process or
another (:meth:`feedback_nlp.store.Database.changes`), and whatever else it stands on, its
*basis*, is the same: the feedback that came in meanwhile, if it counts that. After a change all
entries go, so that nothing of an erased person is kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

from cachetools import LRUCache

from feedback_nlp.store import Database

_ENTRIES = 256
_T = TypeVar("_T")


@dataclass(slots=True)
class _Entry:
    """A value, what it stands on, and the state of the database in which that was last seen."""

    value: Any
    basis: Any
    state: str


def unchanged() -> None:
    """The basis of what only changes alter: figures of analysed units, of topics and requests."""


class DigestCache:
    """The latest figures and rendered digests.

    Args:
        database: Whose changes decide.
        limit: Entries to keep; the least recently used goes first.
    """

    def __init__(self, database: Database, limit: int = _ENTRIES) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._state = self._changes = ""
        self._entries: LRUCache[Hashable, _Entry] = LRUCache(limit)

    def peek(self, key: Hashable, basis: Callable[[], Any] | None = None) -> Any:
        """Return the value of ``key`` if there is one that holds, else ``None``."""
        found = self._held(key, *self._seen(), basis)
        return None if found is None else found.value

    def get(
        self,
        key: Hashable,
        render: Callable[[], _T],
        keep: Callable[[], int] = lambda: 0,
        *,
        basis: Callable[[], Any] | None = None,
    ) -> _T:
        """Return the value of ``key``, rendered now if there is none that holds.

        Args:
            key: All that the rendering depends on besides the database.
            render: Opens a session of its own, reads and renders. What it raises is not kept.
            keep: Writes figures that the rendering had to compute, so that others need not.
            basis: Says cheaply what the value stands on besides changes; by default every
                commit of anybody, whatever it is.
        """
        state, changes = self._seen()
        if (entry := self._held(key, state, changes, basis)) is not None:
            found: _T = entry.value
            return found
        stands_on = state if basis is None else basis()
        value = render()
        if self._database.changes() != changes or stands_on != (
            self._database.state() if basis is None else basis()
        ):
            keep()
            return value  # something was committed meanwhile: right now, but not to be kept
        with self._lock:
            if changes == self._changes:
                self._entries[key] = _Entry(value, stands_on, state)
        keep()
        return value

    def _seen(self) -> tuple[str, str]:
        """Return the state of the database and its changes; forget all entries after one."""
        state = self._database.state()
        with self._lock:
            if state == self._state:
                return state, self._changes
        changes = self._database.changes()
        with self._lock:
            if changes != self._changes:
                self._entries.clear()
            self._state, self._changes = state, changes
        return state, changes

    def _held(
        self, key: Hashable, state: str, changes: str, basis: Callable[[], Any] | None
    ) -> _Entry | None:
        with self._lock:
            entry: _Entry | None = self._entries.get(key) if changes == self._changes else None
        if entry is None or entry.state == state:
            return entry
        if entry.basis != (state if basis is None else basis()):
            return None
        entry.state = state  # looked at again only after the next commit
        return entry
