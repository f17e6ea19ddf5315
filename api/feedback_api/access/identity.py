"""Finds out who asks: by the key in a header, by the session in a cookie."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import datetime

import anyio
from anyio import CapacityLimiter, to_thread
from fastapi import Request

from feedback_nlp.access import Caller
from feedback_nlp.access.caller import GUEST, LOCAL, Via
from feedback_nlp.access.keyring import KeyRing
from feedback_nlp.access.sessions import SessionSeal

SESSION_COOKIE = "feedback_session"
_NOTE_EVERY_SECONDS = 30.0


class BadKey(Exception):
    """A key was shown, and is not accepted."""


@dataclass(slots=True)
class Doorman:
    """Knows the callers of one deployment.

    Attributes:
        ring: The accepted keys.
        seal: Signs sessions.
        require_keys: Whether nobody comes in without a key.
        guests_read: Whether those without one may read nevertheless.
    """

    ring: KeyRing
    seal: SessionSeal
    require_keys: bool
    guests_read: bool
    _limiter: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(2))

    async def caller(self, request: Request, now: datetime) -> Caller | None:
        """Return who asks; ``None`` if nobody who may come in.

        Raises:
            BadKey: If a key is shown that is not accepted.
            StoreError: If the keys cannot be read.
        """
        shown = request.headers.get("authorization")
        if shown is not None:
            scheme, _, token = shown.partition(" ")
            found = await self.holder(token.strip()) if scheme.lower() == "bearer" else None
            if found is None:
                raise BadKey
            return found
        if not self.require_keys:
            return LOCAL
        cookie = request.cookies.get(SESSION_COOKIE)
        key_id = self.seal.open(cookie, now) if cookie else None
        if key_id is not None:
            holder = await self._off_the_loop(lambda: self.ring.holder_of(key_id))
            if holder is not None:
                return dataclasses.replace(holder, via=Via.SESSION)
        return GUEST if self.guests_read else None

    async def holder(self, token: str) -> Caller | None:
        """Return who holds a key; the database is asked outside the event loop."""
        if self.ring.is_fresh() and self.ring.knows(token):
            return self.ring.holder(token)
        return await self._off_the_loop(lambda: self.ring.holder(token))

    async def note_uses_forever(self) -> None:
        """Store when keys were last used, now and then, until cancelled."""
        while True:
            await anyio.sleep(_NOTE_EVERY_SECONDS)
            if self.ring.has_uses:
                await to_thread.run_sync(self.ring.note_uses, limiter=self._limiter)

    async def _off_the_loop(self, look_up) -> Caller | None:  # type: ignore[no-untyped-def]
        found: Caller | None = await to_thread.run_sync(look_up, limiter=self._limiter)
        return found
