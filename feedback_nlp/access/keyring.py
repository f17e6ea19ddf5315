"""The keys in memory: a request costs a look into a dict, not into the database.

The table is small and read anew every few seconds, and at once (at most twice a second) for
a key that is unknown: a revoked key is refused, and a new one accepted, within that time in
every process. Guessing keys costs the database nothing.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select, update

from feedback_nlp.access.caller import Caller, Via
from feedback_nlp.access.scopes import Scope, expanded
from feedback_nlp.access.tokens import looks_like_a_token, token_hash
from feedback_nlp.errors import FeedbackError
from feedback_nlp.store import Database
from feedback_nlp.store.access_tables import ApiKey

FRESH_SECONDS = 2.0
_AGAIN_SECONDS = 0.5
_USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(slots=True)
class KnownKey:
    """A key that is accepted until it expires.

    Attributes:
        caller: Who holds it.
        hash: Its SHA-256 in hex.
        expires_at: From when on it is refused.
        last_used_at: As far as it is stored.
    """

    caller: Caller
    hash: str
    expires_at: datetime | None
    last_used_at: datetime | None


class KeyRing:
    """The accepted keys of a database.

    Args:
        database: Where they are.
        now: The clock.
        ticks: Seconds that only grow.
    """

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._now = now
        self._ticks = ticks
        self._lock = threading.Lock()
        self._by_hash: dict[str, KnownKey] = {}
        self._by_id: dict[int, KnownKey] = {}
        self._read_at: float | None = None
        self._used: dict[int, datetime] = {}

    def is_fresh(self) -> bool:
        """Tell whether a look-up needs no database: such a one may run in the event loop."""
        return self._read_at is not None and self._ticks() - self._read_at < FRESH_SECONDS

    def knows(self, token: str) -> bool:
        """Tell whether a key is in memory."""
        return token_hash(token) in self._by_hash

    def holder(self, token: str) -> Caller | None:
        """Return who holds a key; ``None`` if it is not accepted.

        Raises:
            StoreError: If the keys cannot be read.
        """
        if not looks_like_a_token(token):
            return None
        wanted = token_hash(token)
        self._refresh(FRESH_SECONDS)
        if wanted not in self._by_hash:
            self._refresh(_AGAIN_SECONDS)
        known = self._by_hash.get(wanted)
        if known is None or not hmac.compare_digest(known.hash, wanted):
            return None
        return self._accepted(known)

    def holder_of(self, key_id: int) -> Caller | None:
        """Return who holds the key of a session; ``None`` if it is no longer accepted.

        Raises:
            StoreError: If the keys cannot be read.
        """
        self._refresh(FRESH_SECONDS)
        known = self._by_id.get(key_id)
        return None if known is None else self._accepted(known)

    def note_uses(self) -> int:
        """Store when keys were last used, at most once a minute a key; return how many.

        A database that cannot be written is no reason to refuse a reader: what is not
        stored is tried again at the next call.
        """
        with self._lock:
            used, self._used = self._used, {}
        if not used:
            return 0
        try:
            with self._database.write() as session:
                for key_id, moment in used.items():
                    session.execute(
                        update(ApiKey)
                        .where(col(ApiKey.id) == key_id)
                        .values(last_used_at=moment)
                        .execution_options(synchronize_session=False)
                    )
        except FeedbackError:
            with self._lock:
                self._used = {**used, **self._used}
            return 0
        return len(used)

    @property
    def has_uses(self) -> bool:
        """Whether :func:`note_uses` has something to store."""
        return bool(self._used)

    def _accepted(self, known: KnownKey) -> Caller | None:
        now = self._now()
        if known.expires_at is not None and known.expires_at <= now:
            return None
        if known.last_used_at is None or now - known.last_used_at >= _USE_NOTED_EVERY:
            known.last_used_at = now
            with self._lock:
                self._used[known.caller.key_id or 0] = now
        return known.caller

    def _refresh(self, older_than: float) -> None:
        if self._read_at is not None and self._ticks() - self._read_at < older_than:
            return
        with self._lock:
            if self._read_at is not None and self._ticks() - self._read_at < older_than:
                return
            with self._database.read() as session:
                rows = session.exec(select(ApiKey).where(col(ApiKey.revoked_at).is_(None))).all()
            known = {row.id or 0: self._known(row) for row in rows}
            self._by_hash = {key.hash: key for key in known.values()}
            self._by_id = known
            self._read_at = self._ticks()

    def _known(self, row: ApiKey) -> KnownKey:
        caller = Caller(
            name=row.name,
            via=Via.KEY,
            scopes=expanded(Scope(scope) for scope in row.scopes),
            source=row.source,
            key_id=row.id,
        )
        before = self._by_id.get(row.id or 0)
        used = [moment for moment in (row.last_used_at, before and before.last_used_at) if moment]
        return KnownKey(caller, row.key_hash, row.expires_at, max(used, default=None))
