"""How much one caller may ask: a bucket of requests that fills at a steady rate.

Buckets live in the process; a caller who is forgotten (the table is bounded) starts full.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from cachetools import LRUCache

_MAX_CALLERS = 50_000


@dataclass(frozen=True, slots=True)
class Taken:
    """What is left of a caller's bucket.

    Attributes:
        allowed: Whether there was one left.
        limit: Size of the bucket: requests a minute.
        remaining: What is left, whole requests.
        reset_seconds: Until it is full again.
        retry_seconds: Until there is one; 0 if there is.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_seconds: int
    retry_seconds: int

    @property
    def headers(self) -> dict[str, str]:
        """What an answer says of it."""
        told = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_seconds),
        }
        return told if self.allowed else {**told, "Retry-After": str(self.retry_seconds)}


class Limits:
    """Buckets by caller.

    Args:
        ticks: Seconds that only grow.
    """

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ticks = ticks
        self._buckets: LRUCache[str, tuple[float, float]] = LRUCache(_MAX_CALLERS)

    def take(self, subject: str, per_minute: int) -> Taken:
        """Take one request out of a caller's bucket, if there is one.

        Args:
            subject: Whose.
            per_minute: Its size, and what flows in a minute.
        """
        now = self._ticks()
        level, at = self._buckets.get(subject, (float(per_minute), now))
        rate = per_minute / 60
        level = min(float(per_minute), level + (now - at) * rate)
        allowed = level >= 1
        level -= allowed
        self._buckets[subject] = (level, now)
        return Taken(
            allowed=allowed,
            limit=per_minute,
            remaining=int(level),
            reset_seconds=math.ceil((per_minute - level) / rate),
            retry_seconds=0 if allowed else max(1, math.ceil((1 - level) / rate)),
        )
